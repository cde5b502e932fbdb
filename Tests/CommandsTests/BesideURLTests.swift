import TestSupport
import Testing

@testable import Commands
@testable import ImageSource
@testable import Terminal

@Suite("What lies beside a URL speaks for the image")
struct BesideURLTests {
  private func serve(_ directory: ScratchDirectory, _ folder: String = "release") throws -> FileServer {
    let server = try FileServer([0])
    try server.share("\(directory.path)/\(folder)")
    return server
  }

  /// What was printed, as if no line had been broken.
  private func words(_ world: FakeWorld) -> String {
    world.stdout.text.split { $0.isWhitespace }.joined(separator: " ")
  }

  @Test("R50: the release of a project is recognised with no option given", arguments: Project.allCases)
  func recognised(project: Project) async throws {
    let releases = try Releases.shared.get()
    let server = try serve(try releases.copy(of: project))
    let url = server.url("dir/\(project.image)")
    let world = releases.world()
    #expect(await world.run("check", url) == 0, "\(world.stderr.text)")
    #expect(world.stdout.text.hasPrefix("signed by release <release@example.org>"), "\(world.stdout.text)")
    #expect(world.stdout.text.contains(project.signature) && !world.stdout.text.contains("not known"))
    // Not a crawl: every file that may be there is asked for once, and signatures over lists that are.
    let count = try #require(Int(ScratchDirectory().run("curl -s \(server.url("count"))")))
    #expect(count < 40, "\(count)")
    let ignoring = releases.world()
    #expect(await ignoring.run("check", url, "--no-checksum-files") == 1)
    #expect(words(ignoring).contains("what lies beside it was ignored"))
  }

  @Test(
    "R50: forged beside a URL, it is refused, and nothing of it boots", arguments: [Project.debian, .fedora])
  func forged(project: Project) async throws {
    let releases = try Releases.shared.get()
    let directory = try releases.copy(of: project, changedBy: project.forgeries[0])
    let server = try serve(directory)
    let url = server.url("dir/\(project.image)")
    let world = releases.world()
    #expect(await world.run("write", "--yes", "--allow-damaged", url, "file:\(directory.path)/stick") == 3)
    #expect(world.stderr.text.contains("[checksum-wrong]"), "\(world.stderr.text)")
    try directory.run("cmp -n 1048576 stick /dev/zero")
  }

  @Test("a list that came over http says nothing about who may have changed both")
  func unsigned() async throws {
    let directory = try ScratchDirectory()
    try directory.run(
      "mkdir files; head -c 150000 /dev/urandom >files/image.iso; (cd files; sha256sum image.iso >image.iso.sha256); truncate -s 1M stick"
    )
    let server = try serve(directory, "files")
    let world = FakeWorld()
    let url = server.url("dir/image.iso")
    #expect(await world.run("write", "--yes", "--allow-damaged", url, "file:\(directory.path)/stick") == 0)
    #expect(words(world).contains("checksum matches (unsigned)"), "\(world.stdout.text)")
    #expect(words(world).contains("that nobody on the way has changed it"))
  }

  @Test(
    "what cannot be asked is said, and is no proof",
    arguments: [
      ("busy_dir", "and 16 other names beside it is not known: its answer has the status 503"),
      ("forbidden_dir", "and 16 other names beside it is not known: its answer has the status 403"),
      ("long_dir", "beside it is not known: what came is longer than"),
    ])
  func unreached(place: String, words expected: String) async throws {
    let directory = try ScratchDirectory()
    try directory.run("mkdir files; head -c 150000 /dev/urandom >files/image.iso")
    let server = try serve(directory, "files")
    let world = FakeWorld()
    #expect(await world.run("check", server.url("\(place)/image.iso")) == 1, "\(world.stderr.text)")
    #expect(world.stdout.text.hasPrefix("nothing to check against"), "\(world.stdout.text)")
    #expect(words(world).contains(expected), "\(world.stdout.text)")
  }

  @Test("a server that has something to say under every name is not asked for signatures over all of that")
  func talkative() async throws {
    let directory = try ScratchDirectory()
    try directory.run("mkdir files; head -c 150000 /dev/urandom >files/image.iso")
    let server = try serve(directory, "files")
    let world = FakeWorld()
    #expect(await world.run("check", server.url("any_dir/image.iso")) == 1, "\(world.stderr.text)")
    let count = try #require(Int(ScratchDirectory().run("curl -s \(server.url("count"))")))
    #expect(count < 50, "\(count)")
  }

  @Test("what lies beside the place that a URL leads to counts where nothing lies beside the URL itself")
  func redirected() async throws {
    let directory = try ScratchDirectory()
    try directory.run(
      "mkdir files; head -c 150000 /dev/urandom >files/image-2.iso; (cd files; sha256sum image-2.iso >SHA256SUMS)"
    )
    let server = try serve(directory, "files")
    let world = FakeWorld()
    #expect(await world.run("check", server.url("latest/image")) == 0, "\(world.stdout.text)")
    #expect(world.stdout.text.hasPrefix("checksum matches (unsigned)"))
  }

  @Test(
    "R50: a list beside a URL that names other files hides none where the URL leads, and one that is wrong counts",
    arguments: [
      ("a.iso", 0, "checksum matches (unsigned)", "as SHA256SUMS says"),
      ("image-2.iso", 3, "WRONG", "is not its checksum"),
    ])
  func redirectedPast(name: String, status: Int, line: String, evidence: String) async throws {
    let directory = try ScratchDirectory()
    try directory.run(
      """
      mkdir files first; head -c 150000 /dev/urandom >files/image-2.iso
      (cd files; sha256sum image-2.iso >SHA256SUMS); printf '%064d  \(name)\\n' 0 >first/SHA256SUMS
      """)
    let server = try serve(directory, "files")
    let first = try serve(directory, "first")
    let elsewhere = try #require(SecretURL(first.url("dir/image")))
    var world = FakeWorld()
    let fetch = world.context.fetchBeside
    world.context.fetchBeside = { fetch($0, $1.directory.hasSuffix("/latest/") ? elsewhere : $1) }
    let result = await world.run("check", server.url("latest/image"))
    withExtendedLifetime((server, first)) {}
    #expect(Int(result) == status, "\(world.stdout.text)")
    #expect(words(world).hasPrefix(line) && words(world).contains(evidence), "\(world.stdout.text)")
    #expect(!words(world).contains("not named in"))
  }

  @Test("that nothing was asked for, because the name in a URL is no text, is said")
  func unnamed() async throws {
    let directory = try ScratchDirectory()
    try directory.run(#"mkdir files; head -c 150000 /dev/urandom >"$(printf 'files/x\357\277\275')""#)
    // The server puts the same letter in the place of what is no text.
    let server = try serve(directory, "files")
    let world = FakeWorld()
    #expect(await world.run("check", server.url("dir/x%FF")) == 1, "\(world.stderr.text)")
    #expect(words(world).contains("what lies beside it was not looked for: its URL"), "\(world.stdout.text)")
  }
}

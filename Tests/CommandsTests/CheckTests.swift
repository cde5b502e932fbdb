import TestSupport
import Testing

@testable import Commands
@testable import Terminal

@Suite("burin check")
struct CheckTests {
  private func lines(_ world: FakeWorld) -> [String] {
    world.stdout.text.split(separator: "\n").map(String.init)
  }

  /// What was printed, as if no line had been broken.
  private func words(_ world: FakeWorld) -> String {
    world.stdout.text.split { $0.isWhitespace }.joined(separator: " ")
  }

  @Test("R50: the release of a project is recognised with no option given", arguments: Project.allCases)
  func recognised(project: Project) async throws {
    let releases = try Releases.shared.get()
    let directory = try releases.copy(of: project)
    let path = "\(directory.path)/release/\(project.image)"
    let world = releases.world()
    #expect(await world.run("check", path) == 0, "\(world.stderr.text)")
    // The list of openSUSE's current image is about the snapshot that it is, which is said in the same line.
    let suffix =
      project == .openSUSE ? ", as openSUSE-Tumbleweed-DVD-x86_64-Snapshot20251118-Media.iso" : ""
    let signed = "signed by release <release@example.org> (from \(releases.keyring))"
    #expect(lines(world).first == signed + suffix)
    #expect(lines(world).dropFirst().joined().contains(project.signature))
    // What no key here has signed counts as unsigned, and it is said why.
    var stranger = FakeWorld()
    stranger.trust(releases.strangers)
    #expect(await stranger.run("check", path) == 0, "\(stranger.stderr.text)")
    #expect(lines(stranger).first == "checksum matches (unsigned)" + suffix)
    #expect(words(stranger).contains("which is in no keyring"))
    // Unless a signature is required.
    let required = releases.world()
    #expect(await required.run("check", path, "--keyring", releases.strangers) == 3)
    #expect(required.stderr.text.contains("[signature-missing]"))
    // With what the signatures that are there prove instead.
    let refusal = required.stderr.text.split { $0.isWhitespace }.joined(separator: " ")
    #expect(refusal.contains("which is in no keyring"), "\(refusal)")
  }

  @Test(
    "R50: forged in whatever way, it is refused, and nothing of it boots",
    arguments: Project.allCases.flatMap { project in project.forgeries.indices.map { (project, $0) } })
  func forged(project: Project, way: Int) async throws {
    let releases = try Releases.shared.get()
    let directory = try releases.copy(of: project, changedBy: project.forgeries[way])
    let path = "\(directory.path)/release/\(project.image)"
    let world = releases.world()
    #expect(await world.run("check", path) == 3, "\(world.stdout.text)")
    #expect(lines(world).first == "WRONG")
    let ids = ["[checksum-wrong]", "[signature-wrong]", "[checksums-conflict]"]
    #expect(ids.contains { world.stderr.text.contains($0) }, "\(world.stderr.text)")
    guard way < 3 else { return }
    let writer = releases.world()
    #expect(await writer.run("write", "--yes", "--allow-damaged", path, "file:\(directory.path)/stick") == 3)
    #expect(ids.contains { writer.stderr.text.contains($0) }, "\(writer.stderr.text)")
    try directory.run("cmp -n 1048576 stick /dev/zero")
  }

  @Test("the same line stands in every report", arguments: [Project.debian, .arch])
  func everywhere(project: Project) async throws {
    let releases = try Releases.shared.get()
    let directory = try releases.copy(of: project)
    let (path, stick) = ("\(directory.path)/release/\(project.image)", "file:\(directory.path)/stick")
    let line = "signed by release <release@example.org> (from \(releases.keyring))"
    let commands = [
      ["plan", path, stick, "-o", directory.path + "/plan"], ["apply", directory.path + "/plan"],
      ["write", "--yes", path, stick], ["verify", path, stick],
    ]
    for command in commands {
      let world = releases.world()
      let status = await Burin.run(command, in: world.context).rawValue
      #expect(status == 0, "\(command): \(world.stderr.text)")
      let text = words(world)
      #expect(text.contains(line), "\(command): \(text)")
      // Once more from the start: the plan was for the stick as it was.
      if command[0] == "apply" { try directory.run("truncate -s 0 stick; truncate -s 1M stick") }
      let json = releases.world()
      guard command[0] != "plan" else { continue }
      _ = await Burin.run(command + ["--json"], in: json.context)
      let last = try #require(json.stdout.text.split(separator: "\n").last.map(String.init))
      #expect(try JSONOracle.accepts(last))
      if command[0] != "apply" { #expect(last.contains(#""trust":{"result":"signed","line":"signed by"#)) }
    }
    let plan = String(decoding: try directory.contents("plan"), as: UTF8.self)
    #expect(plan.contains(#""result": "signed""#))
  }

  @Test("R47: who judges a signature over the image works on while the writer has given up everything else")
  func confined() throws {
    let releases = try Releases.shared.get()
    let directory = try releases.copy(of: .arch)
    let command = """
      \(FakeWorld.program) write --yes --keyring \(releases.keyring) \
        release/\(Project.arch.image) file:stick
      """
    #expect(try directory.run(command).contains("signed by release <release@example.org>"))
    try directory.run(
      "cmp -n $(stat -c %s release/\(Project.arch.image)) release/\(Project.arch.image) stick")
    try directory.run("cp other/\(Project.arch.signature) release/")
    #expect(throws: ScratchDirectory.ToolFailure.self) { try directory.run(command) }
    #expect(
      String(decoding: try directory.contents("output.text"), as: UTF8.self).contains("[signature-wrong]"))
    try directory.run("cmp -n 1048576 stick /dev/zero")
  }

  @Test("R50: an old image with its own signed list, both called as the new one, is told to be the old one")
  func renamed() async throws {
    let releases = try Releases.shared.get()
    let directory = try releases.copy(
      of: .openSUSE,
      changedBy: "for f in *; do mv $f $(echo $f | sed s/Current/New/); done")
    let path = directory.path + "/release/" + Project.openSUSE.image.replacing("Current", with: "New")
    let world = releases.world()
    #expect(await world.run("write", "--yes", path, "file:\(directory.path)/stick") == 0)
    let text = words(world)
    #expect(
      text.contains(
        "(from \(releases.keyring)), as openSUSE-Tumbleweed-DVD-x86_64-Snapshot20251118-Media.iso"))
    #expect(text.contains("that it is what it is called: the list calls it openSUSE"), "\(text)")
  }

  @Test("R50: a signature of a text proves nothing of an image, whose long lines it leaves out")
  func textMode() async throws {
    let directory = try bench(
      """
      export GNUPGHOME=$PWD/home; mkdir -m 700 home; trap 'gpgconf --kill all' EXIT
      g() { gpg --batch --quiet --yes --trust-model always --passphrase '' "$@"; }
      g --quick-gen-key 'r <r@example.org>' ed25519 sign 0; g --export >r.gpg
      tr -d '\\n' <a.img | head -c 600000 >b.img
      g --textmode --detach-sign -o b.img.sig b.img || [ -s b.img.sig ]
      # Behind the 19995th byte of a line, gpgv does not look.
      flip b.img 300000
      """)
    var world = FakeWorld()
    world.trust(directory.path + "/r.gpg")
    #expect(await world.run("check", directory.path + "/b.img") == 1, "\(world.stdout.text)")
    #expect(lines(world).first == "nothing to check against")
    #expect(words(world).contains("OpenPGP signature of a text, cannot be judged"))
    let required = FakeWorld()
    let keyring = directory.path + "/r.gpg"
    #expect(await required.run("check", directory.path + "/b.img", "--keyring", keyring) == 3)
  }

  @Test("what lies beside it can be ignored, which is said, and then proves nothing")
  func ignored() async throws {
    let releases = try Releases.shared.get()
    let directory = try releases.copy(of: .debian)
    let world = releases.world()
    #expect(
      await world.run("check", "\(directory.path)/release/\(Project.debian.image)", "--no-checksum-files")
        == 1)
    #expect(lines(world).first == "nothing to check against")
    #expect(world.stdout.text.contains("was ignored (--no-checksum-files)"))
  }

  private func bench(_ script: String) throws -> ScratchDirectory {
    let directory = try ScratchDirectory()
    try directory.run("head -c 700000 /dev/urandom >a.img; \(script)")
    return directory
  }

  @Test(
    "absent is never shown as good: nothing, a checksum inside of it, and one from outside end differently")
  func degrees() async throws {
    let directory = try bench(
      """
      cp a.img b.img; sha1sum b.img >b.img.sha1; gzip -k a.img; zstd -q --no-check a.img -o c.img.zst
      head -c 2000000 /dev/urandom >file; xorriso -as mkisofs -quiet -o i.iso file; implantisomd5 i.iso
      cp i.iso j.iso; head -c 16 /dev/zero | dd of=j.iso bs=1 seek=900000 conv=notrunc status=none
      cp i.iso k.iso; sha256sum k.iso >k.iso.sha256
      xz -k a.img; tar cf d.tar a.img.xz; xz --format=lzma -kc a.img.xz >d.lzma; zstd -q a.img.xz -o e.zst
      zstd -q --no-check a.img.xz -o d.zst; xz --check=none -kc a.img.xz >d.xz; lz4 -q --no-frame-crc a.img.xz d.lz4
      """)
    for (name, status, line, evidence) in [
      ("a.img", 1, "nothing to check against", ""),
      ("b.img", 0, "checksum matches (unsigned)", "is weak and can be forged"),
      ("a.img.gz", 1, "internal checksum only", "the checksums of gzip are right"),
      ("c.img.zst", 1, "nothing to check against", ""),
      ("a.img.xz", 1, "internal checksum only", "the checksums of xz are right"),
      ("d.tar", 1, "internal checksum only", "the checksums of what is packed in tar are right"),
      ("d.lzma", 1, "internal checksum only", "the checksums of what is packed in lzma are right"),
      ("d.zst", 1, "internal checksum only", "the checksums of what is packed in zstd are right"),
      ("d.xz", 1, "internal checksum only", "the checksums of what is packed in xz are right"),
      ("d.lz4", 1, "internal checksum only", "the checksums of what is packed in lz4 are right"),
      ("e.zst", 1, "internal checksum only", "the checksums of zstd are right"),
      ("i.iso", 1, "internal checksum only", "(isomd5sum, md5) is right"),
      ("j.iso", 3, "WRONG", "(isomd5sum, md5) is "),
      ("k.iso", 0, "checksum matches (unsigned)", "(isomd5sum, md5) is right"),
    ] {
      let world = FakeWorld()
      #expect(
        await world.run("check", "\(directory.path)/\(name)") == status, "\(name): \(world.stderr.text)")
      #expect(lines(world).first == line, "\(name)")
      let text = words(world)
      #expect(evidence.isEmpty || text.contains(evidence), "\(name): \(text)")
    }
    let world = FakeWorld()
    #expect(await world.run("check", "\(directory.path)/j.iso", "--json") == 3)
    #expect(try JSONOracle.accepts(world.stdout.text))
    #expect(world.stdout.text.contains(#""result":"wrong","line":"WRONG""#))
    #expect(world.stderr.text.contains("[internal-checksum-wrong]"))
  }

  @Test(
    "an image that ends before its own structures do is wrong, unless something from outside speaks for it")
  func cutOff() async throws {
    let directory = try bench(
      """
      head -c 3000000 /dev/urandom >file; xorriso -as mkisofs -quiet -o i.iso file; truncate -s 2M i.iso
      cp i.iso j.iso; sha256sum j.iso >SHA256SUMS
      """)
    let cut = FakeWorld()
    #expect(await cut.run("check", "\(directory.path)/i.iso") == 3)
    #expect(lines(cut).first == "WRONG" && cut.stderr.text.contains("[image-truncated]"))
    let whole = FakeWorld()
    #expect(await whole.run("check", "\(directory.path)/j.iso") == 0, "\(whole.stderr.text)")
  }

  @Test(
    "R50: of a compressed image, the checksum of the file and that of its content count, each by its name")
  func packed() async throws {
    let directory = try bench("xz -k a.img; sha256sum a.img a.img.xz >SHA256SUMS")
    let world = FakeWorld()
    #expect(await world.run("check", "\(directory.path)/a.img.xz") == 0, "\(world.stderr.text)")
    let text = words(world)
    #expect(
      text.contains("is that of the image, as SHA256SUMS says")
        && text.contains("is that of the compressed file"))
    for script in ["s/a.img$/b.img/; s/^......../00000000/", "s/a.img.xz$/b.img/; s/^......../00000000/"] {
      try directory.run("sha256sum a.img a.img.xz | sed '\(script)' >SHA256SUMS")
      let wrong = FakeWorld()
      #expect(await wrong.run("check", "\(directory.path)/a.img.xz") == 3, "\(wrong.stdout.text)")
      #expect(wrong.stderr.text.contains("[checksum-wrong]"))
    }
    try directory.run("rm SHA256SUMS; head -c -8 a.img.xz >b.img.xz")
    let cut = FakeWorld()
    #expect(await cut.run("check", "\(directory.path)/b.img.xz") == 3)
    #expect(lines(cut).first == "WRONG", "\(cut.stderr.text)")
  }

  @Test("a checksum that is given counts besides what lies beside the image, and both have to be true")
  func given() async throws {
    let directory = try bench("sha256sum a.img >SHA256SUMS; md5sum a.img | cut -c 1-32 | tr -d '\\n' >md5")
    let md5 = String(decoding: try directory.contents("md5"), as: UTF8.self)
    let right = FakeWorld()
    #expect(
      await right.run("check", "\(directory.path)/a.img", "--checksum", md5) == 0, "\(right.stderr.text)")
    #expect(right.stdout.text.contains("as given") && right.stdout.text.contains("as SHA256SUMS says"))
    let wrong = FakeWorld()
    #expect(
      await wrong.run("check", "\(directory.path)/a.img", "--checksum", "md5:" + String(md5.reversed())) == 3)
    #expect(wrong.stderr.text.contains("does not have the checksum that was given"))
    let none = FakeWorld()
    #expect(await none.run("check", "\(directory.path)/none.img") == 7)
    let keyring = FakeWorld()
    #expect(
      await keyring.run("check", "\(directory.path)/a.img", "--keyring", "\(directory.path)/a.img") == 3)
    #expect(keyring.stderr.text.contains("[keyring-unusable]"))
  }

  @Test("what lies beside the image and is of no use is told of, with the cause")
  func unused() async throws {
    let directory = try bench(
      "echo '00  a.img' >SHA256SUMS; printf '\\243\\001' >MD5SUMS.gpg; echo '00  a.img' >B3SUMS")
    let world = FakeWorld()
    #expect(await world.run("check", "\(directory.path)/a.img") == 1, "\(world.stderr.text)")
    let text = world.stdout.text
    for name in ["SHA256SUMS", "MD5SUMS.gpg", "B3SUMS"] {
      #expect(text.contains("\(name) was not used: "), "\(text)")
    }
    #expect(!text.contains("not named in"))
  }

  @Test("what was found and cannot be used is told of beside what was used")
  func partlyUnusable() async throws {
    let directory = try bench("sha256sum a.img >SHA256SUMS; echo 'WHIRLPOOL (a.img) = 00' >>SHA256SUMS")
    let world = FakeWorld()
    #expect(await world.run("check", "\(directory.path)/a.img") == 0, "\(world.stderr.text)")
    let line = "a line of SHA256SUMS for the image was not used: it holds no checksum that can be used"
    #expect(words(world).contains(line), "\(words(world))")
  }

  @Test("a digest that the system's libcrypto is forbidden to compute is refused, and not left out")
  func forbidden() throws {
    let directory = try bench(
      "printf 'openssl_conf = o\\n[o]\\nalg_section = a\\n[a]\\ndefault_properties = fips=yes\\n' >conf")
    let md5 = "md5:" + String(repeating: "0", count: 32)
    let output = try directory.run(
      "OPENSSL_CONF=$PWD/conf \(FakeWorld.program) check a.img --checksum \(md5) 2>&1 || echo status $?")
    #expect(output.contains("[checksum-forbidden]") && output.contains("status 3"), "\(output)")
  }

  @Test("R48: names and keys that somebody has made up do nothing to a terminal")
  func foreign() async throws {
    let directory = try bench(
      "printf '%064d  evil\\033[31m.img' 0 >a.img.sha256; touch \"$(printf 'x\\033]0;y\\007-CHECKSUM')\"")
    let world = FakeWorld()
    #expect(await world.run("check", "\(directory.path)/a.img") == 3)
    #expect(
      !(world.stdout.text + world.stderr.text).unicodeScalars.contains { $0.value == 27 || $0.value == 7 })
  }
}

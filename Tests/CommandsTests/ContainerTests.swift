import DiskContainers
import ImageInspector
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

/// A disk with a partition table, a container of it, and a virtual stick.
private struct Bench {
  let directory: ScratchDirectory

  /// - Parameter packing: makes the file `packed` of the file `disk`.
  init(_ packing: String) throws {
    directory = try ScratchDirectory()
    try directory.run(
      """
      set -e
      head -c 3000000 /dev/urandom >disk; truncate -s 4M disk
      echo '2048,,c,*' | sfdisk -q disk
      \(packing)
      yes old content 2>/dev/null | head -c 8388608 >stick && cp stick before
      """)
  }

  func path(_ name: String) -> String { "\(directory.path)/\(name)" }

  func run(_ world: FakeWorld, _ command: String, _ options: String...) async -> Int32 {
    let arguments = [command, path("packed"), "file:\(path("stick"))"] + options
    return await Burin.run(arguments, in: world.context).rawValue
  }

  func holds(_ script: String) -> Bool { (try? directory.run(script)) != nil }
  var holdsDisk: Bool { holds("cmp -n $(stat -c %s disk) disk stick") }
  var isUntouched: Bool { holds("cmp stick before") }
}

@Suite("Disk containers")
struct ContainerTests {
  @Test(
    "are recognised by their content, read while they are written, and verify",
    arguments: [
      ("qcow2", "qemu-img convert -c -O qcow2 disk packed"), ("vmdk", "qemu-img convert -O vmdk disk packed"),
      ("vhd", "qemu-img convert -O vpc -o force_size=on disk packed"),
      ("vhdx", "qemu-img convert -O vhdx -o block_size=1M disk packed"),
      ("vdi", "qemu-img convert -O vdi disk packed"),
    ])
  func written(_ format: String, _ packing: String) async throws {
    let bench = try Bench(packing)
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes", "--json") == 0, "\(world.stderr.text)")
    #expect(bench.holdsDisk)
    let lines = world.stdout.text.split(separator: "\n").map(String.init)
    let (start, result) = (try #require(lines.first), try #require(lines.last))
    #expect(try JSONOracle.accepts(lines: [start, result]))
    #expect(start.contains(#""compression":"\#(format)""#))
    #expect(result.contains(#""bytes":4194304,"#))
    let verified = FakeWorld()
    #expect(await bench.run(verified, "verify") == 0, "\(verified.stderr.text)")
    try bench.directory.run("flip stick 2500000")
    #expect(await bench.run(FakeWorld(), "verify") == 1)
  }

  @Test("are told of before they are written, and what no checksum speaks for")
  func briefing() async throws {
    let bench = try Bench("qemu-img convert -O qcow2 disk packed")
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes") == 0, "\(world.stderr.text)")
    let text = world.stdout.text.split { $0.isWhitespace }.joined(separator: " ")
    #expect(text.contains("the disk in a qcow2 container"), "\(text)")
  }

  @Test(
    "that need another file, or are damaged, are refused before the target is touched",
    arguments: [
      (
        "qemu-img create -q -f qcow2 -F raw -b disk packed", "container-unsupported",
        "differs from another disk"
      ),
      (
        "qemu-img create -q -f qcow2 -F raw -b /etc/shadow packed 4M", "container-unsupported", "another disk"
      ),
      (
        "qemu-img convert -O qcow2 disk packed; truncate -s -1M packed", "container-damaged",
        "where the file has ended already"
      ),
      (
        "qemu-img convert -O vpc -o force_size=on disk packed; printf x | dd of=packed bs=1 seek=600 "
          + "conv=notrunc status=none", "container-damaged", "does not have its checksum"
      ),
      ("qemu-img convert -O qed disk packed", "image-is-container", "qemu-img convert -f qed -O raw"),
      (
        "printf 'FILE \"disc.bin\" BINARY\\nTRACK 01 MODE1/2352\\n' >packed", "image-is-container", "disc.bin"
      ),
    ])
  func refused(_ packing: String, _ id: String, _ words: String) async throws {
    let bench = try Bench(packing)
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes") == 3)
    #expect(bench.isUntouched)
    #expect(
      world.stderr.text.contains("[\(id)]") && world.stderr.text.contains(words), "\(world.stderr.text)")
  }

  @Test("are written as they are, if that is wanted")
  func asIs() async throws {
    let bench = try Bench("qemu-img convert -O qcow2 disk packed")
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes", "--allow-packed") == 0, "\(world.stderr.text)")
    #expect(bench.holds("cmp -n $(stat -c %s packed) packed stick"))
  }

  @Test("a VHD that has lost its footer is not taken for the bytes of a disk", arguments: [1, 512])
  func lostFooter(_ byteCount: Int) async throws {
    let bench = try Bench(
      "qemu-img convert -O vpc -o subformat=fixed,force_size=on disk packed; "
        + "truncate -s -\(byteCount) packed; cp packed disk.VHD")
    let arguments = ["write", bench.path("disk.VHD"), "file:\(bench.path("stick"))", "--yes"]
    let world = FakeWorld()
    #expect(await Burin.run(arguments, in: world.context).rawValue == 3)
    #expect(
      world.stderr.text.contains("[image-damaged]") && world.stderr.text.contains("footer"),
      "\(world.stderr.text)")
    #expect(bench.isUntouched)
    #expect(await Burin.run(arguments + ["--allow-damaged"], in: FakeWorld().context).rawValue == 0)
  }

  @Test("the command for an encrypted disk takes its key")
  func key() {
    #expect(ContainerError.needs(.key).remedy(.qcow2).contains("--object secret,id=key"))
    #expect(!ContainerError.needs(.key).remedy(.qcow2).contains("other files"))
  }

  @Test("every error has words that name the place, and a remedy")
  func words() {
    let errors: [ContainerError] =
      ContainerPart.allCases.flatMap { part -> [ContainerError] in
        [
          .damaged(part, offset: 77), .checksumWrong(part, offset: 77), .cutOff(part, offset: 77),
          .tooLong(part, byteCount: 77),
        ]
      } + ContainerNeed.allCases.map { .needs($0) } + [
        .usedTwice(offset: 77), .outOfMemory, .budgetExhausted,
      ]
    for (index, error) in errors.enumerated() {
      let format = ContainerFormat.allCases[index % ContainerFormat.allCases.count]
      let diagnostic = Diagnostic(error, format, image: "x")
      #expect([.containerDamaged, .containerUnsupported].contains(diagnostic.id))
      let because = diagnostic.because.map(\.string).joined()
      let hasPlace = ["damaged", "checksumWrong", "cutOff", "usedTwice", "tooLong"].contains {
        "\(error)".hasPrefix($0)
      }
      #expect(!because.isEmpty && because.contains("77") == hasPlace, "\(error)")
    }
  }
}

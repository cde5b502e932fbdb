import BlockIO
import DeviceProbe
import DeviceSafety
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

@Suite("burin list")
struct ListTests {
  @Test("as text", arguments: [[], ["--all"]])
  func text(options: [String]) async throws {
    let world = FakeWorld(Machines.workstation)
    #expect(await Burin.run(["list"] + options, in: world.context) == .done)
    #expect(try Golden.difference(of: world.stdout.text, from: "list\(options.joined()).text") == nil)
    #expect(world.stderr.text.isEmpty)
  }

  @Test("as JSON", arguments: [[], ["--all"]])
  func json(options: [String]) async throws {
    let world = FakeWorld(Machines.workstation)
    #expect(await Burin.run(["list", "--json"] + options, in: world.context) == .done)
    #expect(try Golden.difference(of: world.stdout.text, from: "list\(options.joined()).json") == nil)
    #expect(try JSONOracle.accepts(world.stdout.text))
  }

  @Test("as a dump that is the same machine when it is read back, in plain ASCII")
  func dump() async throws {
    let world = FakeWorld(Machines.workstation)
    #expect(await world.run("list", "--dump") == 0)
    #expect(try DeviceSnapshot(parsing: world.stdout.text) == Machines.workstation)
    #expect(world.stdout.text.utf8.allSatisfy { $0 == 0x0A || (0x20...0x7E).contains($0) })
    #expect(await world.run("list", "--dump", "--json") == 64)
  }

  @Test("fits a terminal of any width", arguments: [20, 40, 80, 200])
  func widths(width: Int) async {
    let capabilities = Capabilities(isTerminal: true, redraws: true, hasColor: true, width: width)
    let world = FakeWorld(Machines.workstation, output: capabilities)
    #expect(await world.run("list", "--all") == 0)
    #expect(world.stdout.text.contains("nvme0n1"))
  }

  @Test("R6: what could not be looked at is said with --all, and in JSON always")
  func unseen() async {
    var snapshot = Machines.workstation
    snapshot.unreadable = [UnreadableSource(path: "/proc/1/mountinfo", reason: "no permission")]
    let world = FakeWorld(snapshot)
    #expect(await world.run("list", "--all") == 0)
    #expect(world.stdout.text.hasSuffix("\nnot seen: /proc/1/mountinfo: no permission\n"))
    let json = FakeWorld(snapshot)
    #expect(await json.run("list", "--json") == 0)
    #expect(json.stdout.text.contains(#""path": "/proc/1/mountinfo""#))
  }

  @Test("of a file system that is mounted at thousands of places some are named; JSON has all")
  func manyMounts() async {
    var snapshot = DeviceSnapshot(devices: [Machines.stick("sdb", 16, port: "1-2", diskseq: 21)])
    var contents = Contents(table: .none)
    contents.fileSystem = "ext4"
    snapshot.devices[0].contents = contents
    snapshot.mounts = (1...5000).map {
      Mount(
        device: DeviceNumber(major: 8, minor: 16), mountPoint: "/m\($0)", root: "/", fileSystem: "ext4",
        source: "/dev/sdb", options: "rw")
    }
    let world = FakeWorld(snapshot)
    #expect(await world.run("list", "--all") == 0)
    #expect(world.stdout.text.contains("/m7 and /m8 and 4992 more\n"))
    #expect(!world.stdout.text.contains("/m9 "))
    let json = FakeWorld(snapshot)
    #expect(await json.run("list", "--all", "--json") == 0)
    #expect(json.stdout.text.contains(#""/m5000""#))
    snapshot.mounts.removeSubrange(8...)
    let few = FakeWorld(snapshot)
    #expect(await few.run("list", "--all") == 0)
    #expect(few.stdout.text.contains("/m7 and /m8\n"))
  }

  @Test("without a stick says so and is no error")
  func none() async {
    let world = FakeWorld()
    #expect(await world.run("list") == 0)
    #expect(world.stdout.text.contains("No stick that can be written is plugged in"))
  }

  @Test("prints no control character, whatever the hardware says")
  func hostile() async {
    let world = FakeWorld(Machines.workstation)
    _ = await world.run("list", "--all")
    _ = await world.run("list", "--all", "--json")
    let allowed: (Unicode.Scalar) -> Bool = { $0.isPlain || $0 == "\n" }
    #expect(world.stdout.text.unicodeScalars.allSatisfy(allowed))
  }

  @Test("into a full disk is an error, to a reader that has gone away only a status")
  func lostOutput() async {
    let full = FakeWorld(Machines.workstation, outputFailure: .noSpace)
    #expect(await full.run("list") == 70)
    #expect(full.stderr.text.contains("[output-failed]"))
    let gone = FakeWorld(Machines.workstation, outputFailure: .brokenPipe)
    #expect(await gone.run("list") == 128 + 13)
    #expect(gone.stderr.text.isEmpty)
  }
}

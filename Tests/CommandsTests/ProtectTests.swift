import DeviceProbe
import DeviceSafety
import SystemPackage
import TestSupport
import Testing

@testable import Commands

/// Lists in a directory of their own.
private struct Bench {
  let scratch: ScratchDirectory
  let own: String

  init() throws {
    scratch = try ScratchDirectory()
    own = "\(scratch.path)/burin/protect"
  }

  var files: ProtectionFiles {
    ProtectionFiles(
      folder: FilePath("\(scratch.path)/protect.d"),
      files: [FilePath("\(scratch.path)/system"), FilePath(own)])
  }

  /// The workstation, whose lists are those of the bench.
  func world() -> FakeWorld {
    var machine = Machines.workstation
    let (protections, faults) = files.read()
    (machine.protections, machine.protectionFaults) = (protections, faults)
    return FakeWorld(machine)
  }

  func run(_ world: FakeWorld, _ arguments: String...) async -> Int32 {
    var context = world.context
    (context.protectionFiles, context.ownProtectionFile) = (files, FilePath(own))
    return await Burin.run(arguments, in: context).rawValue
  }

  /// Runs a command in a world of its own.
  func run(_ arguments: String...) async -> (status: Int32, out: String, error: String) {
    let world = world()
    var context = world.context
    (context.protectionFiles, context.ownProtectionFile) = (files, FilePath(own))
    let status = await Burin.run(arguments, in: context).rawValue
    return (status, world.stdout.text, world.stderr.text)
  }
}

private let serial = "4C530001230504117151"

@Suite("burin protect")
struct ProtectTests {
  @Test("a disk that was added by its path is neither offered nor written, until it is removed")
  func addAndRemove() async throws {
    let bench = try Bench()
    try bench.scratch.write([0x41], to: "image")
    #expect(await bench.run("list").out.contains("/dev/sdb"))
    let added = await bench.run("protect", "add", "/dev/null")
    #expect(added.status == 2 && added.error.contains("[target-not-block-device]"))
    let id = TargetID(of: Machines.workstation.devices[0]).description
    #expect(await bench.run("protect", "add", id, "--note", "my\nbackup").status == 0)
    #expect(try bench.scratch.run("cat burin/protect") == "serial=\(serial) # my backup\n")
    #expect(await !bench.run("list").out.contains("/dev/sdb "))
    let all = await bench.run("list", "--all")
    #expect(all.out.contains("has the serial number that line 1 of \(bench.own) protects (my backup)"))
    for option in ["--yes", "--dry-run"] {
      let refused = await bench.run("write", "\(bench.scratch.path)/image", id, option, "--allow-damaged")
      #expect(refused.status == 2 && refused.error.contains("[target-protected]"), "\(refused.error)")
    }
    #expect(await bench.run("protect", "remove", id).status == 0)
    #expect(try bench.scratch.run("cat burin/protect") == "")
    #expect(await bench.run("list").out.contains("/dev/sdb "))
  }

  @Test("what the file held besides stays as it was, and nothing is entered twice")
  func keepsTheRest() async throws {
    let bench = try Bench()
    try bench.scratch.run("mkdir burin; printf '# mine\\n\\nserial=1 # one\\nuuid=ab' >burin/protect")
    #expect(await bench.run("protect", "add", "serial=2").status == 0)
    #expect(await bench.run("protect", "add", "serial=2").status == 0)
    #expect(
      try bench.scratch.run("cat burin/protect") == "# mine\n\nserial=1 # one\nuuid=ab\nserial=2\n")
    let removed = await bench.run("protect", "remove", "serial=1")
    #expect(removed.out.contains("serial=1"))
    #expect(try bench.scratch.run("cat burin/protect") == "# mine\n\nuuid=ab\nserial=2\n")
  }

  @Test("what was added is protected, whether or not somebody can read of it")
  func lostOutput() async throws {
    let bench = try Bench()
    let world = FakeWorld(Machines.workstation, outputFailure: .noSpace)
    #expect(await bench.run(world, "protect", "add", "serial=2", "--json") == 0)
    #expect(world.stderr.text.contains("[output-failed]"))
    #expect(await bench.run("protect", "list").out.contains("serial=2"))
  }

  @Test("what another file protects is not taken off, and the file is named")
  func elsewhere() async throws {
    let bench = try Bench()
    try bench.scratch.run("mkdir protect.d; echo 'serial=\(serial)' >protect.d/lab.conf")
    #expect(await !bench.run("list").out.contains("/dev/sdb "))
    let result = await bench.run("protect", "remove", "serial=\(serial)")
    #expect(result.status == 7 && result.error.contains("protect.d/lab.conf:1"))
    #expect(result.error.contains("[protect-not-listed]"))
  }

  @Test("R6: a broken line keeps every disk from being written, and is shown with its place")
  func brokenLine() async throws {
    let bench = try Bench()
    try bench.scratch.write([0x41], to: "image")
    try bench.scratch.run("printf 'serial=1\\nseriel=2\\n' >system")
    #expect(await bench.run("list").out.contains("No stick that can be written"))
    let id = TargetID(of: Machines.workstation.devices[0]).description
    let refused = await bench.run(
      "write", "\(bench.scratch.path)/image", id, "--yes", "--allow-damaged")
    #expect(refused.status == 2 && refused.error.contains("[protect-list-broken]"))
    let listed = await bench.run("protect", "list")
    #expect(listed.status == 2 && listed.error.contains("[protect-list-broken]"))
    #expect(listed.out.contains("serial=1") && listed.error.contains("system:2 names the kind"))
    let json = await bench.run("protect", "list", "--json").out
    #expect(try JSONOracle.accepts(json))
    #expect(json.contains(#""kind": "serial""#) && json.contains(#""line": 2"#))
  }

  @Test("a list behind a link is neither changed nor replaced")
  func link() async throws {
    let bench = try Bench()
    try bench.scratch.run("mkdir burin; echo serial=1 >elsewhere; ln -s ../elsewhere burin/protect")
    let result = await bench.run("protect", "add", "serial=2")
    #expect(result.status != 0 && result.error.contains("[protect-not-saved]"))
    #expect(try bench.scratch.run("cat elsewhere; readlink burin/protect") == "serial=1\n../elsewhere\n")
  }

  @Test("what is no identity is an error of the command line", arguments: ["serial=", "gpt=12", "uuid=a b"])
  func usage(what: String) async throws {
    let bench = try Bench()
    for command in ["add", "remove"] {
      #expect(await bench.run("protect", command, what).status == 64)
    }
  }
}

@Suite("Where lists of protected disks are")
struct ProtectionPlacesTests {
  @Test("root changes the system's list and obeys its own, and that of the person who called sudo")
  func root() {
    let places = ProtectionPlaces(
      environment: ["HOME": "/root", "XDG_CONFIG_HOME": "relative"], isRoot: true, callerHome: "/home/a")
    #expect(places.own == "/etc/burin/protect")
    #expect(
      places.files.files == [
        "/etc/burin/protect", "/root/.config/burin/protect", "/home/a/.config/burin/protect",
      ])
    #expect(places.files.folder == "/etc/burin/protect.d")
  }

  @Test("others change their own list, and obey the system's too")
  func others() {
    let places = ProtectionPlaces(
      environment: ["HOME": "/home/a", "XDG_CONFIG_HOME": "/x"], isRoot: false, callerHome: nil)
    #expect(places.own == "/x/burin/protect")
    #expect(
      places.files.files
        == ["/etc/burin/protect", "/x/burin/protect", "/home/a/.config/burin/protect"])
    #expect(ProtectionPlaces(environment: [:], isRoot: false, callerHome: nil).own == nil)
  }
}

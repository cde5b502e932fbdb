import ArgumentParser
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

@Suite("The command line")
struct CommandLineTests {
  @Test(
    "help",
    arguments: [
      [], ["list"], ["inspect"], ["check"], ["write"], ["verify"], ["undo"], ["backup"], ["plan"], ["apply"],
      ["protect"],
      ["protect", "add"], ["bmap"], ["bmap", "create"], ["restore"], ["test"], ["history"],
      ["resume"],
    ])
  func help(command: [String]) async throws {
    let world = FakeWorld()
    #expect(await Burin.run(command + ["--help"], in: world.context) == .done)
    let name = (["help"] + command).joined(separator: "-")
    // The width of the terminal that the tests run in must not matter.
    let text = BurinCommand.help(for: command)
    #expect(try Golden.difference(of: text + "\n", from: "\(name).text") == nil)
    #expect(world.stdout.text.contains("USAGE: burin"))
    #expect(world.stderr.text.isEmpty)
  }

  @Test("the version")
  func version() async {
    let world = FakeWorld()
    #expect(await world.run("--version") == 0)
    #expect(world.stdout.text.split(separator: ".").count == 3)
  }

  @Test(
    "what cannot be understood is 64 and prints nothing to standard output",
    arguments: [
      ["frobnicate"], ["list", "--frobnicate"], ["write"], ["write", "a.iso"], ["inspect"],
      ["verify", "a.iso"], ["undo", "--yes"], ["undo", "--dry-run"],
      ["write", "a.iso", "usb-00000000", "--digest", "md5"], ["list", "a\u{1B}[31m"],
      ["verify", "a", "b", "c"], ["restore"], ["restore", "usb-00000000", "--fs", "ntfs"], ["test"],
      ["test", "usb-00000000", "--quick", "--read-only"],
    ])
  func usage(arguments: [String]) async {
    let world = FakeWorld()
    #expect(await Burin.run(arguments, in: world.context) == .usage)
    #expect(world.stdout.text.isEmpty)
    #expect(world.stderr.text.contains("[usage]"))
    #expect(world.stderr.text.unicodeScalars.allSatisfy { $0.isPlain || $0 == "\n" })
  }

  @Test(
    "an address space too small for threads is refused before anything is opened, but for what does without")
  func addressSpace() async {
    let world = FakeWorld()
    var context = world.context
    context.addressSpaceLimit = AddressSpace.usual + 2 * AddressSpace.ofTarget - 1
    let targets = ["file:/nowhere/a.img", "file:/nowhere/b.img"]
    #expect(await Burin.run(["write", "/nowhere/a.iso"] + targets, in: context) == .notPermitted)
    #expect(world.stderr.text.contains("`ulimit -v 524288`"))
    #expect(world.stderr.text.contains("[address-space-too-small]"))
    #expect(await Burin.run(["write", "/nowhere/a.iso", targets[0]], in: context) != .notPermitted)
    context.addressSpaceLimit = 100 << 20
    #expect(await Burin.run(["inspect", "/nowhere/a.iso"], in: context) == .notPermitted)
    #expect(await Burin.run(["list"], in: context) == .done)
    #expect(await Burin.run(["--version"], in: context) == .done)
  }

  @Test("too few descriptors are refused before anything is opened, and each target takes more of them")
  func descriptors() async {
    let world = FakeWorld()
    var context = world.context
    let targets = ["file:/nowhere/a.img", "file:/nowhere/b.img"]
    context.descriptorLimit = 64
    #expect(await Burin.run(["write", "/nowhere/a.iso"] + targets, in: context) == .notPermitted)
    #expect(world.stderr.text.contains("`ulimit -n 80`"))
    #expect(world.stderr.text.contains("[descriptors-too-few]"))
    #expect(await Burin.run(["write", "/nowhere/a.iso", targets[0]], in: context) != .notPermitted)
    context.descriptorLimit = 47
    #expect(await Burin.run(["list"], in: context) == .notPermitted)
    #expect(await Burin.run(["--version"], in: context) == .done)
    #expect(Burin.refusalOfTasks(in: context) == nil)
    context.descriptorLimit = DescriptorSupply.least - 1
    #expect(Burin.refusalOfTasks(in: context) == .notPermitted)
  }

  @Test("threads that cannot be started are found out before any is needed")
  func threads() async {
    let world = FakeWorld()
    var context = world.context
    context.startableThreads = { min($0, ThreadSupply.needed(for: 1)) }
    let targets = ["file:/nowhere/a.img", "file:/nowhere/b.img"]
    #expect(await Burin.run(["write", "/nowhere/a.iso"] + targets, in: context) == .notPermitted)
    #expect(world.stderr.text.contains("[threads-too-few]"))
    #expect(await Burin.run(["write", "/nowhere/a.iso", targets[0]], in: context) != .notPermitted)
    context.startableThreads = { min($0, ThreadSupply.least) }
    #expect(await Burin.run(["inspect", "/nowhere/a.iso"], in: context) == .notPermitted)
    #expect(await Burin.run(["list"], in: context) == .done)
    #expect(await Burin.run(["--version"], in: context) == .done)
    #expect(Burin.refusalOfTasks(in: context) == nil)
    context.startableThreads = { min($0, ThreadSupply.least - 1) }
    #expect(Burin.refusalOfTasks(in: context) == .notPermitted)
  }

  @Test(
    "the program itself ends with words where it may open few files, be it before its first task",
    arguments: [8, 12, 32])
  func fewDescriptors(limit: Int) throws {
    let directory = try ScratchDirectory()
    let said = try directory.run(
      """
      prlimit --nofile=\(limit):\(limit) '\(FakeWorld.program)' list 2>&1
      echo "status $?"
      """)
    #expect(said.contains("limited to \(limit) [descriptors-too-few]"), "\(said)")
    #expect(said.hasSuffix("status 6\n"), "\(said)")
  }

  @Test("every option that lifts an objection exists")
  func liftingOptions() {
    let help = BurinCommand.helpMessage(for: WriteCommand.self, columns: 200)
    for option in [
      "--allow-internal", "--allow-large", "--allow-fixed", "--allow-rotational", "--allow-external",
      "--allow-configured", "--allow-clone", "--allow-booted",
    ] {
      #expect(help.contains(option))
    }
  }
}

extension BurinCommand {
  /// The help of a subcommand, or of the root.
  static func help(for names: [String]) -> String {
    let type = names.reduce(BurinCommand.self as any ParsableCommand.Type) { type, name in
      type.configuration.subcommands.first { $0._commandName == name } ?? type
    }
    return helpMessage(for: type, columns: 100)
  }
}

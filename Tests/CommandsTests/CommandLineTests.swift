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

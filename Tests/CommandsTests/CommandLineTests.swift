import ArgumentParser
import Documents
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

  private static let notUnderstood: [[String]] = [
    // An unknown option, command or argument.
    ["list", "--json", "--frobnicate"], ["list", "--frobnicate", "--json"], ["list", "--json", "-x"],
    ["frobnicate", "--json"], ["bmap", "frobnicate", "--json"], ["list", "--json", "a"],
    ["verify", "a", "b", "c", "--json"], ["list", "--json", "--", "a"], ["list", "---", "--json"],
    ["list", "--json=", "a\u{1B}[31m"],
    // Where the option itself is the mistake.
    ["--json"], ["--json", "list"], ["help", "--json"], ["protect", "--json"], ["list", "--json=lines"],
    // Something that is missing.
    ["write", "--json"], ["write", "a.iso", "--json"], ["write", "a", "b", "--json", "--digest"],
    ["write", "a", "b", "--digest", "--json"], ["bmap", "create", "a", "--json", "-xo"],
    ["bmap", "create", "a", "--json"], ["undo", "--yes", "--json"],
    // A value that is none.
    ["write", "a", "b", "--digest", "md5", "--json"], ["restore", "usb-00000000", "--fs", "ntfs", "--json"],
    ["check", "a", "--json", "--checksum", "abcd"],
    // What excludes each other.
    ["test", "usb-00000000", "--quick", "--read-only", "--json"], ["list", "--json", "--dump"],
    ["verify", "a", "b", "--bmap", "m", "--no-bmap", "--json"],
    ["verify", "a", "b", "--receipt", "r", "--json"],
  ]

  @Test(
    "what cannot be understood is an object like any other error, where JSON was asked for",
    arguments: notUnderstood)
  func usageInJSON(arguments: [String]) async throws {
    let world = FakeWorld()
    #expect(await Burin.run(arguments, in: world.context) == .usage)
    #expect(world.stderr.text.contains("[usage]"))
    #expect(world.stdout.text.split(separator: "\n").count == 1)
    let object = try JSONParser.parse(Array(world.stdout.text.utf8))
    #expect(object["error"]?["id"] == "usage")
    #expect(object["error"]?["summary"]?.text?.isEmpty == false)
    #expect(object["error"]?["toFix"]?.text?.hasSuffix("--help`") == true)
    #expect(object["exitCode"]?.compactText == "64")
    let other = FakeWorld()
    #expect(await other.run("inspect", "/nowhere/a.iso", "--json") == 7)
    #expect(try object.keys == JSONParser.parse(Array(other.stdout.text.utf8)).keys)
    let schema = try JSONSchema(JSONSchema.file(forCommand: arguments[0]) ?? "list.json")
    #expect(try schema.violations(of: object) == [])
  }

  @Test("a wrong word is named, and not --json behind it")
  func culprit() async {
    for arguments in [["foo", "--json"], ["bmap", "foo", "--json"]] {
      let world = FakeWorld()
      #expect(await Burin.run(arguments, in: world.context) == .usage)
      let text = world.stderr.text
      #expect(text.contains("'foo'") && !text.contains("--json"), "\(text)")
    }
  }

  @Test(
    "what only looks like a wish for JSON is none",
    arguments: [
      ["list", "--frobnicate", "--", "--json"], ["list", "-json"], ["list", "---json"], ["list", "--jsonx"],
      ["list", "json"], ["list", "--no-json"], ["protect", "add", "a", "b", "--note=--json"],
      ["__complete", "list", "--json", "---"],
    ])
  func noJSON(arguments: [String]) async {
    let world = FakeWorld()
    #expect(await Burin.run(arguments, in: world.context) == .usage)
    #expect(world.stdout.text.isEmpty)
  }

  @Test("no option takes what looks like another one for its value, so that --json is never one")
  func valuesOfOptions() throws {
    var commands: [any ParsableCommand.Type] = [BurinCommand.self]
    var count = 0
    while let command = commands.popLast() {
      commands += command.configuration.subcommands
      let described = try JSONParser.parse(Array(command._dumpHelp().utf8))
      guard case .array(let arguments)? = described["command"]?["arguments"] else { continue }
      for argument in arguments where argument["kind"] == "option" {
        #expect(argument["parsingStrategy"] == "default", "\(command)")
        count += 1
      }
    }
    #expect(count > 20)
  }

  @Test(
    "help and the version are text, whatever else is asked for",
    arguments: [["--version"], ["list", "--help"], ["write", "--help"]])
  func helpBesideJSON(arguments: [String]) async {
    let (world, other) = (FakeWorld(), FakeWorld())
    #expect(await Burin.run(arguments, in: world.context) == .done)
    #expect(await Burin.run(arguments + ["--json"], in: other.context) == .done)
    #expect(other.stdout.text == world.stdout.text)
  }

  @Test("what is refused before a command begins is an object too")
  func refusedInJSON() async throws {
    let limits: [(id: String, change: (inout Context) -> Void)] = [
      ("address-space-too-small", { $0.addressSpaceLimit = 100 << 20 }),
      ("descriptors-too-few", { $0.descriptorLimit = 47 }),
      ("threads-too-few", { $0.startableThreads = { count in min(count, ThreadSupply.least) } }),
    ]
    for (id, change) in limits {
      let world = FakeWorld()
      var context = world.context
      change(&context)
      #expect(await Burin.run(["test", "file:/nowhere/a.img", "--json"], in: context) == .notPermitted)
      let object = try JSONParser.parse(Array(world.stdout.text.utf8))
      #expect(object["error"]?["id"]?.text == id)
      #expect(try JSONSchema("test.json").violations(of: object) == [])
    }
    let (world, other) = (FakeWorld(), FakeWorld())
    var context = world.context
    context.startableThreads = { count in min(count, ThreadSupply.least - 1) }
    #expect(Burin.refusalOfTasks(of: ["list", "--json"], in: context) == .notPermitted)
    let object = try JSONParser.parse(Array(world.stdout.text.utf8))
    #expect(object["error"]?["id"] == "threads-too-few")
    context = other.context
    context.descriptorLimit = DescriptorSupply.least - 1
    #expect(Burin.refusalOfTasks(of: ["list"], in: context) == .notPermitted)
    #expect(other.stdout.text.isEmpty)
    let third = FakeWorld()
    context = third.context
    context.addressSpaceLimit = 100 << 20
    for command in ["check", "history"] {
      let arguments = command == "check" ? [command, "/nowhere/a.iso"] : [command]
      #expect(Burin.refusalOfTasks(of: arguments, in: context) == .notPermitted)
    }
    #expect(Burin.refusalOfTasks(of: ["list"], in: context) == nil)
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
    #expect(Burin.refusalOfTasks(of: ["list"], in: context) == nil)
    context.descriptorLimit = DescriptorSupply.least - 1
    #expect(Burin.refusalOfTasks(of: ["list"], in: context) == .notPermitted)
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
    #expect(Burin.refusalOfTasks(of: ["list"], in: context) == nil)
    context.startableThreads = { min($0, ThreadSupply.least - 1) }
    #expect(Burin.refusalOfTasks(of: ["list"], in: context) == .notPermitted)
  }

  @Test(
    "the program itself ends with words where it may open few files, be it before its first task",
    arguments: [8, 12, 32])
  func fewDescriptors(limit: Int) throws {
    let directory = try ScratchDirectory()
    let said = try directory.run(
      """
      prlimit --nofile=\(limit):\(limit) '\(FakeWorld.program)' list --json 2>&1
      echo "status $?"
      """)
    #expect(said.contains("limited to \(limit) [descriptors-too-few]"), "\(said)")
    #expect(said.hasSuffix("status 6\n"), "\(said)")
    #expect(said.contains(#"{"schema":1,"error":{"id":"descriptors-too-few","#), "\(said)")
  }

  @Test("R1: an argument whose bytes are no text is refused, and never taken for another file")
  func bytes() throws {
    let directory = try ScratchDirectory()
    let said = try directory.run(
      #"""
      head -c 1M /dev/urandom >image; for name in "$(printf 'a\303\244')" "$(printf 'a\357\277\275')"; do
        truncate -s 8M "$name"
      done
      bad=$(printf 'a\344')
      truncate -s 8M "$bad"
      for words in "write image file:$PWD/$bad --yes --json" "inspect $bad --json" "list --json $bad" "$bad --json"; do
        '\#(FakeWorld.program)' $words 2>/dev/null; echo "status $?"
      done
      '\#(FakeWorld.program)' inspect "$(printf 'a\303\244')" --json >/dev/null 2>&1; echo "status $?"
      cat a* | tr -d '\0' | wc -c
      """#)
    #expect(said.ranges(of: "status 64\n").count == 4 && said.hasSuffix("status 0\n0\n"), "\(said)")
    #expect(said.ranges(of: #""id":"usage""#).count == 4, "\(said)")
    let words = "argument 3, file:\(directory.path)/a\u{FFFD}, has bytes that are no text"
    #expect(said.contains(words), "\(said)")
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

extension JSONValue {
  /// The names of all fields, each behind those that it is in.
  fileprivate var keys: [String] {
    guard case .object(let members) = self else { return [] }
    return members.flatMap { member in [member.key] + member.value.keys.map { "\(member.key).\($0)" } }
  }
}

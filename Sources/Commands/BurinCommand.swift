import ArgumentParser

/// The root of the command line.
struct BurinCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "burin",
    abstract: "Write a bootable image onto a USB stick, and prove that it is there.",
    discussion: """
      Alone in a terminal, burin asks for all it needs, step by step; burin --plain does so line by line. \
      burin list shows the sticks that can be written, burin inspect says where an image boots, \
      burin check what is proven about it, burin write writes it and reads everything back from the medium, \
      burin resume goes on where a write was interrupted, \
      burin verify compares them later, burin history lists what was written where, \
      burin undo brings back what was there before, as long as it can, \
      burin backup reads a stick into a file, burin restore gives an ordinary empty stick back, \
      burin test finds out how much a stick holds in truth.
      """,
    version: "0.1.0",
    subcommands: [
      ListCommand.self, InspectCommand.self, CheckCommand.self, WriteCommand.self, VerifyCommand.self,
      UndoCommand.self, BackupCommand.self, PlanCommand.self, ApplyCommand.self, ProtectCommand.self,
      BmapCommand.self, RestoreCommand.self, TestCommand.self, HistoryCommand.self,
      ResumeCommand.self, InteractiveCommand.self, CompleteCommand.self,
    ], defaultSubcommand: InteractiveCommand.self)
}

/// A subcommand that gets the world as a value.
protocol ContextCommand: ParsableCommand {
  /// Whether results are JSON, so that errors are too.
  var wantsJSON: Bool { get }
  /// Whether colours are wanted.
  var allowsColor: Bool { get }
  /// How much address space it may use, in bytes; 0 where it does with little.
  var addressSpaceByteCount: UInt64 { get }
  /// How many targets it may have at once, for what each of them takes.
  var targetCount: Int { get }
  /// Does the work, prints the results and says how it ended.
  func run(in context: Context) async -> ExitStatus
}

extension ContextCommand {
  var addressSpaceByteCount: UInt64 { AddressSpace.usual }
  var targetCount: Int { addressSpaceByteCount == 0 ? 0 : 1 }
}

/// The options that every subcommand has.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print JSON for programs instead of text.")
  var json = false

  @Flag(help: "Print no colours; NO_COLOR does the same.")
  var noColor = false

  /// Whether a command line asks for JSON, be it one that the parser does not understand.
  ///
  /// It is read as the parser reads it (`SplitArguments` and `LenientParser` of swift-argument-parser): before
  /// `--`, what begins with two dashes is an option by its name up to a `=`, and never the value of another one,
  /// because every option here takes its value in the default way (`SingleValueParsingStrategy.next`).
  static func isJSONWanted(by arguments: [String]) -> Bool {
    // There, the words are those that somebody has typed so far.
    guard arguments.first != CompleteCommand._commandName else { return false }
    return arguments.prefix { $0 != "--" }.contains { word in word.prefix { $0 != "=" } == "--json" }
  }
}

/// The options of subcommands that take long.
struct ProgressOptions: ParsableArguments {
  @Flag(name: [.customShort("q"), .long], help: "Print no progress, and nothing about what went well.")
  var quiet = false
}

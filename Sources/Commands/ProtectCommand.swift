import ArgumentParser

/// `burin protect`: the list of disks that are never offered and never written.
struct ProtectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "protect", abstract: "Keep a list of disks that are never offered and never written.",
    discussion: """
      A disk is recognised by its serial number, its world wide name, the GUID of its partition table or \
      the UUID of a file system on it. No option lifts this. As root the list of the whole system is \
      changed, else the person's own; both are always obeyed.
      """,
    subcommands: [ProtectAddCommand.self, ProtectRemoveCommand.self, ProtectListCommand.self])
}

private let whatHelp: ArgumentHelp =
  "An ID or path of a disk, or serial=VALUE, wwn=VALUE, gpt=GUID or uuid=UUID."

/// `burin protect add`.
struct ProtectAddCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Put a disk on the list.")

  @Argument(help: whatHelp)
  var what: String

  @Option(help: "Why, in a few words.")
  var note: String?

  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }
  var addressSpaceByteCount: UInt64 { 0 }

  func run(in context: Context) async -> ExitStatus {
    ProtectSession(context: context, isJSON: output.json).add(what, note: note)
  }
}

/// `burin protect remove`.
struct ProtectRemoveCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Take a disk off the list.")

  @Argument(help: whatHelp)
  var what: String

  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }
  var addressSpaceByteCount: UInt64 { 0 }

  func run(in context: Context) async -> ExitStatus {
    ProtectSession(context: context, isJSON: output.json).remove(what)
  }
}

/// `burin protect list`.
struct ProtectListCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Show what is protected, by which file, and what is not understood.")

  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }
  var addressSpaceByteCount: UInt64 { 0 }

  func run(in context: Context) async -> ExitStatus {
    ProtectSession(context: context, isJSON: output.json).list()
  }
}

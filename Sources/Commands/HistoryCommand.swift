import ArgumentParser

/// `burin history`: what was written where.
struct HistoryCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "List what was written onto which stick, and how it ended.",
    discussion: """
      Every write leaves a receipt in the state directory, unless it was made with --no-history. A receipt of a \
      write that was proven can be compared with the stick: burin verify --receipt FILE TARGET.
      """)

  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }

  func run(in context: Context) async -> ExitStatus {
    ReceiptHistory(isJSON: output.json, context: context).run()
  }
}

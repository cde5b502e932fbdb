import ArgumentParser
import Terminal

/// `burin` without a command: the interactive way at a terminal, and the help anywhere else.
struct InteractiveCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "interactive", abstract: "Ask for the image and the stick, step by step.",
    shouldDisplay: false)

  @Flag(help: "Ask line by line and redraw nothing, as screen readers need it.")
  var plain = false

  @Flag(help: "Show no colours; NO_COLOR does the same.")
  var noColor = false

  var wantsJSON: Bool { false }
  var allowsColor: Bool { !noColor }

  func run(in context: Context) async -> ExitStatus {
    guard var desk = context.desk else { return context.report(parsing: CleanExit.helpRequest(), []) }
    desk.style.hasColor = desk.style.hasColor && context.allowsColor
    let session = GuideSession(context: context, desk: desk, isPlain: plain)
    // Letters of other languages would come out as escapes.
    let language = desk.style.isUnicode ? Language.current : nil
    return await Language.$current.withValue(language) { await session.run() }
  }
}

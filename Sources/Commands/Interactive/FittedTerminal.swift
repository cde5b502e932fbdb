import SystemPackage
import Terminal

extension Context {
  /// Has lines broken for a window as it is by now; what goes to no terminal stays unbroken.
  mutating func fit(to size: ScreenSize) {
    if stdout.capabilities.width != nil { stdout = FittedSink(base: stdout, columns: size.columns) }
    if stderr.capabilities.width != nil { stderr = FittedSink(base: stderr, columns: size.columns) }
    if prompter.capabilities?.width != nil {
      prompter = FittedPrompter(base: prompter, columns: size.columns)
    }
  }
}

/// An output whose window has become another one.
private struct FittedSink: TextSink {
  let base: any TextSink
  let columns: Int

  var capabilities: Capabilities {
    var result = base.capabilities
    result.width = columns
    return result
  }

  var failure: Errno? { base.failure }

  func write(_ text: SanitizedText) { base.write(text) }
}

/// Somebody whose window has become another one.
private struct FittedPrompter: Prompter {
  let base: any Prompter
  let columns: Int

  var capabilities: Capabilities? {
    var result = base.capabilities
    result?.width = columns
    return result
  }

  func ask(
    _ text: SanitizedText, question: SanitizedText, unless interruption: PromptInterruption?
  ) -> PromptAnswer { base.ask(text, question: question, unless: interruption) }
}

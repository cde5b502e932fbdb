import Documents
import Terminal

/// An error as it is told: the same in text and in JSON.
struct Diagnostic: Hashable, Sendable {
  /// The stable name, which the manual page explains.
  let id: DiagnosticID
  /// What is wrong, one line.
  let summary: SanitizedText
  /// Why, one line each; often one, sometimes none.
  let because: [SanitizedText]
  /// In what state the run leaves the medium, where it had begun to write.
  let leaves: SanitizedText?
  /// What the person can do.
  let toFix: SanitizedText?
  /// How the run ends.
  let exit: ExitStatus

  init(
    _ id: DiagnosticID, _ exit: ExitStatus, _ summary: SanitizedText, because: [SanitizedText] = [],
    leaves: SanitizedText? = nil, toFix: SanitizedText? = nil
  ) {
    self.id = id
    self.exit = exit
    self.summary = summary
    self.because = because
    self.leaves = leaves
    self.toFix = toFix
  }

  /// The lines that are printed to standard error, broken where a terminal is too narrow for them.
  func lines(for capabilities: Capabilities) -> [SanitizedText] {
    // What does not end the run is a warning.
    let isWarning = exit == .done
    let program: SanitizedText = isWarning ? "burin: warning:" : "burin:"
    let prefix = program.styled(isWarning ? .yellow : .red, if: capabilities.hasColor)
    var lines: [SanitizedText] = ["\(prefix) \(summary) [\(id.rawValue)]"]
    for cause in because { lines += Self.item("  because  ", cause, capabilities) }
    if let leaves { lines += Self.item("  leaves   ", leaves, capabilities) }
    if let toFix { lines += Self.item("  to fix   ", toFix, capabilities) }
    return lines
  }

  private static func item(
    _ label: SanitizedText, _ text: SanitizedText, _ capabilities: Capabilities
  ) -> [SanitizedText] {
    guard let width = capabilities.width else { return [label + text] }
    return text.wrapped(to: max(24, width - label.width)).enumerated().map { index, line in
      (index == 0 ? label : SanitizedText("").padded(to: label.width)) + line
    }
  }

  /// The object that `--json` gives.
  var json: JSONValue {
    [
      "id": JSONValue(id.rawValue), "summary": JSONValue(summary), "because": JSONValue(because),
      "leaves": JSONValue(leaves), "toFix": JSONValue(toFix),
    ]
  }
}

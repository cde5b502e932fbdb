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
    var lines = ("\(prefix) \(summary) [\(id.rawValue)]" as SanitizedText)
      .folded(to: capabilities.width, hanging: Self.hang)
    for cause in because { lines += cause.folded(behind: "  because  ", for: capabilities) }
    if let leaves { lines += leaves.folded(behind: "  leaves   ", for: capabilities) }
    if let toFix { lines += toFix.folded(behind: "  to fix   ", for: capabilities) }
    return lines
  }

  /// Below the first word behind the program's name.
  private static let hang = 7

  /// The object that `--json` gives.
  var json: JSONValue {
    [
      "id": JSONValue(id.rawValue), "summary": JSONValue(summary), "because": JSONValue(because),
      "leaves": JSONValue(leaves), "toFix": JSONValue(toFix),
    ]
  }
}

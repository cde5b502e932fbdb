import Terminal

/// An error as it is told: the same in text and in JSON.
struct Diagnostic: Hashable, Sendable {
  /// The stable name, which the manual page explains.
  let id: DiagnosticID
  /// What is wrong, one line.
  let summary: SanitizedText
  /// Why, one line each; often one, sometimes none.
  let because: [SanitizedText]
  /// What the person can do.
  let toFix: SanitizedText?
  /// How the run ends.
  let exit: ExitStatus

  init(
    _ id: DiagnosticID, _ exit: ExitStatus, _ summary: SanitizedText, because: [SanitizedText] = [],
    toFix: SanitizedText? = nil
  ) {
    self.id = id
    self.exit = exit
    self.summary = summary
    self.because = because
    self.toFix = toFix
  }

  /// The lines that are printed to standard error.
  func lines(hasColor: Bool) -> [SanitizedText] {
    let program = SanitizedText("burin:").styled(.red, if: hasColor)
    var lines: [SanitizedText] = ["\(program) \(summary) [\(id.rawValue)]"]
    lines += because.map { "  because  \($0)" }
    if let toFix { lines.append("  to fix   \(toFix)") }
    return lines
  }

  /// The object that `--json` gives.
  var json: JSONValue {
    [
      "id": JSONValue(id.rawValue), "summary": JSONValue(summary), "because": JSONValue(because),
      "toFix": JSONValue(toFix),
    ]
  }
}

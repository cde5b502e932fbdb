import Terminal

/// An error as it is told: the same in text and in JSON.
public struct Diagnostic: Hashable, Sendable {
  /// The stable name, which the manual page explains.
  public let id: DiagnosticID
  /// What is wrong, one line.
  public let summary: SanitizedText
  /// Why, one line each; often one, sometimes none.
  public let because: [SanitizedText]
  /// What the person can do.
  public let toFix: SanitizedText?
  /// How the run ends.
  public let exit: ExitStatus

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
  public func lines(hasColor: Bool) -> [SanitizedText] {
    let program = SanitizedText("burin:").styled(.red, if: hasColor)
    var lines: [SanitizedText] = ["\(program) \(summary) [\(id.rawValue)]"]
    lines += because.map { "  because  \($0)" }
    if let toFix { lines.append("  to fix   \(toFix)") }
    return lines
  }

  /// The object that `--json` gives.
  public var json: JSONValue {
    [
      "id": JSONValue(id.rawValue), "summary": JSONValue(summary), "because": JSONValue(because),
      "toFix": JSONValue(toFix),
    ]
  }
}

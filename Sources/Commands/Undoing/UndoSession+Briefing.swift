import DeviceSafety
import Terminal
import UndoStore

extension UndoSession {
  /// What a person must know before the word is given.
  func briefing(
    _ choice: UndoChoice, _ identity: TargetIdentity, _ assessment: Assessment
  ) -> [SanitizedText] {
    let stored = choice.stored
    var lines: [SanitizedText] = [
      "What was saved of this disk will be brought back, over what is on it now:",
      "  disk          \(identity.path), \(stored.record.disk.text)",
      "  saved         \(stored.id), \(SanitizedText(utc: stored.record.time))",
      "  write         \(stored.writeText)",
    ]
    lines += assessment.objections.map { "  beware        \($0.evidence)" }
    return lines + choice.warnings + stored.balance.lines(brought: "brings back")
  }
}

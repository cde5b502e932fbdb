import DeviceSafety
import Terminal
import UndoStore

extension UndoSession {
  /// What a person must know before the word is given.
  func briefing(
    _ stored: StoredRecord, _ identity: TargetIdentity, _ assessment: Assessment
  ) -> [SanitizedText] {
    var lines: [SanitizedText] = [
      "What was saved of this disk will be brought back, over what is on it now:",
      "  disk          \(identity.path), \(stored.record.disk.text)",
      "  saved         \(stored.id), \(SanitizedText(utc: stored.record.time))",
      "  write         \(stored.writeText)",
    ]
    lines += assessment.objections.map { "  beware        \($0.evidence)" }
    return lines + stored.balance.lines(brought: "brings back")
  }

  /// Gets the person's word: from the options, or at the terminal.
  func confirm(_ consent: Consent, _ briefing: [SanitizedText]) throws(Refusal) -> Confirmation {
    guard !order.isYes else {
      let confirmation = Confirmation.assumed(confirmed: order.confirmed, serial: order.serial)
      if let lack = consent.lack(in: confirmation) {
        throw Refusal(diagnostic: Diagnostic(.notConfirmed(lack), target: order.target))
      }
      return confirmation
    }
    guard context.prompter.capabilities != nil else {
      throw Refusal(diagnostic: .cannotAsk(id: consent.id))
    }
    let text = briefing.map { $0 + "\n" }.joined()
    let id = try ask(text + "\n", "Type \(consent.id) to bring it back, anything else to cancel: ")
    guard id == consent.id else { throw Refusal(diagnostic: .declined()) }
    guard let serial = consent.serial else { return .typed(id: id) }
    let typed = try ask(
      "This is an internal disk.\n", "Type its serial number, \(serial), to go on, anything else to cancel: ")
    guard typed == serial else { throw Refusal(diagnostic: .declined()) }
    return .typed(id: id, serial: typed)
  }

  private func ask(_ text: SanitizedText, _ question: SanitizedText) throws(Refusal) -> String {
    switch context.prompter.ask(text, question: question) {
    case .line(let line):
      // What is typed with a space at either end is meant without it.
      return line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    case .endOfInput, .interrupted: throw Refusal(diagnostic: .cancelled(by: context.stopSignal()))
    case .noTerminal: throw Refusal(diagnostic: .cannotAsk(id: order.target))
    case .failed(let error): throw Refusal(diagnostic: .promptFailed(error))
    }
  }
}

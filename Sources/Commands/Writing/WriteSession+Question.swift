import DeviceSafety
import Terminal

extension WriteSession {
  /// Gets the person's word: from the options, or at the terminal.
  ///
  /// The question ends by itself when its disk is unplugged or its medium changed, and by nothing that
  /// happens to other disks (R7).
  func confirm(
    _ consent: Consent, _ briefing: WriteBriefing, watching watch: TargetWatch?
  ) throws(Refusal) -> Confirmation {
    guard !order.isYes else {
      let confirmation = Confirmation.assumed(confirmed: order.confirmed, serial: order.serial)
      if let lack = consent.lack(in: confirmation) {
        throw Refusal(diagnostic: Diagnostic(.notConfirmed(lack), target: order.target))
      }
      if !order.isQuiet, !order.isJSON {
        for line in briefing.lines(for: context.outputCapabilities) { context.stdout.writeLine(line) }
      }
      return confirmation
    }
    guard let capabilities = context.prompter.capabilities.map(context.adjusted) else {
      throw Refusal(diagnostic: .cannotAsk(id: consent.id))
    }
    let text = briefing.lines(for: capabilities).map { $0 + "\n" }.joined()
    let id = try ask(
      text + "\n", "Type \(consent.id) to destroy it and write the image, anything else to cancel: ", watch)
    guard id == consent.id else { throw Refusal(diagnostic: .declined()) }
    guard let serial = consent.serial else { return .typed(id: id) }
    let typed = try ask(
      "This is an internal disk.\n", "Type its serial number, \(serial), to go on, anything else to cancel: ",
      watch)
    guard typed == serial else { throw Refusal(diagnostic: .declined()) }
    return .typed(id: id, serial: typed)
  }

  private func ask(
    _ text: SanitizedText, _ question: SanitizedText, _ watch: TargetWatch?
  ) throws(Refusal) -> String {
    switch context.prompter.ask(text, question: question, unless: watch?.interruption) {
    case .line(let line):
      // What is typed with a space at either end is meant without it.
      let words = line.split(whereSeparator: \.isWhitespace)
      return words.joined(separator: " ")
    case .endOfInput: throw Refusal(diagnostic: .cancelled(by: context.stopSignal()))
    case .interrupted: throw Refusal(diagnostic: .cancelled(by: context.stopSignal()))
    case .disturbed: throw Refusal(diagnostic: .disturbed(watch?.disturbance, target: order.target))
    case .noTerminal: throw Refusal(diagnostic: .cannotAsk(id: order.target))
    case .failed(let error): throw Refusal(diagnostic: .promptFailed(error))
    }
  }
}

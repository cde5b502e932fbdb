import DeviceSafety
import Terminal

/// Gets the person's word for a target that is held open: from the options, or at the terminal.
///
/// The question ends by itself when its disk is unplugged or its medium changed, and by nothing that happens to
/// other disks (R7).
struct ConsentQuestion {
  let context: Context
  /// The target as it was given.
  let target: String
  /// What the person has to give.
  let consent: Consent
  /// Notices what happens to the target meanwhile.
  let watch: TargetWatch?

  /// `--yes`, if what was given with it suffices.
  func assumed(confirmed: String?, serial: String?) throws(Refusal) -> Confirmation {
    let confirmation = Confirmation.assumed(confirmed: confirmed, serial: serial)
    if let lack = consent.lack(in: confirmation) {
      throw Refusal(diagnostic: Diagnostic(.notConfirmed(lack), target: target))
    }
    return confirmation
  }

  /// Shows a briefing and asks for the ID, and for the serial number of an internal disk.
  /// - Parameter purpose: what typing the ID does, such as `destroy it and write the image`.
  func asked(
    _ purpose: SanitizedText, after briefing: (Capabilities) -> [SanitizedText]
  ) throws(Refusal) -> Confirmation {
    guard let capabilities = context.prompter.capabilities.map(context.adjusted) else {
      throw Refusal(diagnostic: .cannotAsk(id: consent.id))
    }
    let id = try ask(
      briefing(capabilities) + [""], "Type \(consent.id) to \(purpose), anything else to cancel: ")
    guard id == consent.id else { throw Refusal(diagnostic: .declined()) }
    guard let serial = consent.serial else { return .typed(id: id) }
    let typed = try ask(
      ["This is an internal disk."], "Type its serial number, \(serial), to go on, anything else to cancel: ")
    guard typed == serial else { throw Refusal(diagnostic: .declined()) }
    return .typed(id: id, serial: typed)
  }

  private func ask(_ lines: [SanitizedText], _ question: SanitizedText) throws(Refusal) -> String {
    switch context.prompter.ask(below: lines, question: question, unless: watch?.interruption) {
    case .line(let line):
      // What is typed with a space at either end is meant without it.
      return line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    case .endOfInput, .interrupted: throw Refusal(diagnostic: .cancelled(by: context.stopSignal()))
    case .disturbed: throw Refusal(diagnostic: .disturbed(watch?.disturbance, target: target))
    case .noTerminal: throw Refusal(diagnostic: .cannotAsk(id: consent.id))
    case .failed(let error): throw Refusal(diagnostic: .promptFailed(error))
    }
  }
}

import Documents
import Terminal
import Writer

extension WriteParty {
  /// What is needed to know sticks again after a replug; nil where nobody has asked for that.
  func replugging(_ members: [PartyMember]) throws(Refusal) -> ReplugSession? {
    guard order.verify == .replug else { return nil }
    if let member = members.first(where: { !$0.impossible.isEmpty }) {
      throw Refusal(diagnostic: .replugNeedsRoot(member.order.target), target: member.order.target)
    }
    return ReplugSession(order, in: context)
  }

  /// Has the sticks that were proven unplugged and plugged in again, and reads each once more.
  func replugged(_ endings: [PartyEnding], _ prepared: Prepared) async -> [PartyEnding] {
    guard let session = prepared.replugging else { return endings }
    var endings = endings
    let waiting = endings.indices.compactMap { index in
      stick(endings[index], prepared.members[index], prepared.opened).map { (index: index, stick: $0) }
    }
    guard !waiting.isEmpty else { return endings }
    await session.run(waiting.map(\.stick)) { number, outcome in
      let (index, stick) = waiting[number]
      let ready = prepared.members[index]
      endings[index] = concluded(endings[index], ready, outcome, stick)
      if order.isJSON { context.stdout.writeLine(endings[index].json(ready.member).line) }
    }
    return endings
  }

  private func stick(_ ending: PartyEnding, _ ready: ReadyMember, _ opened: Opened) -> AwaitedStick? {
    guard ending.awaitsReplug, case .proven(let outcome) = ending,
      case .known(let chunks) = ready.change.state(after: outcome.relocation, of: outcome.proof.chunks)
    else { return nil }
    return AwaitedStick(ready, outcome.proof, chunks, opened)
  }

  /// The ending of a target with what the replug adds, of which its receipts tell too.
  private func concluded(
    _ ending: PartyEnding, _ ready: ReadyMember, _ replug: ReplugOutcome, _ stick: AwaitedStick
  ) -> PartyEnding {
    guard case .proven(var outcome) = ending else { return ending }
    let order = ready.member.order
    outcome.replug = replug
    outcome.diagnostic = Diagnostic(
      replug, order.names, signal: context.stopSignal(), image: stick.report)
    if let diagnostic = outcome.diagnostic, !replug.isStopped {
      ready.receipts.failed(order, diagnostic)
    } else {
      (outcome.receipt, outcome.receiptFailure) = ready.receipts.proven(outcome, stick.chunks)
    }
    return .proven(outcome)
  }
}

extension PartyEnding {
  /// Whether everything is proven but what a replug can add.
  var awaitsReplug: Bool {
    guard case .proven(let outcome) = self else { return false }
    return outcome.order.verify == .replug && outcome.diagnostic == nil && outcome.replug == nil
  }
}

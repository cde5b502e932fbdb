import DeviceSafety
import Documents
import ImageSource
import ImageTrust
import Sandbox
import SystemPackage
import Terminal
import Writer

/// What became of one target.
enum PartyEnding {
  case proven(WriteOutcome)
  case failed(Diagnostic)

  /// As an exit code would say it.
  var status: ExitStatus {
    switch self {
    case .proven(let outcome): outcome.diagnostic?.exit ?? .done
    case .failed(let diagnostic): diagnostic.exit
    }
  }
}

extension WriteParty {
  /// Writes all targets in one pass over the image, with progress; each is let go at its own end.
  func write(_ prepared: Prepared) async -> [PartyEnding] {
    let members = prepared.members
    if order.isJSON {
      for ready in members {
        context.stdout.writeLine(
          WriteEvent.start(
            ready.member.order, prepared.opened.image, ready.member.identity, ready.plan,
            ready.member.impossible
          ).line)
      }
    }
    // What the kernel says is read by one for all of them.
    let log = context.kernelLog.map(SharedKernelLog.init)
    let witnesses = members.map { ready in
      WriteSession.Witnesses(
        ready.undo, prepared.listeners, prepared.opened.inspected.report,
        log.flatMap { KernelWitness(of: ready.member.identity, in: $0) }, run: ready.run)
    }
    // R47: everything that is needed is open by now, the records included, and no program is started any more.
    let writer = context.confineWriter(
      WriterConfinement.Exceptions(
        children: prepared.pass.children + prepared.listeners.children
          + members.flatMap(\.relocation.children),
        keepsConnections: members.contains { !$0.member.impossible.isEmpty }))
    context.standstill.begin()
    var endings: [Int: PartyEnding] = [:]
    let form: ProgressReporter.Form = order.isJSON ? .json : order.isQuiet ? .none : .text
    await ProgressReporter.showing(members.map(\.track), in: context, as: form) {
      // A run that was cancelled has results too.
      let results = Channel<MemberResult>()
      let (image, begun) = (prepared.opened.image.content, prepared.pass)
      let (targets, listeners) = (prepared.targets, prepared.listeners)
      async let writing: Void = {
        await ImageWriter.write(image, begun: begun, to: targets, listeners: listeners) { index, result in
          results.send(MemberResult(index: index, result: result))
        }
        results.finish()
      }()
      while let found = await results.next() {
        let ready = members[found.index]
        let ending = self.ending(
          of: ready, found.result, prepared.opened, witnesses[found.index], writer)
        ready.track.end(ending.word)
        if order.isJSON, !ending.awaitsReplug { context.stdout.writeLine(ending.json(ready.member).line) }
        endings[found.index] = ending
      }
      await writing
    }
    // One without a result must never pass for one that was proven.
    return members.indices.map { endings[$0] ?? .failed(.internalError("a target ended without a result")) }
  }

  private struct MemberResult: Sendable {
    let index: Int
    let result: Result<WriteReport, WriteFailure>
  }

  /// What became of a target, which is let go by now.
  private func ending(
    of ready: ReadyMember, _ result: Result<WriteReport, WriteFailure>, _ opened: Opened,
    _ witnesses: WriteSession.Witnesses, _ writer: WriterConfinement
  ) -> PartyEnding {
    let (member, identity) = (ready.member, ready.member.identity)
    switch result {
    case .success(var proof):
      if !member.impossible.isEmpty, case .disk(let number) = identity.kind {
        // Not before the disk is let go: the kernel reads no table of a disk that is held.
        proof.partitionsPublished = context.rescan(identity.path, number)
      }
      var outcome = WriteOutcome(
        order: member.order, identity: identity, plan: ready.plan, source: opened.image,
        image: opened.inspected, writer: writer, impossible: member.impossible, proof: proof,
        trust: TrustStatement(proof.trust, opened.sought, of: opened.image), undo: ready.undo,
        relocation: ready.relocation.outcome, parting: ready.parting.outcomes,
        standstill: context.standstill)
      switch ready.change.state(after: ready.relocation.outcome, of: proof.chunks) {
      case .known(let chunks):
        (outcome.receipt, outcome.receiptFailure) = ready.receipts.proven(outcome, chunks)
      case .lost:
        let diagnostic = Diagnostic.tableBroken(ready.relocation.outcome, member.order.names)
        ready.receipts.failed(member.order, diagnostic)
        outcome.diagnostic = diagnostic
      }
      return .proven(outcome)
    case .failure(let failure):
      let diagnostic = member.session.diagnostic(failure, witnesses)
      ready.receipts.failed(member.order, diagnostic)
      return .failed(diagnostic)
    }
  }

  /// Tells in words what became of all of them; of those that were dropped it was told before.
  func conclude(_ endings: [PartyEnding], _ dropped: [DroppedMember] = []) -> ExitStatus {
    for ending in endings {
      switch ending {
      case .proven(let outcome): tell(outcome)
      case .failed(let diagnostic): _ = context.report(diagnostic)
      }
    }
    let statuses = endings.map(\.status) + dropped.map(\.diagnostic.exit)
    if statuses.count > 1, !order.isQuiet, !order.isJSON {
      let count = statuses.count { $0 == .done }
      context.stdout.writeLine("\(count) of \(endings.count) targets hold the image, and were read back")
    }
    // A stick is proven whether or not somebody can read the report: the status says what is true of it.
    if let failure = context.stdout.failure, failure != .brokenPipe {
      _ = context.report(.outputFailed(failure))
    }
    return .worst(of: statuses)
  }

  private func tell(_ outcome: WriteOutcome) {
    let isTold = outcome.diagnostic == nil || outcome.replug?.isStopped == true
    if !order.isJSON, !order.isQuiet, isTold {
      for line in outcome.lines(for: context.outputCapabilities) { context.stdout.writeLine(line) }
    }
    if let shortfall = outcome.proof.capacity?.shortfall {
      let warning = Diagnostic(tolerated: shortfall, outcome.order.names)
      for line in warning.lines(for: context.errorCapabilities) { context.stderr.writeLine(line) }
    }
    if let failure = outcome.receiptFailure {
      for line in failure.lines(for: context.errorCapabilities) { context.stderr.writeLine(line) }
    }
    // What was proven is not there any more, or not all that was to be.
    if let diagnostic = outcome.diagnostic { _ = context.report(diagnostic) }
  }
}

extension PartyEnding {
  /// One line for whoever waits for the others.
  fileprivate var word: SanitizedText {
    switch self {
    case .proven(let outcome) where outcome.diagnostic == nil: "written, read back and equal"
    case .proven(let outcome): "failed [\(outcome.diagnostic?.id.rawValue ?? "")]"
    case .failed(let diagnostic): "failed [\(diagnostic.id.rawValue)]"
    }
  }

  /// The last line of the target in `write --json`.
  func json(_ member: PartyMember) -> JSONValue {
    switch self {
    case .proven(let outcome): outcome.json
    case .failed(let diagnostic):
      WriteEvent.failed(
        member.order, diagnostic, of: member.order.together == nil ? nil : member.identity)
    }
  }
}

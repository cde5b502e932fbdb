import BlockIO
import DeviceProbe
import DeviceSafety
import DiskFormats
import Documents
import ImageSource
import ImageTrust
import Sandbox
import SystemPackage
import Terminal
import Writer

/// One stick made empty, from end to end: through the same gate as a write, by the same writer.
struct RestoreSession {
  let order: RestoreOrder
  let context: Context

  /// Carries the order out, once.
  func run() async -> ExitStatus {
    do throws(Refusal) {
      return conclude(try await carryOut())
    } catch {
      let result = order.write.isJSON ? RestoreEvent.failed(order, error.diagnostic) : nil
      return context.report(error.diagnostic, json: result)
    }
  }

  private func carryOut() async throws(Refusal) -> RestoreOutcome {
    let session = WriteSession(order: order.write, context: context)
    if order.write.unmounts { try MountReleaser(order: order.write, context: context).release() }
    let hotPlug = context.hotPlug()
    let pending = try session.openTarget()
    let identity = pending.identity
    let impossible = pending.impossible
    let disk = try order.layOut(identity.geometry)
    let plan = try order.plan(disk, onto: identity.geometry, stale: try session.staleSignatures(pending))
    let entry = WriteSession.describe(pending.disk, pending.assessment)
    let briefing = DiskBriefing(identity: identity, entry: entry, impossible: impossible)
    let question = ConsentQuestion(
      context: context, target: order.write.target, consent: pending.consent,
      watch: TargetWatch(identity, hotPlug))
    let confirmation = try session.confirm(question, "destroy it and make it empty") { capabilities in
      briefing.lines(for: capabilities) + DiskBriefing.item("becomes", disk.text, capabilities)
    }
    // As before a write (R33): a signal may have come while the last answer was read.
    if Task.isCancelled { throw Refusal(diagnostic: .cancelled(by: context.stopSignal())) }
    // So little is overwritten that all of it is saved, whatever is in use.
    let extent = plan.layout.map { UndoExtent(plan, savingAllOf: $0) } ?? UndoExtent(plan)
    let undo = try await session.saveUndo(pending, extent, plan, entry?.device.contents)
    let approved: ApprovedTarget
    do throws(GateError) { approved = try pending.approve(confirming: confirmation) } catch {
      throw order.write.refusal(error, signal: context.stopSignal())
    }
    if order.write.isJSON {
      context.stdout.writeLine(RestoreEvent.start(identity, disk, plan, impossible).line)
    }
    let (search, parting) = (SignatureSearch(disk), Parting(order.write, entry?.device, in: context))
    // R47: as before a write, the record is open and nothing is started any more.
    let writer = context.confineWriter(
      WriterConfinement.Exceptions(keepsConnections: !impossible.isEmpty))
    var proof = try await session.write(
      GeneratedImage(disk.content, named: RestoreOrder.imageName), plan, approved,
      WriteSession.Witnesses(undo, PassListeners(), nil, KernelWitness(of: identity, in: context)),
      Aftercare(
        whenProven: { target, _ in search.search(target) },
        whenDone: { parting.carryOut(on: $0, isWhole: search.outcome == .clean) }))
    if !impossible.isEmpty, case .disk(let number) = identity.kind {
      // Not before the disk is let go: the kernel reads no table of a disk that is held.
      proof.partitionsPublished = context.rescan(identity.path, number)
    }
    return RestoreOutcome(
      identity: identity, disk: disk, plan: plan, writer: writer, impossible: impossible, proof: proof,
      undo: undo, search: search.outcome, parting: parting.outcomes, standstill: context.standstill)
  }

  private func conclude(_ outcome: RestoreOutcome) -> ExitStatus {
    let diagnostic = outcome.diagnostic
    if order.write.isJSON {
      context.stdout.writeLine(outcome.json.line)
    } else if !order.write.isQuiet {
      for line in outcome.lines(for: context.outputCapabilities) { context.stdout.writeLine(line) }
    }
    if let shortfall = outcome.proof.capacity?.shortfall {
      let warning = Diagnostic(
        tolerated: shortfall, order.write.names,
        toFix: "return it; files that come to lie beyond what it has are lost")
      for line in warning.lines(for: context.errorCapabilities) { context.stderr.writeLine(line) }
    }
    if let diagnostic { return context.report(diagnostic) }
    if let failure = context.stdout.failure, failure != .brokenPipe {
      _ = context.report(.outputFailed(failure))
    }
    return .done
  }
}

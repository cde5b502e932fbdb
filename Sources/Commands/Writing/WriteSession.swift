import BlockIO
import BlockMap
import DeviceProbe
import DeviceSafety
import ImageInspector
import ImageSource
import ImageTrust
import Sandbox
import SystemPackage
import Terminal
import Writer

/// One write from end to end: what is told and asked around what gate and writer do.
struct WriteSession {
  let order: WriteOrder
  let context: Context

  /// Carries the order out, once: after a failure nothing is tried again, and nothing else in its place (R8).
  func run() async -> ExitStatus {
    do throws(Refusal) {
      let outcome = try await carryOut()
      return conclude(outcome)
    } catch {
      let result = order.isJSON ? WriteEvent.failed(order, error.diagnostic) : nil
      return context.report(error.diagnostic, json: result)
    }
  }

  private func carryOut() async throws(Refusal) -> WriteOutcome {
    let image = try order.openImage(in: context)
    let sought = try SoughtTrust(order.trust, for: image, in: context)
    if order.unmounts { try MountReleaser(order: order, context: context).release() }
    // Before the target is opened, so that nothing that happens to it from then on is missed.
    let hotPlug = context.hotPlug()
    let pending = try openTarget()
    try order.requireElsewhere(image, than: pending.identity)
    let cloned = try order.clonedDisk(image, in: context)
    let inspected = try order.inspect(image, in: context)
    let length = image.map.map { ImageLength.stated($0.map.imageByteCount) } ?? image.content.length
    if let byteCount = length.byteCount {
      do throws(GateError) { try pending.requireRoom(for: byteCount) } catch {
        throw Refusal(
          diagnostic: .imageTooLarge(
            order.image, length, capacity: pending.identity.geometry.byteCount))
      }
    }
    let plan = try order.plan(
      image, inspected.report, onto: pending.identity.geometry,
      stale: try staleSignatures(pending) + image.holeEdges(inspected.report), sought)
    let entry = Self.describe(pending.disk, pending.assessment)
    let briefing = WriteBriefing(
      identity: pending.identity, entry: entry, image: order.image, source: image, cloned: cloned,
      report: inspected.report, trust: sought, impossible: pending.impossible)
    try requireAsReviewed(image, inspected.report, PlannedTarget(pending.identity, entry), plan, sought)
    let confirmation = try confirm(
      ConsentQuestion(
        context: context, target: order.target, consent: pending.consent,
        watch: TargetWatch(pending.identity, hotPlug)), briefing)
    // R33: up to here nothing has been written. A signal may have come while the last answer was read.
    if Task.isCancelled { throw Refusal(diagnostic: .cancelled(by: context.stopSignal())) }
    let undo = try await saveUndo(pending, plan, briefing.entry?.device.contents)
    let identity = pending.identity
    let impossible = pending.impossible
    // A decoder is a process of its own, as is who judges a signature: they start while one can be started.
    let source = try started(image.content)
    let listeners = sought.listeners()
    let approved: ApprovedTarget
    do throws(GateError) { approved = try pending.approve(confirming: confirmation) } catch {
      throw order.refusal(error, signal: context.stopSignal())
    }
    if order.isJSON {
      context.stdout.writeLine(WriteEvent.start(order, image, identity, plan, impossible).line)
    }
    // R47: everything that is needed is open by now, the record included, and no program is started any more.
    let writer = context.confineWriter(
      WriterConfinement.Exceptions(
        children: source.children + listeners.children, keepsConnections: !impossible.isEmpty))
    var proof = try await write(source, plan, approved, undo, listeners)
    if !impossible.isEmpty, case .disk(let number) = identity.kind {
      // Not before the disk is let go: the kernel reads no table of a disk that is held.
      proof.partitionsPublished = context.rescan(identity.path, number)
    }
    return WriteOutcome(
      order: order, identity: identity, plan: plan, source: image, image: inspected, writer: writer,
      impossible: impossible, proof: proof, trust: TrustStatement(proof.trust, sought, of: image),
      undo: undo)
  }

  private func confirm(
    _ question: ConsentQuestion, _ briefing: WriteBriefing
  ) throws(Refusal) -> Confirmation {
    guard order.isYes else {
      return try question.asked("destroy it and write the image") { briefing.lines(for: $0) }
    }
    let confirmation = try question.assumed(confirmed: order.confirmed, serial: order.serial)
    if !order.isQuiet, !order.isJSON {
      for line in briefing.lines(for: context.outputCapabilities) { context.stdout.writeLine(line) }
    }
    return confirmation
  }

  /// The gate opens, locks and checks the target; it is held until the end of the run.
  private func openTarget() throws(Refusal) -> PendingTarget {
    let gate = TargetGate(
      broker: context.broker, snapshot: { [order, context] in order.snapshot(in: context) },
      contents: context.contents)
    do throws(GateError) {
      return try gate.open(TargetArgument(parsing: order.target), order.request)
    } catch { throw order.refusal(error, signal: context.stopSignal()) }
  }

  private func staleSignatures(_ pending: borrowing PendingTarget) throws(Refusal) -> [Range<UInt64>] {
    do throws(GateError) { return try pending.staleSignatures() } catch {
      throw order.refusal(error, signal: context.stopSignal())
    }
  }

  /// What is on the disk that is held open, for the question.
  private static func describe(_ disk: BlockDevice?, _ assessment: Assessment) -> DeviceEntry? {
    disk.map { DeviceEntry($0, in: DeviceSnapshot(devices: [$0]), assessment: assessment) }
  }

  private func started(_ image: any ImageSource) throws(Refusal) -> StartedImage {
    do throws(ImageSourceError) { return try StartedImage(image) } catch {
      if Task.isCancelled { throw Refusal(diagnostic: .cancelled(by: context.stopSignal())) }
      throw Refusal(diagnostic: Diagnostic(error, image: order.image))
    }
  }

  private func write(
    _ image: any ImageSource, _ plan: WritePlan, _ approved: consuming ApprovedTarget, _ undo: SavedUndo?,
    _ listeners: PassListeners
  ) async throws(Refusal) -> WriteReport {
    let meter = ProgressMeter()
    let form: ProgressReporter.Form = order.isJSON ? .json : order.isQuiet ? .none : .text
    // The box lets the closure, which may not consume what it captures, hand the target over.
    let box = OnceBox(approved)
    let result = await ProgressReporter.showing(meter, in: context, as: form) {
      () async -> Result<WriteReport, WriteFailure>? in
      guard let target = box.take() else { return nil }
      do throws(WriteFailure) {
        return .success(
          try await ImageWriter.write(
            image, plan: plan, to: target, journal: undo, listeners: listeners, progress: meter))
      } catch { return .failure(error) }
    }
    switch result {
    case nil: throw Refusal(diagnostic: .internalError("the target was handed over twice"))
    case .success(let report)?: return report
    case .failure(let failure)?:
      undo?.didStop()
      throw Refusal(
        diagnostic: Diagnostic(
          failure, order.names, signal: context.stopSignal(),
          undo: undo?.sentence(target: order.target)))
    }
  }

  private func conclude(_ outcome: WriteOutcome) -> ExitStatus {
    if order.isJSON {
      context.stdout.writeLine(outcome.json.line)
    } else if !order.isQuiet {
      for line in outcome.lines(for: context.outputCapabilities) { context.stdout.writeLine(line) }
    }
    if let shortfall = outcome.proof.capacity?.shortfall {
      let warning = Diagnostic(tolerated: shortfall, order.names)
      for line in warning.lines(for: context.errorCapabilities) { context.stderr.writeLine(line) }
    }
    // The stick is proven whether or not somebody can read the report: the status says what is true of it.
    if let failure = context.stdout.failure, failure != .brokenPipe {
      _ = context.report(.outputFailed(failure))
    }
    return .done
  }
}

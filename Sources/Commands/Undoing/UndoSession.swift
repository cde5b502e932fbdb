import BlockIO
import DeviceProbe
import DeviceSafety
import Documents
import Sandbox
import SystemPackage
import Terminal
import UndoStore
import Writer

/// What came of bringing a record back.
struct UndoOutcome {
  /// How many bytes were brought back.
  let byteCount: UInt64
  /// Whether the kernel has read the old table.
  let partitionsPublished: Bool
}

/// One restore from end to end, through the same gate as a write.
struct UndoSession {
  let order: UndoOrder
  let context: Context

  /// Carries the order out.
  func run() async -> ExitStatus {
    do throws(Refusal) {
      return try await carryOut()
    } catch {
      let result = order.isJSON ? UndoEvent.failed(order, error.diagnostic) : nil
      return context.report(error.diagnostic, json: result)
    }
  }

  private func carryOut() async throws(Refusal) -> ExitStatus {
    let store = try context.undo.store()
    let hotPlug = context.hotPlug()
    let pending = try openTarget()
    let disk = DiskFingerprint(of: pending.identity, disk: pending.disk, bootID: context.undo.bootID)
    let choice = try order.choose(for: disk, in: store)
    let stored = choice.stored
    try order.requireUnmistakable(stored, disk, order.snapshot(in: context), in: context)
    let file: RecordFile
    do throws(UndoError) { file = try store.open(stored) } catch {
      throw Refusal(diagnostic: Diagnostic(opening: error))
    }
    let question = ConsentQuestion(
      context: context, target: order.target, consent: pending.consent,
      watch: TargetWatch(pending.identity, hotPlug))
    let lines = briefing(choice, pending.identity, pending.assessment)
    let confirmation =
      try order.isYes
      ? question.assumed(confirmed: order.confirmed, serial: order.serial)
      : question.asked("bring it back") { _ in lines }
    // As before a write (R33): a signal may have come while the last answer was read.
    if Task.isCancelled { throw Refusal(diagnostic: .cancelled(by: context.stopSignal())) }
    let identity = pending.identity
    let approved: ApprovedTarget
    do throws(GateError) { approved = try pending.approve(confirming: confirmation) } catch {
      throw Refusal(diagnostic: Diagnostic(error, target: order.target))
    }
    // R47: as before a write, the record is open and nothing is started any more.
    let writer = context.confineWriter(WriterConfinement.Exceptions())
    let outcome = try await restore(stored, file, approved)
    // Where that cannot be noted, the record is offered once more, which does no harm.
    try? file.didRestore()
    return conclude(identity, choice, outcome, writer.unproven)
  }

  private func openTarget() throws(Refusal) -> PendingTarget {
    let gate = TargetGate(
      snapshot: { [order, context] in order.snapshot(in: context) }, contents: context.contents)
    do throws(GateError) {
      return try gate.open(TargetArgument(parsing: order.target), order.request)
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: order.target)) }
  }

  private func restore(
    _ stored: StoredRecord, _ file: RecordFile, _ target: consuming ApprovedTarget
  ) async throws(Refusal) -> UndoOutcome {
    let meter = ProgressMeter()
    meter.begin(.restoring, total: stored.balance.restorable.byteCount * 2)
    context.standstill.begin()
    let kernel = KernelWitness(of: target.identity, in: context)
    let form: ProgressReporter.Form = order.isJSON ? .json : order.isQuiet ? .none : .text
    let box = OnceBox(target)
    let result = await ProgressReporter.showing(meter, in: context, as: form) {
      () async -> Result<UndoOutcome, RestoreFailure>? in
      guard let target = box.take() else { return nil }
      return Self.bringBack(stored, file, onto: target, meter)
    }
    switch result {
    case nil: throw Refusal(diagnostic: .internalError("the target was handed over twice"))
    case .success(let outcome)?: return outcome
    case .failure(let failure)?:
      throw Refusal(
        diagnostic: Diagnostic(failure, target: order.target, signal: context.stopSignal())
          .adding(because: Self.texts(failure.error, context.standstill, kernel)))
    }
  }

  /// What the kernel has said, and that the run stood still, where the disk is why it failed.
  private static func texts(
    _ error: RestoreError, _ standstill: Standstill, _ kernel: KernelWitness?
  ) -> [SanitizedText] {
    switch error {
    case .disk, .identity, .mismatch: standstill.texts + (kernel?.texts() ?? [])
    default: []
    }
  }

  /// The restore itself; the target is let go at its end.
  private static func bringBack(
    _ stored: StoredRecord, _ file: RecordFile, onto target: consuming ApprovedTarget, _ meter: ProgressMeter
  ) -> Result<UndoOutcome, RestoreFailure> {
    do throws(RestoreFailure) {
      let count = try UndoRestorer.restore(
        stored.record, from: file, changed: stored.balance.changed, to: target
      ) { meter.advance(by: $0) }
      meter.begin(.done)
      let isPublished = (try? target.publishPartitions()) != nil
      return .success(UndoOutcome(byteCount: count, partitionsPublished: isPublished))
    } catch { return .failure(error) }
  }

  private func conclude(
    _ identity: TargetIdentity, _ choice: UndoChoice, _ outcome: UndoOutcome, _ unproven: [SanitizedText]
  ) -> ExitStatus {
    let stored = choice.stored
    if order.isJSON {
      context.stdout.writeLine(UndoEvent.done(identity, choice, outcome, unproven).line)
    } else if !order.isQuiet {
      let heading: SanitizedText =
        "\(identity.path) again holds what was saved of it on \(SanitizedText(utc: stored.record.time))"
      context.stdout.writeLine(heading.styled(.green, if: context.outputCapabilities.hasColor))
      let lines = stored.balance.lines(brought: "brought back") + choice.warnings
      for line in lines { context.stdout.writeLine(line) }
      context.stdout.writeLine(
        "  proven        \(SanitizedText(exactBytes: outcome.byteCount)) read back past every cache, all equal"
      )
      for text in unproven { context.stdout.writeLine("  not proven    \(text)") }
      if !outcome.partitionsPublished {
        context.stdout.writeLine(
          "  note          the kernel has not read the old table: unplug it and plug it in again")
      }
    }
    if let failure = context.stdout.failure, failure != .brokenPipe {
      _ = context.report(.outputFailed(failure))
    }
    return .done
  }
}

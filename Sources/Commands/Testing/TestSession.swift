import BlockIO
import DeviceProbe
import DeviceSafety
import Documents
import ImageSource
import Sandbox
import SystemPackage
import Terminal
import UndoStore
import Writer

/// One test from end to end; what writes goes through the same gate as a write.
struct TestSession {
  let order: TestOrder
  let context: Context

  /// Carries the order out.
  func run() async -> ExitStatus {
    do throws(Refusal) {
      return conclude(try await order.mode == .readOnly ? readAll() : carryOut())
    } catch {
      let result = order.isJSON ? TestEvent.failed(order, error.diagnostic) : nil
      return context.report(error.diagnostic, json: result)
    }
  }

  // MARK: Writing

  private func carryOut() async throws(Refusal) -> TestOutcome {
    // Before the target is opened, so that nothing that happens to it from then on is missed.
    let hotPlug = context.hotPlug()
    let pending = try openTarget()
    let identity = pending.identity
    let impossible = pending.impossible
    let plan = try plan(pending)
    let places = TestPlaces(of: plan, seed: order.seed)
    if order.mode == .quick, places.marks.isEmpty {
      throw Refusal(diagnostic: Diagnostic(.tooSmall, order.names, signal: nil))
    }
    let confirmation = try confirm(
      ConsentQuestion(
        context: context, target: order.target, consent: pending.consent,
        watch: TargetWatch(identity, hotPlug)),
      TestBriefing(
        order: order, identity: identity, disk: pending.disk, assessment: pending.assessment,
        impossible: impossible, places: places))
    // R33: up to here nothing has been written. A signal may have come while the last answer was read.
    if Task.isCancelled { throw Refusal(diagnostic: .cancelled(by: context.stopSignal())) }
    let undo = order.savesUndo ? try await save(places, of: pending, plan) : nil
    let approved: ApprovedTarget
    do throws(GateError) { approved = try pending.approve(confirming: confirmation) } catch {
      throw Refusal(diagnostic: Diagnostic(error, target: order.target))
    }
    if order.isJSON { context.stdout.writeLine(TestEvent.start(order, identity, places, impossible).line) }
    // R47: as before a write, everything that is needed is open, and nothing is started any more.
    let writer = context.confineWriter(
      WriterConfinement.Exceptions(keepsConnections: !impossible.isEmpty))
    let kernel = KernelWitness(of: identity, in: context)
    var report = try await test(approved, plan, places, undo)
    let witnessed = context.standstill.texts + (kernel?.texts() ?? [])
    if !impossible.isEmpty, case .disk(let number) = identity.kind {
      report.partitionsPublished = context.rescan(identity.path, number)
    }
    Self.settle(undo, report.state)
    return TestOutcome(
      order: order, path: identity.path, id: identity.id, name: identity.name, report: report,
      signal: context.stopSignal(), unproven: impossible.map(\.text) + writer.unproven,
      canUndo: undo != nil, witnessed: witnessed)
  }

  /// Notes that everything is as it was before, where it is: later the record would bring back what is old by then.
  static func settle(_ undo: SavedUndo?, _ state: TestedState) {
    // Where that cannot be noted, the record is offered once more.
    if [.restored, .untouched].contains(state) { try? undo?.journal.didRestore() }
  }

  private func openTarget() throws(Refusal) -> PendingTarget {
    let gate = TargetGate(
      broker: context.broker, snapshot: { [order, context] in order.snapshot(in: context) },
      contents: context.contents)
    do throws(GateError) {
      return try gate.open(TargetArgument(parsing: order.target), order.request)
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: order.target)) }
  }

  /// What is written where: the plan of an image that is as large as the medium.
  private func plan(_ pending: borrowing PendingTarget) throws(Refusal) -> WritePlan {
    let stale: [Range<UInt64>]
    do throws(GateError) { stale = try pending.staleSignatures() } catch {
      throw Refusal(diagnostic: Diagnostic(error, target: order.target))
    }
    do throws(WritePlanError) {
      return try WritePlan(
        imageLength: .unknown, geometry: pending.identity.geometry, staleSignatures: stale, digest: .none)
    } catch { throw Refusal(diagnostic: Diagnostic(error, order.names)) }
  }

  private func confirm(
    _ question: ConsentQuestion, _ briefing: TestBriefing
  ) throws(Refusal) -> Confirmation {
    guard order.isYes else {
      return try question.asked(briefing.purpose) { briefing.lines(for: $0) }
    }
    let confirmation = try question.assumed(confirmed: order.confirmed, serial: order.serial)
    if !order.isQuiet, !order.isJSON {
      for line in briefing.lines(for: context.outputCapabilities) { context.stdout.writeLine(line) }
    }
    return confirmation
  }

  /// Saves the places that are marked, for `burin undo`, if they cannot be put back.
  func save(
    _ places: TestPlaces, of pending: borrowing PendingTarget, _ plan: WritePlan
  ) async throws(Refusal) -> SavedUndo {
    let store = try context.undo.store()
    let written = ByteRanges(places.written)
    let record = UndoRecord(
      id: "",
      disk: DiskFingerprint(of: pending.identity, disk: pending.disk, bootID: context.undo.bootID),
      time: context.undo.time(), image: "burin test --quick", writtenByteCount: 0, erased: written,
      table: pending.contents?.table.rawValue ?? "unknown", partitions: [])
    let wish = UndoWish(
      capacity: plan.capacity, alignment: UInt64(plan.blockSize), written: 0, erased: written, partitions: [],
      limit: .standard)
    do throws(UndoError) {
      let (saved, journal) = try store.save(record, wish, from: pending, isPassing: true)
      return SavedUndo(record: saved, journal: journal)
    } catch {
      throw Refusal(
        diagnostic: Diagnostic(saving: error, target: order.target, signal: context.stopSignal()))
    }
  }

  private func test(
    _ approved: consuming ApprovedTarget, _ plan: WritePlan, _ places: TestPlaces, _ undo: SavedUndo?
  ) async throws(Refusal) -> TestReport {
    context.standstill.begin()
    let meter = ProgressMeter()
    // The box lets the closure, which may not consume what it captures, hand the target over.
    let box = OnceBox(approved)
    let report = await ProgressReporter.showing(meter, in: context, as: form) { () async -> TestReport? in
      guard let target = box.take() else { return nil }
      return order.mode == .quick
        ? await MediumTester.testQuickly(target, plan: plan, places: places, journal: undo, progress: meter)
        : await MediumTester.testAll(of: target, plan: plan, progress: meter)
    }
    guard let report else {
      throw Refusal(diagnostic: .internalError("the target was handed over twice"))
    }
    return report
  }

  private var form: ProgressReporter.Form { order.isJSON ? .json : order.isQuiet ? .none : .text }

  // MARK: Reading

  private func readAll() async throws(Refusal) -> TestOutcome {
    let found: TargetLookup
    do throws(GateError) {
      found = try TargetLookup(TargetArgument(parsing: order.target), in: context.snapshot([], nil))
      guard found.geometry.byteCount > 0 else { throw .noMedium(path: found.path) }
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: order.target)) }
    let medium: MediumReader
    do throws(VerifyError) {
      medium = try MediumReader(
        opening: found.path, expecting: found.disk?.number, diskSequence: found.disk?.diskSequence)
    } catch {
      throw Refusal(diagnostic: Diagnostic(error, order.names, signal: context.stopSignal()))
    }
    let meter = ProgressMeter()
    let box = OnceBox(medium)
    let report = await ProgressReporter.showing(meter, in: context, as: form) { () async -> TestReport? in
      guard let medium = box.take() else { return nil }
      return await MediumTester.readAll(of: medium, progress: meter)
    }
    guard let report else {
      throw Refusal(diagnostic: .internalError("the medium was handed over twice"))
    }
    return TestOutcome(
      order: order, path: found.path, id: found.id, name: found.disk?.nameText.untranslated ?? "",
      report: report,
      signal: context.stopSignal(), unproven: [], canUndo: false)
  }

  // MARK: Telling

  private func conclude(_ outcome: TestOutcome) -> ExitStatus {
    if order.isJSON {
      context.stdout.writeLine(outcome.json.line)
    } else if !order.isQuiet {
      for line in outcome.lines(for: context.outputCapabilities) { context.stdout.writeLine(line) }
    }
    if let diagnostic = outcome.diagnostic { return context.report(diagnostic) }
    if let failure = context.stdout.failure, failure != .brokenPipe {
      _ = context.report(.outputFailed(failure))
    }
    return .done
  }
}

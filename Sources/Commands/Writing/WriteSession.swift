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
import UndoStore
import Writer

/// What commands that write to one disk have in common: what is told and asked around what gate and writer do.
struct WriteSession {
  let order: WriteOrder
  let context: Context

  /// Who hears of a write besides the stick, and what explains where one fails.
  struct Witnesses {
    let undo: SavedUndo?
    /// How far the run comes, for `burin resume`.
    let run: NotedRun?
    let listeners: PassListeners
    /// What is known of the image; nil where it is none that somebody gave.
    let image: ImageReport?
    /// Who hears what the kernel says of the disk.
    let kernel: KernelWitness?

    init(
      _ undo: SavedUndo?, _ listeners: PassListeners, _ image: ImageReport?, _ kernel: KernelWitness?,
      run: NotedRun? = nil
    ) {
      (self.undo, self.run, self.listeners, self.image, self.kernel) = (undo, run, listeners, image, kernel)
    }

    /// What the kernel has said, and that the run stood still, where the disk is why a write failed.
    func texts(_ error: WriteError, _ standstill: Standstill) -> [SanitizedText] {
      switch error {
      case .device, .stalled, .identity, .mismatch, .overrun, .fakeCapacity:
        standstill.texts + (kernel?.texts() ?? [])
      case .image, .tooLarge, .trust, .map, .journal, .cancelled: []
      }
    }

    /// Both that are told beforehand what changes.
    var notes: WriteNotes { WriteNotes(undo: undo, run: run) }
  }

  /// Gets the person's word, and shows the briefing in any case.
  /// - Parameter purpose: what typing the ID does.
  func confirm(
    _ question: ConsentQuestion, _ purpose: SanitizedText, _ briefing: (Capabilities) -> [SanitizedText]
  ) throws(Refusal) -> Confirmation {
    guard order.isYes else { return try question.asked(purpose, after: briefing) }
    let confirmation = try question.assumed(confirmed: order.confirmed, serial: order.serial)
    if !order.isQuiet, !order.isJSON {
      for line in briefing(context.outputCapabilities) { context.stdout.writeLine(line) }
    }
    return confirmation
  }

  /// The gate opens, locks and checks the target; it is held until the end of the run.
  func openTarget() throws(Refusal) -> PendingTarget {
    let gate = TargetGate(
      broker: context.broker, snapshot: { [order, context] in order.snapshot(in: context) },
      contents: context.contents)
    do throws(GateError) {
      return try gate.open(TargetArgument(parsing: order.target), order.request)
    } catch { throw order.refusal(error, signal: context.stopSignal()) }
  }

  /// The signatures that tools would still find on the target; they are zeroed first.
  func staleSignatures(_ pending: borrowing PendingTarget) throws(Refusal) -> [Range<UInt64>] {
    do throws(GateError) { return try pending.staleSignatures() } catch {
      throw order.refusal(error, signal: context.stopSignal())
    }
  }

  /// What is on the disk that is held open, for the question.
  static func describe(_ disk: BlockDevice?, _ assessment: Assessment) -> DeviceEntry? {
    disk.map { DeviceEntry($0, in: DeviceSnapshot(devices: [$0]), assessment: assessment) }
  }

  /// Carries a plan out, with progress; the target is let go at its end.
  func write(
    _ image: any ImageSource, _ plan: WritePlan, _ approved: consuming ApprovedTarget,
    _ witnesses: Witnesses, _ aftercare: Aftercare
  ) async throws(Refusal) -> WriteReport {
    context.standstill.begin()
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
            image, plan: plan, to: target, journal: witnesses.notes, listeners: witnesses.listeners,
            aftercare: aftercare,
            progress: meter))
      } catch { return .failure(error) }
    }
    switch result {
    case nil: throw Refusal(diagnostic: .internalError("the target was handed over twice"))
    case .success(let report)?: return report
    case .failure(let failure)?:
      throw Refusal(diagnostic: diagnostic(failure, witnesses))
    }
  }

  /// Words for a write that failed; what was noted before is told that it is over.
  func diagnostic(_ failure: WriteFailure, _ witnesses: Witnesses) -> Diagnostic {
    witnesses.notes.didStop()
    return Diagnostic(
      failure, order.names, signal: context.stopSignal(),
      undo: witnesses.undo?.sentence(target: order.target), image: witnesses.image,
      stale: witnesses.undo.flatMap { staleText(failure, $0) }, canResume: witnesses.run?.canResume == true
    ).adding(because: witnesses.texts(failure.error, context.standstill))
  }
}

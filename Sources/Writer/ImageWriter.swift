import BlockIO
public import DeviceSafety
public import ImageSource
public import ImageTrust
import Synchronization

/// Writes an image onto approved targets and proves that it is there.
public enum ImageWriter {
  /// Carries out a plan.
  ///
  /// Cancelling the task stops the run at the next piece. Every way out but success leaves the first MiB
  /// zero, as far as the device still answers.
  /// - Parameters:
  ///   - image: the image, which is read once.
  ///   - plan: what is written where, made for this image and this target.
  ///   - target: the disk that somebody has approved; it is closed when the run ends.
  ///   - journal: who is told beforehand what changes; nobody if nil.
  ///   - listeners: who judges signatures over the image while it is read.
  ///   - aftercare: what is done with the target when everything is proven.
  ///   - progress: who is told how far it is.
  /// - Throws: ``WriteFailure`` with the cause and the state of the medium.
  public static func write(
    _ image: any ImageSource, plan: WritePlan, to target: consuming ApprovedTarget,
    journal: (any WriteJournal)? = nil, listeners: PassListeners = PassListeners(),
    aftercare: Aftercare = Aftercare(), progress: ProgressMeter
  ) async throws(WriteFailure) -> WriteReport {
    let target = WriteTarget(
      target, plan: plan, journal: journal, aftercare: aftercare, progress: progress)
    let result = Mutex<Result<WriteReport, WriteFailure>?>(nil)
    await write(image, to: [target], listeners: listeners) { _, found in result.withLock { $0 = found } }
    guard let found = result.withLock(\.self) else { preconditionFailure("a run without a result") }
    return try found.get()
  }

  /// Carries out the plans of several targets in one pass over the image: it is read, decoded and hashed once.
  ///
  /// Each target has its own result. One that fails or stalls is left behind, and the others are finished.
  /// - Parameters:
  ///   - image: the image, which is read once.
  ///   - begun: the pass over it, where that has begun, for the claims of the plans.
  ///   - targets: each of them is let go as soon as its own run ends.
  ///   - listeners: who judges signatures over the image while it is read.
  ///   - finished: told the index of each target and its result when it is let go, on any thread.
  public static func write(
    _ image: any ImageSource, begun: BegunPass? = nil, to targets: [WriteTarget],
    listeners: PassListeners = PassListeners(),
    finished: @escaping @Sendable (Int, Result<WriteReport, WriteFailure>) -> Void
  ) async {
    let pass = ImagePass(
      image, begun: begun, for: targets.map { ($0.plan, $0.progress) }, listeners: listeners)
    await pass.run { index, intake in
      finished(index, await targets[index].carryOut(image, from: intake))
    }
  }
}

/// An approved target, and what is to come onto it.
public final class WriteTarget: Sendable {
  let plan: WritePlan
  let progress: ProgressMeter
  private let journal: (any WriteJournal)?
  private let aftercare: Aftercare
  private let held: Mutex<HeldTarget?>

  /// Takes a target over.
  /// - Parameters:
  ///   - target: the disk that somebody has approved.
  ///   - plan: what is written where, made for the image and this target.
  ///   - journal: who is told beforehand what changes; nobody if nil.
  ///   - aftercare: what is done with the target when everything is proven.
  ///   - progress: who is told how far it is.
  public init(
    _ target: consuming ApprovedTarget, plan: WritePlan, journal: (any WriteJournal)? = nil,
    aftercare: Aftercare = Aftercare(), progress: ProgressMeter
  ) {
    self.plan = plan
    self.journal = journal
    self.aftercare = aftercare
    self.progress = progress
    held = Mutex(HeldTarget(target))
  }

  /// Writes the target, which is let go in the end.
  func carryOut(
    _ image: any ImageSource, from intake: Intake
  ) async -> Result<WriteReport, WriteFailure> {
    guard let held = held.withLock({ $0.take() }) else { preconditionFailure("a target is written once") }
    let run = WriteRun(image: image, plan: plan, medium: held, progress: progress, journal: journal)
    do throws(WriteFailure) {
      var report = try await run.execute(from: intake)
      held.lend { [report] (target: borrowing ApprovedTarget) in aftercare.whenProven(target, report) }
      do throws(SystemCallError) { try held.finish() } catch { report.partitionsPublished = false }
      held.lend(to: aftercare.whenDone)
      progress.begin(.done)
      return .success(report)
    } catch { return .failure(error) }
  }
}

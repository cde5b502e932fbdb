import BlockIO
public import DeviceSafety
public import ImageSource
public import ImageTrust

/// Writes an image onto an approved target and proves that it is there.
public enum ImageWriter {
  /// Carries out a plan.
  ///
  /// Cancelling the task stops the run at the next piece. Every way out but success leaves the first MiB
  /// zero, as far as the device still answers.
  /// - Parameters:
  ///   - journal: who is told beforehand what changes; nobody if nil.
  ///   - listeners: who judges signatures over the image while it is read.
  /// - Throws: ``WriteFailure`` with the cause and the state of the medium.
  public static func write(
    _ image: any ImageSource, plan: WritePlan, to target: consuming ApprovedTarget,
    journal: (any WriteJournal)? = nil, listeners: PassListeners = PassListeners(), progress: ProgressMeter
  ) async throws(WriteFailure) -> WriteReport {
    let held = HeldTarget(target)
    let run = WriteRun(
      image: image, plan: plan, medium: held, progress: progress, journal: journal,
      listeners: listeners)
    var report = try await run.execute()
    do throws(SystemCallError) { try held.finish() } catch { report.partitionsPublished = false }
    progress.begin(.done)
    return report
  }
}

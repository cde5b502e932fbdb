import DeviceProbe
import DeviceSafety
import UndoStore
import Writer

/// What somebody wants to be resumed, as the command line says it.
struct ResumeOrder: Hashable {
  /// The target as it was given.
  var target: String
  /// What the rules may overlook, said anew.
  var request: SafetyRequest
  /// `--yes`.
  var isYes: Bool
  /// `--confirm`.
  var confirmed: String?
  /// `--confirm-serial`.
  var serial: String?
  /// `--receipt`.
  var receipt: String?
  /// Whether `burin history` is to know of it.
  var keepsHistory = true
  /// `--quiet`.
  var isQuiet: Bool
  /// `--json`.
  var isJSON: Bool

  /// The write that goes on: the same image and the same choices for it, over what is there.
  ///
  /// Its gate and its question are passed anew, as those of any other (R8).
  func writeOrder(in context: Context) throws(Refusal) -> WriteOrder {
    let (stored, isByContent) = try choose(in: context)
    guard let noted = InterruptedOrder(parsing: stored.run.order) else {
      throw Refusal(diagnostic: .resumeNoteUnusable(target))
    }
    guard noted.hasSameFile else {
      throw Refusal(diagnostic: .resumeImageChanged(noted.image, target: target))
    }
    let options = noted.options
    return WriteOrder(
      image: noted.image, member: options.member, target: target, request: request, isYes: isYes,
      confirmed: confirmed, serial: serial, digest: options.digest, trust: options.trust,
      map: options.map,
      allowsDamaged: options.allowsDamaged, allowsPacked: options.allowsPacked,
      // The places of the first run's marks, so that none of them stays; that a fake is tolerated is to be said anew.
      probing: CapacityProbing(seed: options.probing.seed, toleratesFake: false),
      // A record is brought back onto its own disk alone, and this one cannot be known as that by its number.
      undo: stored.run.undo == nil || isByContent ? nil : .standard,
      receipt: receipt, keepsHistory: keepsHistory, isQuiet: isQuiet, isJSON: isJSON,
      ejects: options.ejects, powersOff: options.powersOff,
      fixesTable: options.fixesTable, isDelta: true,
      verify: options.verify, resumed: stored, isResumedByContent: isByContent)
  }

  /// The newest run that was begun on the disk, if it is still interrupted; where none is known of it, one on a disk
  /// that looks the same and has no number of its own, which what is on it has to confirm.
  private func choose(in context: Context) throws(Refusal) -> (run: StoredRun, isByContent: Bool) {
    let store = try context.undo.store()
    let lookup: TargetLookup
    do throws(GateError) {
      lookup = try TargetLookup(
        TargetArgument(parsing: target), in: context.snapshot(context.undo.anchors, nil), request)
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: target)) }
    let runs: [LatestRun]
    do throws(UndoError) { runs = try store.latestRuns() } catch {
      throw Refusal(diagnostic: Diagnostic(stateDirectory: error))
    }
    let disk = DiskFingerprint(of: lookup, bootID: context.undo.bootID)
    let newest = runs.first { disk.map($0.stored.run.disk.isSameDisk) == true }
    if let newest, newest.isInterrupted { return (newest.stored, false) }
    let interrupted = runs.filter(\.isInterrupted).map(\.stored)
    let twin = interrupted.first {
      !$0.run.disk.hasNumberOfItsOwn && disk.map($0.run.disk.looksLike) == true
    }
    guard newest == nil, let twin else {
      throw Refusal(diagnostic: .nothingToResume(target, others: interrupted.count))
    }
    return (twin, true)
  }
}

extension DeviceSnapshot {
  /// Another disk that looks the same as one that was noted, unless the plug-in itself tells them apart.
  /// - Parameter found: the disk that it is taken for.
  func twin(of noted: DiskFingerprint, at found: DiskFingerprint, bootID: String) -> BlockDevice? {
    guard !noted.isSamePlugIn(as: found) else { return nil }
    return devices.first {
      $0.isWholeDisk && $0.path != found.path
        && DiskFingerprint(of: $0, bootID: bootID)?.looksLike(noted) == true
    }
  }
}

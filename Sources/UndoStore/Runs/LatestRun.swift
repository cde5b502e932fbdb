/// The newest run that was begun on a disk, and what has become of it since.
public struct LatestRun: Hashable, Sendable {
  /// The run as it was noted.
  public let stored: StoredRun
  /// Whether it did not come to its end, can be gone on with, and what it left is not known to be gone from its disk.
  public let isInterrupted: Bool
  /// Whether a running process is at it.
  public let isRunning: Bool
  /// How far it came at most, in bytes, and never beyond what it was to write.
  public let upTo: UInt64

  /// Weighs a run against what is saved.
  init(_ stored: StoredRun, _ records: [StoredRecord], isRunning: Bool) {
    self.stored = stored
    self.isRunning = isRunning
    let (run, upTo) = (stored.run, stored.progress.upTo)
    let own = records.first { $0.id == run.undo }
    let isSettled = own?.progress.stage == .completed || own?.progress.stage == .restored
    isInterrupted =
      stored.isInterrupted && !run.order.isEmpty && !isSettled
      && !records.contains {
        $0.record.number > run.number && $0.overwrites && $0.record.disk.isSameDisk(as: run.disk)
      }
    // The journal's bound grows by leaps; where the image's length was unknown, the record has the whole disk.
    self.upTo = min(upTo, own?.record.writtenByteCount ?? .max, run.disk.byteCount)
  }
}

extension UndoStore {
  /// The newest run of each disk that was begun, the newest first.
  ///
  /// That a run was undone is noted with it. That it came to its end in one that was not noted, and that a command
  /// which notes no run has written to its disk since, is seen by the records: their numbers tell which are newer, as
  /// what the clock said is no order. One that somebody stopped undoing can still be undone, and be gone on with.
  public func latestRuns() throws(UndoError) -> [LatestRun] {
    let latest = newestRuns(in: try runs())
    let records = try records().records
    return latest.map { LatestRun($0, records, isRunning: isHeld($0)) }
  }

  /// The newest of each disk that was begun, out of all runs, the newest first.
  ///
  /// One that could not be gone on with, and was undone, is as if it had not been: what was left there before is there
  /// again.
  func newestRuns(in runs: [StoredRun]) -> [StoredRun] {
    var latest: [StoredRun] = []
    for stored in runs where stored.progress.stage != .saved && !stored.isUndoneWithoutOrder {
      guard !latest.contains(where: { $0.run.disk.isSameDisk(as: stored.run.disk) }) else { continue }
      latest.append(stored)
    }
    return latest
  }
}

extension StoredRun {
  /// Whether what was saved before it is back, and it says nothing of how to go on.
  fileprivate var isUndoneWithoutOrder: Bool {
    progress.stage == .restored && run.undo != nil && run.order.isEmpty
  }
}

extension StoredRecord {
  /// Whether its write was begun and not undone, and was more than the marks of a test, which destroy no image.
  fileprivate var overwrites: Bool {
    switch progress.stage {
    case .begun, .stopped, .completed: record.writtenByteCount > 0
    case .saved, .restored: false
    }
  }
}

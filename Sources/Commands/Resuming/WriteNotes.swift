import BlockIO
import DeviceProbe
import Documents
import ImageInspector
import Terminal
import UndoStore
import Writer

/// A run that was noted before it begins.
struct NotedRun: Sendable {
  /// How far it comes.
  let journal: UndoJournal
  /// Whether `burin resume` can go on with it.
  let canResume: Bool
}

/// Who is told what a write is about to change: the record for `burin undo`, and the note for `burin resume`.
struct WriteNotes: WriteJournal {
  let undo: SavedUndo?
  /// How far the run came; an extra: a write is what it is, whether or not this can be noted.
  let run: NotedRun?

  func willBegin() throws(SystemCallError) {
    try undo?.willBegin()
    try? run?.journal.willBegin()
  }

  func willWrite(upTo end: UInt64) throws(SystemCallError) {
    try undo?.willWrite(upTo: end)
    try? run?.journal.willWrite(upTo: end)
  }

  func didComplete(upTo end: UInt64) throws(SystemCallError) {
    try? run?.journal.didComplete(upTo: end)
    try undo?.didComplete(upTo: end)
  }

  /// The run is over before its time.
  func didStop() {
    undo?.didStop()
    try? run?.journal.didStop()
  }
}

extension WriteSession {
  /// Notes what is about to begin, so that it can be resumed, and that what came before it no longer can; nothing has
  /// been written to the target yet.
  /// - Returns: nil where nothing is to be noted or can be.
  func noteRun(
    _ image: OpenedImage, _ report: ImageReport, _ disk: DiskFingerprint, _ entry: DeviceEntry?,
    _ undo: SavedUndo?
  ) -> NotedRun? {
    guard let store = try? context.undo.store() else { return nil }
    guard self.order.keepsHistory else {
      // The run that is gone on with ends with this one, or is interrupted anew.
      return self.order.resumed.flatMap { store.resume(run: $0.run.id) }
        .map { NotedRun(journal: $0, canResume: true) }
    }
    // It may be gone on with from another directory.
    var order = order
    order.trust.keyrings = order.trust.keyrings.map(PlanCommand.absolute)
    var options = PlannedOptions(order, image.map, for: entry, report)
    if case .file(let path) = options.map { options.map = .file(PlanCommand.absolute(path)) }
    let interrupted = InterruptedOrder(order, image, options)
    let run = RunRecord(
      disk: disk, time: context.undo.time(), image: interrupted?.image ?? order.image,
      undo: undo?.record.id, order: interrupted.map { Array($0.json.line.string.utf8) } ?? [])
    guard let journal = try? store.begin(run) else { return nil }
    return NotedRun(journal: journal, canResume: interrupted != nil)
  }

  /// Refuses what is held open where it is not the disk that a run was interrupted on, or another one could be it.
  func requireInterrupted(on disk: DiskFingerprint) throws(Refusal) {
    guard let resumed = order.resumed else { return }
    let noted = resumed.run.disk
    guard order.isResumedByContent ? noted.looksLike(disk) : noted.isSameDisk(as: disk) else {
      throw Refusal(diagnostic: .nothingToResume(order.target, others: 1))
    }
    let snapshot = order.snapshot(in: context)
    if let twin = snapshot.twin(of: resumed.run.disk, at: disk, bootID: context.undo.bootID) {
      throw Refusal(diagnostic: .ambiguousResume(order.target, other: twin.path))
    }
  }

  /// Goes on with what was saved before the run that is resumed: what is on the disk now was never its content.
  /// - Returns: nil where nothing is resumed, and where that cannot be gone on with.
  func continuedUndo() -> SavedUndo? {
    guard !order.isResumedByContent, let id = order.resumed?.run.undo, let store = try? context.undo.store(),
      let (record, journal) = store.resume(id)
    else { return nil }
    return SavedUndo(record: record, journal: journal)
  }
}

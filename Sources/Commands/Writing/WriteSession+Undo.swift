import BlockIO
import DeviceProbe
import DeviceSafety
import Terminal
import UndoStore
import Writer

/// What was saved before a write, and how far the write came since.
struct SavedUndo: WriteJournal {
  let record: UndoRecord
  let journal: UndoJournal

  /// What undoing would bring back, in JSON.
  var json: JSONValue {
    [
      "record": JSONValue(record.id), "unreadable": record.unreadable.json, "balance": balance.json,
    ]
  }

  /// What undoing brings back, for the words about a write that failed.
  func sentence(target: String) -> SanitizedText { balance.sentence(command: "burin undo \(target)") }

  /// What undoing the write would bring back now.
  var balance: UndoBalance { UndoBalance(record, journal.progress) }
}

extension SavedUndo {
  func willBegin() throws(SystemCallError) { try journal.willBegin() }
  func willWrite(upTo end: UInt64) throws(SystemCallError) { try journal.willWrite(upTo: end) }
  func didComplete(upTo end: UInt64) throws(SystemCallError) { try journal.didComplete(upTo: end) }

  /// The run is over before its time.
  func didStop() {
    // Where that cannot be noted, the note before it claims more, not less.
    try? journal.didStop()
  }
}

extension UndoWish {
  /// What a plan is about to destroy; of an image whose length is not known, all that it could.
  init(_ plan: WritePlan, _ partitions: [UndoRecord.Partition], _ limit: UndoLimit) {
    self.init(
      capacity: plan.capacity, alignment: UInt64(plan.blockSize), written: plan.largestWrittenByteCount,
      erased: ByteRanges(plan.erasedRanges), partitions: partitions, limit: limit)
  }
}

extension WriteSession {
  /// Saves what is about to be lost; from here on it lasts, and nothing has been written to the target yet.
  /// - Returns: nil where nothing was to be saved.
  func saveUndo(
    _ pending: borrowing PendingTarget, _ plan: WritePlan, _ contents: Contents?
  ) async throws(Refusal) -> SavedUndo? {
    guard let limit = order.undo else { return nil }
    let store = try context.undo.store()
    let partitions = (contents?.partitions ?? []).compactMap(UndoRecord.Partition.init)
    let record = UndoRecord(
      id: "",
      disk: DiskFingerprint(of: pending.identity, disk: pending.disk, bootID: context.undo.bootID),
      time: context.undo.time(), image: order.image, writtenByteCount: plan.largestWrittenByteCount,
      erased: ByteRanges(plan.erasedRanges), table: contents?.table.rawValue ?? "unknown",
      partitions: partitions)
    let wish = UndoWish(plan, partitions, limit)
    let meter = ProgressMeter()
    meter.begin(.saving, total: wish.byteCount)
    let form: ProgressReporter.Form = order.isQuiet || order.isJSON ? .none : .text
    let result = await ProgressReporter.showing(meter, in: context, as: form) {
      () async -> Result<(UndoRecord, UndoJournal), UndoError> in
      do throws(UndoError) {
        let saved = try store.save(record, wish, from: pending) { meter.advance(by: $0) }
        meter.begin(.done)
        return .success(saved)
      } catch { return .failure(error) }
    }
    switch result {
    case .success((let record, let journal)): return SavedUndo(record: record, journal: journal)
    case .failure(let error):
      throw Refusal(
        diagnostic: Diagnostic(saving: error, target: order.target, signal: context.stopSignal()))
    }
  }
}

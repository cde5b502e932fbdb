import BlockIO
import DeviceProbe
import DeviceSafety
import Documents
import ImageSource
import Terminal
import UndoStore
import Writer

/// What was saved before a write, and how far the write came since.
struct SavedUndo: WriteJournal {
  let record: UndoRecord
  let journal: UndoJournal
  /// Whether what was saved is what an interrupted write had left, since what was saved before that is gone.
  var isHalfWritten = false

  /// What undoing would bring back, in JSON.
  var json: JSONValue {
    [
      "record": JSONValue(record.id), "unreadable": record.unreadable.json, "balance": balance.json,
    ]
  }

  /// What undoing brings back, for the words about a write that failed.
  func sentence(target: String) -> SanitizedText {
    balance.sentence(command: "burin undo \(ShellWord.quoted(target))")
  }

  /// What undoing brings back, for the report; that nothing was saved, where nothing was.
  static func text(_ undo: SavedUndo?, id: String) -> SanitizedText {
    guard let undo else { return "nothing was saved, so nothing comes back" }
    let unreadable = undo.record.unreadable.byteCount
    let sentence = undo.balance.sentence(command: "burin undo \(ShellWord.quoted(id))")
    let text: SanitizedText =
      undo.isHalfWritten
      ? "what was there before the interrupted write is not saved any more, only what that left; " + sentence
      : sentence
    guard unreadable > 0 else { return text }
    return text + "; \(SanitizedText(size: unreadable)) could not be read when it was to be saved"
  }

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

/// What a plan is about to destroy.
struct UndoExtent: Hashable {
  /// How many bytes from the first on are overwritten at most.
  let written: UInt64
  /// What is overwritten besides, or whatever becomes of the rest, and is saved in any case.
  let always: ByteRanges

  /// Of an image, what is zeroed first in any case; where its length is not known, all of the rest that it could.
  init(_ plan: WritePlan) {
    written = plan.largestWrittenByteCount
    always = ByteRanges(plan.erasedRanges)
  }

  /// Of an image of which little is written, all of that.
  init(_ plan: WritePlan, savingAllOf layout: WriteLayout) {
    written = layout.unbrokenByteCount
    always = ByteRanges(
      plan.erasedRanges + [0..<UInt64(layout.headByteCount)] + Array(layout.bodyPieces))
  }
}

extension UndoWish {
  /// What is to be saved before a plan is carried out.
  init(
    _ plan: WritePlan, _ partitions: [UndoRecord.Partition], _ limit: UndoLimit, extent: UndoExtent? = nil
  ) {
    let extent = extent ?? UndoExtent(plan)
    self.init(
      capacity: plan.capacity, alignment: UInt64(plan.blockSize), written: extent.written,
      erased: extent.always, partitions: partitions, limit: limit.bounded(by: plan))
  }
}

extension UndoLimit {
  /// How far zeros are passed in search of data, where nobody knows how long the image is, in what is kept.
  private static let unknownLengthFactor: UInt64 = 8

  /// The same limit, with less to be read where the length of the image is not certain: otherwise all of a large and
  /// empty stick would be read for an image that may be small.
  func bounded(by plan: WritePlan) -> UndoLimit {
    guard plan.layout == nil else { return self }
    let (most, overflows) = keptByteCount.multipliedReportingOverflow(by: Self.unknownLengthFactor)
    let expected = plan.imageLength.byteCount ?? (overflows ? .max : most)
    // In whole blocks of any disk.
    let (edges, edge) = (expected / WritePlan.edgeByteCount, WritePlan.edgeByteCount)
    guard edges < plan.capacity / edge else { return self }
    var limit = self
    limit.scannedByteCount = min(scannedByteCount, (edges + 1) * edge)
    return limit
  }
}

extension WriteSession {
  /// Whether a medium that differs still holds what was saved of it: writes were lost then.
  func staleText(_ failure: WriteFailure, _ undo: SavedUndo) -> SanitizedText? {
    switch failure.error {
    case .mismatch(let differences), .overrun(let differences, _):
      guard let store = try? context.undo.store() else { return nil }
      let stale = differences.damage.staleBlockCount { store.savedBytes(of: undo.record, in: $0) }
      guard stale.count > 0 else { return nil }
      return
        "\(stale.count) of \(stale.known) blocks that were looked for hold what was there before: writes were lost"
    default: return nil
    }
  }

  /// What is saved before a plan is carried out; nil where nothing is.
  func undoSaving(
    _ disk: DiskFingerprint, _ extent: UndoExtent, _ plan: WritePlan, _ contents: Contents?
  ) throws(Refusal) -> UndoSaving? {
    if let undo = continuedUndo() { return .saved(undo) }
    guard let limit = order.undo else { return nil }
    let partitions = (contents?.partitions ?? []).compactMap(UndoRecord.Partition.init)
    let record = UndoRecord(
      id: "", disk: disk, time: context.undo.time(), image: order.image, writtenByteCount: extent.written,
      erased: extent.always, table: contents?.table.rawValue ?? "unknown", partitions: partitions)
    return .new(
      try context.undo.store(isPlanned: order.reviewed != nil), record,
      UndoWish(plan, partitions, limit, extent: extent), resumed: order.resumed?.run.id)
  }

  /// Saves what is about to be lost; from here on it lasts, and nothing has been written to the target yet.
  /// - Returns: nil where nothing was to be saved.
  func saveUndo(
    _ pending: borrowing PendingTarget, _ extent: UndoExtent, _ plan: WritePlan, _ contents: Contents?
  ) async throws(Refusal) -> SavedUndo? {
    let disk = DiskFingerprint(of: pending.identity, disk: pending.disk, bootID: context.undo.bootID)
    guard let saving = try undoSaving(disk, extent, plan, contents) else { return nil }
    let meter = ProgressMeter()
    let form: ProgressReporter.Form = order.isQuiet || order.isJSON ? .none : .text
    let result = await ProgressReporter.showing(meter, in: context, as: form) {
      saving.carryOut(from: pending, meter)
    }
    do throws(UndoError) { return try result.get() } catch { throw refusal(saving: error) }
  }

  /// Words for what could not be saved.
  func refusal(saving error: UndoError) -> Refusal {
    Refusal(
      diagnostic: Diagnostic(
        saving: error, target: order.target, signal: context.stopSignal(), isResumed: order.resumed != nil,
        isPlanned: order.reviewed != nil))
  }
}

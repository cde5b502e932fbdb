import BlockIO
import SystemPackage

/// Reads what is about to be lost, and keeps it; the disk is only ever read here.
public struct UndoSaver: ~Copyable {
  private let sink: any RecordSink
  private let path: String
  private let blockSize: Int
  private let advance: @Sendable (Int) -> Void
  private var record: UndoRecord
  private var end = RecordFormat.dataOffset
  private var kept: UInt64 = 0
  private var unreadable: [Range<UInt64>] = []
  private var buffer = AlignedBuffer(byteCount: Int(RecordFormat.largestPiece))

  /// What is looked at as a whole when zeros are left out, in bytes.
  private static let cell = 64 << 10
  /// How many unreadable places are taken for those of a worn-out disk; each costs seconds.
  private static let unreadableLimit = 64

  private init(
    _ record: UndoRecord, into sink: any RecordSink, path: String, advance: @escaping @Sendable (Int) -> Void
  ) {
    self.record = record
    self.sink = sink
    self.path = path
    self.advance = advance
    blockSize = max(4096, record.disk.logicalBlockSize)
  }

  /// Saves what is wished for; when this returns, it lasts.
  /// - Parameters:
  ///   - record: what is known of disk and image, without the pieces.
  ///   - path: the state directory, for messages.
  ///   - advance: told how many bytes of the disk have been looked at since it was told last.
  /// - Returns: the record with everything that was saved.
  /// - Throws: ``UndoError``; there is no record then.
  public static func save<Source: UndoSource & ~Copyable>(
    _ record: UndoRecord, _ wish: UndoWish, from source: borrowing Source, into sink: any RecordSink,
    path: String, advance: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws(UndoError) -> UndoRecord {
    var saver = UndoSaver(record, into: sink, path: path, advance: advance)
    for range in wish.structure.ranges { try saver.take(range, from: source, limit: .max) }
    saver.kept = 0
    for range in wish.data.ranges {
      try saver.take(range, from: source, limit: wish.limit.keptByteCount)
    }
    return try saver.finish()
  }

  private mutating func take<Source: UndoSource & ~Copyable>(
    _ range: Range<UInt64>, from source: borrowing Source, limit: UInt64
  ) throws(UndoError) {
    var offset = range.lowerBound
    while offset < range.upperBound {
      // One run of this step may have to be split at every second cell.
      guard kept < limit, record.pieces.count + buffer.byteCount / Self.cell < RecordFormat.pieceLimit else {
        return
      }
      guard !Task.isCancelled else { throw .cancelled }
      var count = Int(min(UInt64(buffer.byteCount), range.upperBound - offset))
      if limit - kept < UInt64(count) { count = min(count, max(Self.cell, Int(limit - kept))) }
      count = max(count - count % blockSize, min(count, blockSize))
      do throws(SystemCallError) {
        try read(0..<count, at: offset, from: source)
        try keep(0..<count, at: offset)
      } catch {
        guard error.call == "pread", error.isMediumTrouble else { throw failure(error, at: offset) }
        try takeBlocks(0..<count, at: offset, from: source)
      }
      offset += UInt64(count)
      advance(count)
    }
  }

  /// After an error the blocks one by one: those that can be read are saved, the others are lost anyway.
  private mutating func takeBlocks<Source: UndoSource & ~Copyable>(
    _ range: Range<Int>, at offset: UInt64, from source: borrowing Source
  ) throws(UndoError) {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: blockSize) {
      guard !Task.isCancelled else { throw .cancelled }
      let part = start..<min(start + blockSize, range.upperBound)
      let place = offset + UInt64(part.lowerBound - range.lowerBound)
      do throws(SystemCallError) {
        try read(part, at: place, from: source)
        try keep(part, at: place)
      } catch {
        guard error.call == "pread", error.isMediumTrouble else { throw failure(error, at: place) }
        unreadable.append(place..<(place + UInt64(part.count)))
        guard unreadable.count < Self.unreadableLimit else { throw .unreadable(ByteRanges(unreadable)) }
      }
    }
  }

  private func failure(_ error: SystemCallError, at offset: UInt64) -> UndoError {
    error.call == "pread" ? .disk(error, offset: offset) : .save(error, path: path)
  }

  private mutating func read<Source: UndoSource & ~Copyable>(
    _ range: Range<Int>, at offset: UInt64, from source: borrowing Source
  ) throws(SystemCallError) {
    let count = try source.read(at: offset, into: &buffer, range: range)
    // It ends before its size does, so that nothing on it can be trusted.
    guard count == range.count else { throw SystemCallError(call: "pread", errno: .noSuchAddressOrDevice) }
  }

  /// Writes the runs of a range of the buffer that are not zero, and notes all of them.
  private mutating func keep(_ range: Range<Int>, at offset: UInt64) throws(SystemCallError) {
    var start = range.lowerBound
    while start < range.upperBound {
      let isZero = buffer.isZero(start..<min(start + Self.cell, range.upperBound))
      var stop = start
      repeat {
        stop = min(stop + Self.cell, range.upperBound)
      } while stop < range.upperBound
        && buffer.isZero(stop..<min(stop + Self.cell, range.upperBound)) == isZero
      let place = (offset + UInt64(start - range.lowerBound))..<(offset + UInt64(stop - range.lowerBound))
      if isZero {
        noteZeros(place)
      } else {
        var digest = SHA256()
        digest.update(buffer.bytes.extracting(start..<stop))
        try sink.write(buffer, range: start..<stop, at: end)
        record.pieces.append(
          UndoRecord.Piece(range: place, content: .stored(at: end, sha256: digest.finish())))
        end += UInt64(place.count)
        kept += UInt64(place.count)
      }
      start = stop
    }
  }

  private mutating func noteZeros(_ place: Range<UInt64>) {
    if let last = record.pieces.last, last.content == .zeros, last.range.upperBound == place.lowerBound {
      record.pieces[record.pieces.count - 1].range = last.range.lowerBound..<place.upperBound
    } else {
      record.pieces.append(UndoRecord.Piece(range: place, content: .zeros))
    }
  }

  private mutating func finish() throws(UndoError) -> UndoRecord {
    record.pieces.sort { $0.range.lowerBound < $1.range.lowerBound }
    record.unreadable = ByteRanges(unreadable)
    let description = RecordFormat.description(of: record)
    let first = ProgressSlot(sequence: 1, progress: UndoProgress(stage: .saved, upTo: 0))
    do throws(SystemCallError) {
      try sink.write(description, at: end)
      try sink.write(
        RecordFormat.header(description: description, at: end), at: RecordFormat.headerOffset)
      try sink.write(first.bytes, at: 0)
      // The second slot gets its room now: later there may be none.
      try sink.write([UInt8](repeating: 0, count: ProgressSlot.byteCount), at: UInt64(ProgressSlot.byteCount))
      try sink.synchronize()
      guard !Task.isCancelled else { throw SystemCallError(call: "publish", errno: .canceled) }
      try sink.publish()
    } catch { throw error.errno == .canceled ? .cancelled : .save(error, path: path) }
    return record
  }
}

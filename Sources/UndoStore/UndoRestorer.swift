public import BlockIO
import DeviceSafety
import SystemPackage

/// A record's file as the restore reads it.
public protocol RecordSource: Sendable {
  /// The name of the record.
  var id: String { get }
  /// Reads from an offset of the file on until the range is full or the file ends.
  func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int
}

/// Brings a record back onto its disk, and proves that it is there.
///
/// As with a write, the disk cannot boot meanwhile: the first blocks are zeroed first, come back last, and only
/// after everything else has been read back.
public struct UndoRestorer: ~Copyable {
  private let record: UndoRecord
  private let source: any RecordSource
  private let pieces: [UndoRecord.Piece]
  private let advance: @Sendable (Int) -> Void
  private var buffer = AlignedBuffer(byteCount: Int(RecordFormat.largestPiece))
  private var found = AlignedBuffer(byteCount: Int(RecordFormat.largestPiece))

  /// The first blocks, which hold boot code and table, in bytes.
  private static let anchor: UInt64 = 64 << 10

  private init(
    _ record: UndoRecord, _ source: any RecordSource, changed: ByteRanges,
    advance: @escaping @Sendable (Int) -> Void
  ) {
    self.advance = advance
    self.record = record
    self.source = source
    // Long runs of zeros are brought back in steps like everything else.
    pieces = record.pieces.flatMap { piece -> [UndoRecord.Piece] in
      guard changed.overlaps(piece.range) else { return [] }
      guard piece.content == .zeros else { return [piece] }
      return stride(
        from: piece.range.lowerBound, to: piece.range.upperBound, by: Int(RecordFormat.largestPiece)
      ).compactMap { start in
        let end = min(start + RecordFormat.largestPiece, piece.range.upperBound)
        return changed.overlaps(start..<end) ? UndoRecord.Piece(range: start..<end, content: .zeros) : nil
      }
    }
  }

  /// Brings back what the write has changed and the record has saved.
  /// - Parameter changed: what the write has changed; runs of the record that it does not touch stay away.
  /// - Parameter advance: told of bytes that were written, and again when they were read back.
  /// - Returns: the number of bytes that were brought back, all read from the medium past every cache.
  /// - Throws: ``RestoreFailure``; what was brought back so far stays, and the restore can be begun anew.
  public static func restore<Medium: UndoMedium & ~Copyable>(
    _ record: UndoRecord, from source: any RecordSource, changed: ByteRanges, to medium: borrowing Medium,
    advance: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws(RestoreFailure) -> UInt64 {
    var restorer = UndoRestorer(record, source, changed: changed, advance: advance)
    do throws(RestoreError) {
      try restorer.recheck(medium)
      // A record that is damaged is found out before the disk is touched.
      for piece in restorer.pieces { try restorer.load(piece) }
    } catch { throw RestoreFailure(error: error, isUntouched: true) }
    do throws(RestoreError) {
      try restorer.write(to: medium)
    } catch {
      guard case .disk(let failure, let isReading, let offset) = error else {
        throw RestoreFailure(error: error, isUntouched: false)
      }
      let cause = RestoreError.disk(medium.cause(of: failure), isReading: isReading, offset: offset)
      throw RestoreFailure(error: cause, isUntouched: false)
    }
    return restorer.pieces.reduce(0) { $0 + UInt64($1.range.count) }
  }

  private func recheck<Medium: UndoMedium & ~Copyable>(_ medium: borrowing Medium) throws(RestoreError) {
    do throws(RecheckError) { try medium.recheck() } catch { throw .identity(error) }
  }

  private mutating func write<Medium: UndoMedium & ~Copyable>(
    to medium: borrowing Medium
  ) throws(RestoreError) {
    if let first = pieces.first, first.range.lowerBound == 0 {
      buffer.zero(0..<buffer.byteCount)
      try put(0..<min(Self.anchor, first.range.upperBound), from: 0, to: medium)
      try flush(medium)
    }
    for piece in pieces {
      try load(piece)
      let start = piece.range.lowerBound == 0 ? min(Self.anchor, piece.range.upperBound) : 0
      let rest = (piece.range.lowerBound + start)..<piece.range.upperBound
      if !rest.isEmpty { try put(rest, from: Int(start), to: medium) }
      advance(piece.range.count)
    }
    try flush(medium)
    for piece in pieces {
      try load(piece)
      let start = piece.range.lowerBound == 0 ? min(Self.anchor, piece.range.upperBound) : 0
      try compare((piece.range.lowerBound + start)..<piece.range.upperBound, with: Int(start), on: medium)
      advance(piece.range.count)
    }
    try recheck(medium)
    if let first = pieces.first, first.range.lowerBound == 0 {
      try load(first)
      let anchor = 0..<min(Self.anchor, first.range.upperBound)
      try put(anchor, from: 0, to: medium)
      try flush(medium)
      try compare(anchor, with: 0, on: medium)
    }
    try recheck(medium)
  }

  /// Fills the buffer with what was saved, if it is what was saved.
  private mutating func load(_ piece: UndoRecord.Piece) throws(RestoreError) {
    guard !Task.isCancelled else { throw .cancelled }
    let count = piece.range.count
    guard case .stored(let offset, let sha256) = piece.content else {
      buffer.zero(0..<count)
      return
    }
    let read: Int
    do throws(SystemCallError) { read = try source.read(at: offset, into: &buffer, range: 0..<count) } catch {
      throw .file(error, id: source.id)
    }
    var digest = SHA256()
    digest.update(buffer, count: count)
    guard read == count, digest.finish() == sha256 else { throw .damaged(.wrongDigest, id: source.id) }
  }

  private func put<Medium: UndoMedium & ~Copyable>(
    _ range: Range<UInt64>, from start: Int, to medium: borrowing Medium
  ) throws(RestoreError) {
    do throws(SystemCallError) {
      try medium.write(buffer, range: start..<(start + range.count), at: range.lowerBound)
    } catch { throw .disk(error, isReading: false, offset: range.lowerBound) }
  }

  private func flush<Medium: UndoMedium & ~Copyable>(_ medium: borrowing Medium) throws(RestoreError) {
    do throws(SystemCallError) { _ = try medium.flush() } catch {
      throw .disk(error, isReading: false, offset: nil)
    }
  }

  private mutating func compare<Medium: UndoMedium & ~Copyable>(
    _ range: Range<UInt64>, with start: Int, on medium: borrowing Medium
  ) throws(RestoreError) {
    guard !range.isEmpty else { return }
    let expected = start..<(start + range.count)
    let read: Int
    do throws(SystemCallError) {
      read = try medium.read(at: range.lowerBound, into: &found, range: expected)
    } catch { throw .disk(error, isReading: true, offset: range.lowerBound) }
    guard read == range.count, buffer.firstDifference(from: found, in: expected) == nil else {
      throw .mismatch(range)
    }
  }
}

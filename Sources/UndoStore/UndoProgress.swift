import BlockIO
import DiskFormats

/// How far the write came that a record was saved for; never behind what happened on the disk.
public struct UndoProgress: Hashable, Sendable {
  /// The stages of a write.
  public enum Stage: UInt8, Hashable, Sendable, CaseIterable {
    /// Saved; the first write to the disk was not yet allowed.
    case saved
    /// Writing was allowed up to a byte; how much of that happened is not known.
    case begun
    /// The write ended before its time, and nothing beyond a byte was touched.
    case stopped
    /// All of the image was written and proven.
    case completed
    /// The record was brought back.
    case restored
  }

  /// The stage.
  public var stage: Stage
  /// Bytes from the first on that the image may have overwritten.
  public var upTo: UInt64

  /// Creates a state.
  public init(stage: Stage, upTo: UInt64) {
    self.stage = stage
    self.upTo = upTo
  }

  /// The bytes of the disk that the write has changed, or may have.
  public func changed(by record: UndoRecord) -> ByteRanges {
    switch stage {
    case .saved: ByteRanges()
    case .begun, .stopped, .completed, .restored:
      record.erased.union(ByteRanges([0..<min(upTo, record.writtenByteCount)]))
    }
  }
}

/// One of the two places of a record's file in which the progress is kept in turn.
///
/// Whichever is torn by a power cut or damaged since, the other one holds a state that may have allowed less.
struct ProgressSlot: Hashable {
  /// Its size in the file in bytes: a block of any medium, so that one is not torn by a write to the other.
  static let byteCount = 4096
  /// How many there are.
  static let count = 2
  private static let magic = Array("BURINPRG".utf8)
  private static let digestOffset = 32

  /// Counts the changes; the greater one of both slots holds.
  var sequence: UInt64
  var progress: UndoProgress

  /// Where it goes in the file: never where the state before it is.
  var offset: UInt64 { (sequence &+ 1) % UInt64(Self.count) * UInt64(Self.byteCount) }

  /// The bytes of the slot.
  var bytes: [UInt8] {
    var writer = ByteWriter(count: Self.byteCount)
    writer.put(Self.magic, at: 0)
    writer.putLittleEndian(sequence, at: 8)
    writer.putLittleEndian(progress.upTo, at: 16)
    writer.putLittleEndian(progress.stage.rawValue, at: 24)
    writer.put(digest(of: writer.bytes[..<Self.digestOffset]), at: Self.digestOffset)
    return writer.bytes
  }

  init(sequence: UInt64, progress: UndoProgress) {
    self.sequence = sequence
    self.progress = progress
  }

  /// Reads a slot; nil where it was torn or never written.
  init?(parsing bytes: [UInt8]) {
    let reader = ByteReader(bytes)
    guard reader.has(Self.magic, at: 0), reader.contains(0, count: Self.byteCount) else { return nil }
    guard reader.has(digest(of: bytes[..<Self.digestOffset]), at: Self.digestOffset),
      let stage = UndoProgress.Stage(rawValue: bytes[24]),
      let sequence = try? reader.littleEndian(UInt64.self, at: 8),
      let upTo = try? reader.littleEndian(UInt64.self, at: 16)
    else { return nil }
    self.init(sequence: sequence, progress: UndoProgress(stage: stage, upTo: upTo))
  }

  /// The state that the slots at the beginning of a file hold together; nil where both are gone.
  ///
  /// One that cannot be read may have held a newer state: until it is over, the write then counts as begun, up to any
  /// byte. The next state that is noted goes there.
  static func newest(in file: [UInt8]) -> ProgressSlot? {
    let places = (0..<count).map { Array(file[($0 * byteCount)..<(($0 + 1) * byteCount)]) }
    let slots = places.map { ProgressSlot(parsing: $0) }
    guard let newest = slots.compactMap(\.self).max(by: { $0.sequence < $1.sequence }) else { return nil }
    let isComplete = zip(places, slots).allSatisfy { place, slot in
      slot != nil || place.allSatisfy { $0 == 0 }
    }
    switch newest.progress.stage {
    case .saved, .begun, .stopped:
      guard !isComplete else { return newest }
      return ProgressSlot(sequence: newest.sequence, progress: UndoProgress(stage: .begun, upTo: .max))
    // Nothing that comes later has changed more.
    case .completed, .restored: return newest
    }
  }
}

/// The SHA-256 of bytes.
func digest(of bytes: some Sequence<UInt8>) -> [UInt8] {
  var digest = SHA256()
  digest.update(Array(bytes).span)
  return digest.finish()
}

public import BlockIO

/// A record that was found in the state directory, and how far its write came.
public struct StoredRecord: Hashable, Sendable {
  /// The name of the file without its suffix.
  public let id: String
  /// What was saved.
  public let record: UndoRecord
  /// How far the write came.
  public let progress: UndoProgress
  /// The length of the file in bytes.
  public let byteCount: UInt64
  /// The number of the last change of ``progress``.
  let sequence: UInt64

  /// Whether it brings nothing back: its write never began, or the run that made it has put everything back itself.
  var isNeedless: Bool {
    progress.stage == .saved || progress == UndoProgress(stage: .restored, upTo: 0)
  }

  /// Reads a record's file; what it says is believed only as far as it was checked.
  init(reading file: borrowing OwnedDescriptor, id: String) throws(RecordDamage) {
    guard let state = try? FileState(of: file), state.kind == .regular else { throw .notARecord }
    let slots = try Self.bytes(
      of: file, in: 0..<RecordFormat.headerOffset + UInt64(RecordFormat.headerByteCount))
    try self.init(slots, id: id, fileLength: state.byteCount) { range throws(RecordDamage) in
      try Self.bytes(of: file, in: range)
    }
  }

  /// Reads a record that lies in memory, for tests and the fuzzer.
  public init(parsing bytes: [UInt8], id: String) throws(RecordDamage) {
    let head = Array(bytes.prefix(Int(RecordFormat.dataOffset)))
    try self.init(head, id: id, fileLength: UInt64(bytes.count)) { range in
      Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
    }
  }

  private init(
    _ head: [UInt8], id: String, fileLength: UInt64,
    _ read: (Range<UInt64>) throws(RecordDamage) -> [UInt8]
  ) throws(RecordDamage) {
    guard head.count == Int(RecordFormat.dataOffset) else { throw .notARecord }
    let headerStart = Int(RecordFormat.headerOffset)
    let (range, sha256) = try RecordFormat.parseHeader(Array(head[headerStart...]), fileLength: fileLength)
    let description = try read(range)
    guard digest(of: description) == sha256 else { throw .wrongDigest }
    let record = try RecordFormat.parse(description, dataEnd: range.lowerBound)
    guard let newest = ProgressSlot.newest(in: head) else { throw .wrongDigest }
    guard record.id == id else { throw .invalid }
    self.id = id
    self.record = record
    progress = newest.progress
    sequence = newest.sequence
    byteCount = fileLength
  }

  private static func bytes(
    of file: borrowing OwnedDescriptor, in range: Range<UInt64>
  ) throws(RecordDamage) -> [UInt8] {
    // What cannot be read is as good as not there.
    guard let bytes = try? file.bytes(in: range) else { throw .notARecord }
    guard bytes.count == range.count else { throw .wrongLength }
    return bytes
  }
}

/// A record's file, opened to bring it back.
public final class RecordFile: RecordSource {
  private let descriptor: OwnedDescriptor
  private let stored: StoredRecord
  /// The runs that end with it.
  private let runs: [UndoJournal]
  /// The name of the record.
  public var id: String { stored.id }

  init(_ descriptor: consuming OwnedDescriptor, _ stored: StoredRecord, _ runs: [UndoJournal]) {
    self.descriptor = descriptor
    self.stored = stored
    self.runs = runs
  }

  deinit { descriptor.unlockForProbes() }

  /// Reads from an offset of the file on until the range is full or the file ends.
  public func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int { try descriptor.read(at: offset, into: &buffer, range: range) }

  /// Notes that the record was brought back, so that it is not taken for one that still has to be, and with the runs
  /// that end so, which are kept when the record is not any more.
  public func didRestore() throws(SystemCallError) {
    // Where that cannot be noted, the record tells it as long as it is there.
    for run in runs { try? run.didRestore() }
    let slot = ProgressSlot(
      sequence: stored.sequence &+ 1,
      progress: UndoProgress(stage: .restored, upTo: stored.progress.upTo))
    var buffer = AlignedBuffer(byteCount: ProgressSlot.byteCount)
    buffer.copy(from: slot.bytes.span, at: 0)
    try descriptor.write(buffer, range: 0..<buffer.byteCount, at: slot.offset)
    try descriptor.synchronize()
  }
}

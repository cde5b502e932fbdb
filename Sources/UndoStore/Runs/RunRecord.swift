import DiskFormats

/// A write that has begun, as `burin resume` needs it to go on: what was ordered, and which disk it goes onto.
public struct RunRecord: Hashable, Sendable {
  /// The record's name; the file is called so too.
  public var id: String
  /// Counts the records and runs of a state directory; the order of their beginning, whatever the clock said.
  public var number: UInt64 = 0
  /// The disk.
  public var disk: DiskFingerprint
  /// When it began, in seconds since 1970-01-01 UTC.
  public var time: Int64
  /// The path of the image; foreign text.
  public var image: String
  /// The name of the record that was saved for `burin undo` before it; nil where nothing was.
  public var undo: String?
  /// What was ordered, in a form that this room does not know; empty where that cannot be gone on with.
  public var order: [UInt8]

  /// Creates a record without a name.
  public init(disk: DiskFingerprint, time: Int64, image: String, undo: String?, order: [UInt8]) {
    id = ""
    self.disk = disk
    self.time = time
    self.image = image
    self.undo = undo
    self.order = order
  }

  /// Reads the description of a run, which anybody may have made.
  public init(parsing description: [UInt8]) throws(RecordDamage) {
    self = try RunFormat.parse(description)
  }

  /// The description of the run.
  public var description: [UInt8] { RunFormat.description(of: self) }
}

/// A run that was found in the state directory, and how far it came.
public struct StoredRun: Hashable, Sendable {
  /// What was noted when it began.
  public let run: RunRecord
  /// How far it came at most.
  public let progress: UndoProgress
  /// The number of the last change of ``progress``.
  let sequence: UInt64

  /// Whether it was begun, and did not come to its end.
  public var isInterrupted: Bool { progress.stage == .begun || progress.stage == .stopped }

  /// Reads a run that anybody may have written.
  public init(parsing bytes: [UInt8], id: String) throws(RecordDamage) {
    run = try RunFormat.parse(bytes, id: id)
    guard let newest = ProgressSlot.newest(in: bytes) else { throw .wrongDigest }
    progress = newest.progress
    sequence = newest.sequence
  }
}

/// A run's file, as it lies from the first byte on: two slots with the progress, as in a record for `burin undo`; a
/// header of 4096 bytes with magic, version, length and digest of the description and its own digest; the description.
enum RunFormat {
  static let version: UInt32 = 1
  static let headerOffset = ProgressSlot.byteCount * ProgressSlot.count
  static let headerByteCount = 4096
  static let descriptionOffset = headerOffset + headerByteCount
  /// The largest order that is kept, in bytes.
  static let orderLimit = 256 << 10
  /// The longest file that is read, in bytes.
  static let fileLimit = descriptionOffset + orderLimit + (64 << 10)
  private static let magic = Array("BURINRUN".utf8)
  private static let digestOffset = 64

  /// The file of a run that has not begun.
  static func bytes(of run: RunRecord) -> [UInt8] {
    let description = description(of: run)
    var writer = ByteWriter(count: headerByteCount)
    writer.put(magic, at: 0)
    writer.putLittleEndian(version, at: 8)
    writer.putLittleEndian(UInt64(description.count), at: 16)
    writer.put(digest(of: description), at: 24)
    writer.put(digest(of: writer.bytes[..<digestOffset]), at: digestOffset)
    let first = ProgressSlot(sequence: 1, progress: UndoProgress(stage: .saved, upTo: 0))
    return first.bytes + [UInt8](repeating: 0, count: ProgressSlot.byteCount) + writer.bytes
      + description
  }

  static func description(of run: RunRecord) -> [UInt8] {
    var writer = FieldWriter()
    writer.put(run.id)
    writer.put(run.number)
    writer.put(run.disk)
    writer.put(UInt64(bitPattern: run.time))
    writer.put(run.image)
    writer.put(run.undo)
    writer.put(UInt32(run.order.count))
    writer.put(bytes: run.order)
    return writer.bytes
  }

  static func parse(_ bytes: [UInt8], id: String) throws(RecordDamage) -> RunRecord {
    let reader = ByteReader(bytes)
    let start = headerOffset
    guard reader.contains(start, count: headerByteCount), reader.has(magic, at: start),
      let found = try? reader.littleEndian(UInt32.self, at: start + 8),
      let length = try? reader.littleEndian(UInt64.self, at: start + 16),
      let sha256 = try? reader.bytes(at: start + 24, count: 32)
    else { throw .notARecord }
    guard found == version else { throw .unknownVersion(found) }
    guard reader.has(digest(of: bytes[start..<(start + digestOffset)]), at: start + digestOffset)
    else {
      throw .wrongDigest
    }
    guard bytes.count <= fileLimit, length == UInt64(bytes.count - descriptionOffset) else {
      throw .wrongLength
    }
    let description = Array(bytes[descriptionOffset...])
    guard digest(of: description) == sha256 else { throw .wrongDigest }
    let run = try parse(description)
    guard run.id == id else { throw .invalid }
    return run
  }

  static func parse(_ description: [UInt8]) throws(RecordDamage) -> RunRecord {
    var fields = FieldReader(description)
    let run: RunRecord
    do throws(FormatError) { run = try parse(&fields) } catch { throw .invalid }
    guard fields.isAtEnd else { throw .wrongLength }
    return run
  }

  private static func parse(_ reader: inout FieldReader) throws(FormatError) -> RunRecord {
    let id = try reader.text()
    let number: UInt64 = try reader.number()
    let disk = try reader.fingerprint()
    let time = Int64(bitPattern: try reader.number())
    let image = try reader.text()
    let undo = try reader.optionalText()
    let count = try reader.count(limit: orderLimit)
    var run = RunRecord(
      disk: disk, time: time, image: image, undo: undo, order: try reader.bytes(count: count))
    (run.id, run.number) = (id, number)
    return run
  }
}

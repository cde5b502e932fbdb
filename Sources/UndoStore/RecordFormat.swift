import DeviceProbe
import DiskFormats

/// What is wrong with a record's file.
public enum RecordDamage: Error, Hashable, Sendable {
  /// It is none of burin's, or was never finished.
  case notARecord
  /// A later burin wrote it.
  case unknownVersion(UInt32)
  /// It is longer or shorter than it says.
  case wrongLength
  /// A part of it has not the digest that was taken when it was written.
  case wrongDigest
  /// A field says what no record can say.
  case invalid

  /// Whether nobody can make anything of it any more: what only is of another version, or of another name than the file,
  /// may be whole.
  var isBeyondUse: Bool {
    switch self {
    case .notARecord, .wrongLength, .wrongDigest: true
    case .unknownVersion, .invalid: false
    }
  }
}

extension UndoRecord {
  /// Reads the description of a record, which anybody may have made.
  /// - Parameter dataEnd: where the saved bytes end in the file.
  public init(parsing bytes: [UInt8], dataEnd: UInt64) throws(RecordDamage) {
    self = try RecordFormat.parse(bytes, dataEnd: dataEnd)
  }

  /// The description of the record.
  public var bytes: [UInt8] { RecordFormat.description(of: self) }
}

/// A record's file, as it lies from the first byte on.
///
///          0  two slots of 4096 bytes with the progress of the write
///       8192  the header, 4096 bytes: magic, version, place and digest of the description, its own digest
///      12288  the saved bytes, each run with a digest in the description
///          …  the description: disk, time, image, table, partitions, runs; to the end of the file
///
/// All numbers have their least significant byte first. The digests are SHA-256: that of the header covers
/// that of the description, and the description those of the runs, so no byte but the slots' is uncovered.
enum RecordFormat {
  static let version: UInt32 = 1
  static let headerOffset = UInt64(ProgressSlot.byteCount * ProgressSlot.count)
  static let headerByteCount = 4096
  static let dataOffset = headerOffset + UInt64(headerByteCount)
  /// The largest description that is read, in bytes; a save ends its runs before it grows so long.
  static let descriptionLimit = 32 << 20
  /// How many runs there are at most.
  static let pieceLimit = 300_000
  /// How long a run is at most, in bytes.
  static let largestPiece: UInt64 = 1 << 20
  /// How many partitions and unreadable places are described at most.
  static let listLimit = 1024
  private static let magic = Array("BURINUND".utf8)
  private static let digestOffset = 64

  /// The header for a description.
  static func header(description: [UInt8], at offset: UInt64) -> [UInt8] {
    var writer = ByteWriter(count: headerByteCount)
    writer.put(magic, at: 0)
    writer.putLittleEndian(version, at: 8)
    writer.putLittleEndian(offset, at: 16)
    writer.putLittleEndian(UInt64(description.count), at: 24)
    writer.put(digest(of: description), at: 32)
    writer.put(digest(of: writer.bytes[..<digestOffset]), at: digestOffset)
    return writer.bytes
  }

  /// Where a header says that the description lies, and its digest.
  static func parseHeader(
    _ bytes: [UInt8], fileLength: UInt64
  ) throws(RecordDamage) -> (range: Range<UInt64>, sha256: [UInt8]) {
    let reader = ByteReader(bytes)
    guard reader.has(magic, at: 0) else { throw .notARecord }
    guard let found = try? reader.littleEndian(UInt32.self, at: 8),
      let offset = try? reader.littleEndian(UInt64.self, at: 16),
      let length = try? reader.littleEndian(UInt64.self, at: 24),
      let sha256 = try? reader.bytes(at: 32, count: 32)
    else { throw .notARecord }
    guard found == version else { throw .unknownVersion(found) }
    guard reader.has(digest(of: bytes.prefix(digestOffset)), at: digestOffset) else { throw .wrongDigest }
    guard offset >= dataOffset, length <= UInt64(descriptionLimit), offset <= fileLength,
      length == fileLength - offset
    else { throw .wrongLength }
    return (offset..<fileLength, sha256)
  }

  /// The description of a record.
  static func description(of record: UndoRecord) -> [UInt8] {
    var writer = FieldWriter()
    writer.put(record.id)
    writer.put(record.number)
    writer.put(record.disk)
    writer.put(UInt64(bitPattern: record.time))
    writer.put(record.image)
    writer.put(record.writtenByteCount)
    writer.put(record.erased)
    writer.put(record.table)
    let partitions = record.partitions.prefix(listLimit)
    writer.put(UInt32(partitions.count))
    for partition in partitions {
      writer.put(UInt32(clamping: partition.number))
      writer.put(partition.range)
      writer.put(partition.fileSystem)
      writer.put(partition.name)
    }
    writer.put(UInt32(record.pieces.count))
    for piece in record.pieces {
      writer.put(piece.range)
      switch piece.content {
      case .zeros: writer.put(UInt64(0))
      case .stored(let offset, let sha256):
        writer.put(offset)
        writer.put(bytes: sha256)
      }
    }
    writer.put(record.unreadable)
    return writer.bytes
  }

  /// Reads a description, which anybody may have made; what it says is checked against itself.
  /// - Parameter dataEnd: where the saved bytes end in the file.
  static func parse(_ bytes: [UInt8], dataEnd: UInt64) throws(RecordDamage) -> UndoRecord {
    var reader = FieldReader(bytes)
    let record: UndoRecord
    do throws(FormatError) { record = try fields(&reader) } catch { throw .invalid }
    guard reader.isAtEnd else { throw .wrongLength }
    try check(record, dataEnd: dataEnd)
    return record
  }

  private static func fields(_ reader: inout FieldReader) throws(FormatError) -> UndoRecord {
    let id = try reader.text()
    let number: UInt64 = try reader.number()
    var record = UndoRecord(
      id: id, disk: try reader.fingerprint(), time: Int64(bitPattern: try reader.number()),
      image: try reader.text(), writtenByteCount: try reader.number(), erased: try reader.ranges(),
      table: try reader.text(), partitions: [])
    record.number = number
    for _ in 0..<(try reader.count(limit: listLimit)) {
      record.partitions.append(
        UndoRecord.Partition(
          number: Int(try reader.number(UInt32.self)), range: try reader.range(),
          fileSystem: try reader.optionalText(), name: try reader.optionalText()))
    }
    for _ in 0..<(try reader.count(limit: pieceLimit)) {
      let range = try reader.range()
      let offset: UInt64 = try reader.number()
      record.pieces.append(
        UndoRecord.Piece(
          range: range, content: offset == 0 ? .zeros : .stored(at: offset, sha256: try reader.digest())))
    }
    record.unreadable = try reader.ranges()
    return record
  }

  /// What a record must hold so that restoring it stays on the disk, in the file, and in its blocks.
  private static func check(_ record: UndoRecord, dataEnd: UInt64) throws(RecordDamage) {
    let disk = record.disk
    let block = UInt64(clamping: disk.logicalBlockSize)
    guard block >= 512, block <= 65_536, block.nonzeroBitCount == 1, disk.byteCount <= UInt64(Int64.max),
      record.writtenByteCount <= disk.byteCount
    else { throw .invalid }
    var end: UInt64 = 0
    for piece in record.pieces {
      guard piece.range.lowerBound >= end, piece.range.upperBound <= disk.byteCount, !piece.range.isEmpty,
        piece.range.lowerBound % block == 0, piece.range.upperBound % block == 0
      else { throw .invalid }
      end = piece.range.upperBound
      guard case .stored(let offset, _) = piece.content else { continue }
      let length = UInt64(piece.range.count)
      guard length <= largestPiece, offset >= dataOffset, offset <= dataEnd, length <= dataEnd - offset else {
        throw .invalid
      }
    }
    let places = record.erased.ranges + record.unreadable.ranges
    guard places.allSatisfy({ $0.upperBound <= disk.byteCount }) else { throw .invalid }
  }
}

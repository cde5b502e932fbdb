/// One record of a directory, as it is stored (ECMA-119 9.1).
public struct DirectoryRecord: Hashable, Sendable {
  /// Bits of the file flags, byte 25.
  public struct Flags: OptionSet, Hashable, Sendable {
    /// The byte.
    public let rawValue: UInt8
    /// Takes the byte.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Bit 0: not to be shown.
    public static let hidden = Flags(rawValue: 0x01)
    /// Bit 1: a directory.
    public static let directory = Flags(rawValue: 0x02)
    /// Bit 7: the file goes on in the next record.
    public static let moreExtents = Flags(rawValue: 0x80)
  }

  /// Where the record lies, in bytes.
  public let offset: UInt64
  /// Length of the record in bytes, byte 0.
  public let length: Int
  /// Location of the extent in logical blocks, bytes 2–9.
  public let extentLBA: UInt32
  /// Length of the extended attribute record in front of the data, in logical blocks, byte 1.
  public let attributeBlocks: UInt8
  /// Length of the data in bytes, bytes 10–17.
  public let byteCount: UInt32
  /// File flags, byte 25.
  public let flags: Flags
  /// The identifier as stored, from byte 33 on.
  public let identifier: [UInt8]
  /// The System Use area behind the identifier, where Rock Ridge lives.
  let systemUse: ByteReader
  /// Whether the little-endian and the big-endian form of every number agree.
  public let byteOrdersAgree: Bool

  /// The fixed part of a record with an identifier of one byte.
  static let minimumLength = 34

  /// Parses one record out of bytes that begin with it.
  init(parsing reader: ByteReader) throws(FormatError) {
    offset = reader.base
    length = Int(try reader.byte(at: 0))
    let nameLength = Int(try reader.byte(at: 32))
    // The identifier is padded so that the System Use area begins at an even byte.
    let systemUseStart = 33 + nameLength + (nameLength % 2 == 0 ? 1 : 0)
    guard length >= Self.minimumLength, length <= reader.count, 33 + nameLength <= length else {
      throw .invalid(.iso9660, field: "length of directory record", value: UInt64(length), offset: offset)
    }
    attributeBlocks = try reader.byte(at: 1)
    extentLBA = try reader.littleEndian(at: 2)
    byteCount = try reader.littleEndian(at: 10)
    flags = Flags(rawValue: try reader.byte(at: 25))
    identifier = try reader.bytes(at: 33, count: nameLength)
    let systemUseCount = max(0, length - systemUseStart)
    systemUse = try reader.slice(at: min(systemUseStart, length), count: systemUseCount)
    let bigLBA = try reader.bigEndian(UInt32.self, at: 6)
    let bigCount = try reader.bigEndian(UInt32.self, at: 14)
    byteOrdersAgree = extentLBA == bigLBA && byteCount == bigCount
  }

  /// Whether it stands for the directory itself (identifier 0) or its parent (identifier 1).
  var isSelfOrParent: Bool {
    identifier == [0] || identifier == [1]
  }

  /// Where the data begins, in bytes, behind the extended attribute record.
  func dataOffset(blockSize: UInt64) -> UInt64 {
    // 33 bits times at most 65535: no overflow in 64 bits.
    (UInt64(extentLBA) + UInt64(attributeBlocks)) * blockSize
  }
}

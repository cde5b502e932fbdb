/// The facts of a primary, supplementary or enhanced volume descriptor (ECMA-119 8.4 and 8.5).
public struct VolumeDescriptor: Hashable, Sendable {
  /// Which of the descriptors it is.
  public enum Role: Hashable, Sendable {
    /// Type 1.
    case primary
    /// Type 2 with a UCS-2 escape sequence; the level is 1 to 3.
    case joliet(level: Int)
    /// Type 2, version 2: ISO 9660:1999, long names without another character set.
    case enhanced
    /// Type 2 with a character set that is not known.
    case supplementary
  }

  /// Which of the descriptors it is.
  public let role: Role
  /// Where it lies, in bytes.
  public let offset: UInt64
  /// System identifier, bytes 8–39, foreign text.
  public let systemIdentifier: String
  /// Volume identifier, bytes 40–71, foreign text.
  public let volumeIdentifier: String
  /// Publisher identifier, bytes 318–445, foreign text.
  public let publisher: String
  /// Data preparer identifier, bytes 446–573, foreign text.
  public let preparer: String
  /// Application identifier, bytes 574–701, foreign text.
  public let application: String
  /// Volume space size in logical blocks, bytes 80–87.
  public let blockCount: UInt32
  /// Logical block size in bytes, bytes 128–131: 2048 everywhere.
  public let blockSize: UInt16
  /// Creation date, bytes 813–829.
  public let created: ISO9660Date?
  /// Modification date, bytes 830–846, from which programs derive the UUID.
  public let modified: ISO9660Date?
  /// The directory record of the root, bytes 156–189.
  public let root: DirectoryRecord?
  /// Whether the little-endian and the big-endian form of every number agree.
  public let byteOrdersAgree: Bool

  /// Parses a descriptor of type 1 or 2 out of its 2048 bytes.
  init(parsing reader: ByteReader, type: UInt8) throws(FormatError) {
    offset = reader.base
    role = type == 1 ? .primary : Self.supplementaryRole(reader, version: try reader.byte(at: 6))
    let unicode = if case .joliet = role { true } else { false }
    func text(_ offset: Int, _ count: Int) throws(FormatError) -> String {
      guard unicode else { return try reader.text(at: offset, count: count) }
      return ISO9660Name.ucs2(try reader.bytes(at: offset, count: count))
    }
    systemIdentifier = try text(8, 32)
    volumeIdentifier = try text(40, 32)
    publisher = try text(318, 128)
    preparer = try text(446, 128)
    application = try text(574, 128)
    blockCount = try reader.littleEndian(at: 80)
    blockSize = try reader.littleEndian(at: 128)
    created = ISO9660Date(parsing: try reader.bytes(at: 813, count: 17))
    modified = ISO9660Date(parsing: try reader.bytes(at: 830, count: 17))
    root = try? DirectoryRecord(parsing: reader.slice(at: 156, count: 34))
    let blockCountBig = try reader.bigEndian(UInt32.self, at: 84)
    let blockSizeBig = try reader.bigEndian(UInt16.self, at: 130)
    byteOrdersAgree = blockCount == blockCountBig && blockSize == blockSizeBig
  }

  /// The volume space size in bytes: where the file system ends.
  public var byteCount: UInt64 { UInt64(blockCount) * UInt64(blockSize) }

  /// Escape sequences `%/@`, `%/C`, `%/E` stand for UCS-2 levels 1 to 3 (Joliet specification).
  private static func supplementaryRole(_ reader: ByteReader, version: UInt8) -> Role {
    let levels: [(escape: StaticString, level: Int)] = [("%/@", 1), ("%/C", 2), ("%/E", 3)]
    for (escape, level) in levels where reader.firstOffset(of: escape, in: 88..<120) != nil {
      return .joliet(level: level)
    }
    return version == 2 ? .enhanced : .supplementary
  }
}

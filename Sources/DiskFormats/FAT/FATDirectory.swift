/// One file or directory of a FAT file system.
public struct FATDirectoryEntry: Hashable, Sendable {
  /// The long name where there is one, else the short name; foreign text.
  public var name: String
  /// The name in 8.3 form, in the case that Windows NT's flags give it; foreign text.
  public var shortName: String
  /// Byte 11: bit 0 read-only, 1 hidden, 2 system, 3 volume label, 4 directory, 5 archive.
  public var attributes: UInt8
  /// The first cluster; 0 for an empty file.
  public var firstCluster: UInt32
  /// The length in bytes; 0 for a directory.
  public var byteCount: UInt32
  /// When it was last written, bytes 22–25, in seconds since 1970 by the clock of whoever wrote it.
  public var modified: Int64?

  /// Whether it is a directory.
  public var isDirectory: Bool { attributes & 0x10 != 0 }

  /// Whether it goes by a name, in whatever case.
  public func isNamed(_ wanted: some StringProtocol) -> Bool {
    let wanted = wanted.lowercased()
    return name.lowercased() == wanted || shortName.lowercased() == wanted
  }
}

/// The contents of a directory, as far as they can be read.
public struct FATDirectory: Hashable, Sendable {
  /// A directory may hold 65536 entries of 32 bytes (Microsoft's specification: 2 MiB).
  static let byteLimit = 65536 * 32

  /// Files and directories, without `.`, `..`, deleted ones and the label.
  public var entries: [FATDirectoryEntry] = []
  /// The volume label, which only a root directory holds; foreign text.
  public var label: String?
  /// What kept the rest from being read.
  public var damage: FormatError?

  /// Reads entries of 32 bytes up to the end mark.
  init(parsing reader: ByteReader, isFAT32: Bool) throws(FormatError) {
    var long = LongName()
    for offset in stride(from: 0, through: reader.count - 32, by: 32) {
      let first = try reader.byte(at: offset)
      if first == 0 { return }
      let attributes = try reader.byte(at: offset + 11)
      if first == 0xE5 {
        long = LongName()
      } else if attributes & 0x3F == 0x0F {
        try long.add(reader, at: offset)
      } else {
        let name = long.name(for: try reader.bytes(at: offset, count: 11))
        long = LongName()
        try add(reader, at: offset, longName: name, attributes: attributes, isFAT32: isFAT32)
      }
    }
  }

  private mutating func add(
    _ reader: ByteReader, at offset: Int, longName: String?, attributes: UInt8, isFAT32: Bool
  ) throws(FormatError) {
    if attributes & 0x08 != 0 {
      if label == nil { label = try reader.text(at: offset, count: 11) }
      return
    }
    let short = try shortName(reader, at: offset)
    guard short != ".", short != ".." else { return }
    let low: UInt16 = try reader.littleEndian(at: offset + 26)
    let high: UInt16 = isFAT32 ? try reader.littleEndian(at: offset + 20) : 0
    entries.append(
      FATDirectoryEntry(
        name: longName ?? short, shortName: short, attributes: attributes,
        firstCluster: UInt32(high) << 16 | UInt32(low), byteCount: try reader.littleEndian(at: offset + 28),
        modified: CivilTime.seconds(
          dosDate: try reader.littleEndian(at: offset + 24), time: try reader.littleEndian(at: offset + 22))))
  }
}

/// Bytes 0–10 with the dot put in; byte 12 says which part Windows NT shows in small letters.
private func shortName(_ reader: ByteReader, at offset: Int) throws(FormatError) -> String {
  func part(_ offset: Int, _ count: Int, lowercase: Bool) throws(FormatError) -> String {
    var bytes = try reader.bytes(at: offset, count: count)
    // 0x05 stands for 0xE5, which would mark a deleted entry.
    if count == 8, bytes.first == 0x05 { bytes[0] = 0xE5 }
    while bytes.last == 0x20 { bytes.removeLast() }
    let text = String(decoding: bytes, as: UTF8.self)
    return lowercase ? text.lowercased() : text
  }
  let flags = try reader.byte(at: offset + 12)
  let base = try part(offset, 8, lowercase: flags & 0x08 != 0)
  let suffix = try part(offset + 8, 3, lowercase: flags & 0x10 != 0)
  return suffix.isEmpty ? base : "\(base).\(suffix)"
}

/// A long name, collected from entries that come last piece first before their short entry.
private struct LongName {
  private var pieces: [[UInt16]] = []
  private var expected: UInt8 = 0
  private var checksum: UInt8 = 0

  mutating func add(_ reader: ByteReader, at offset: Int) throws(FormatError) {
    let order = try reader.byte(at: offset)
    let sum = try reader.byte(at: offset + 13)
    let number = order & 0x3F
    if order & 0x40 != 0, (1...20).contains(number) {
      (pieces, expected, checksum) = ([], number, sum)
    }
    guard number == expected, number > 0, sum == checksum else {
      self = LongName()
      return
    }
    var units: [UInt16] = []
    for place in [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30] {
      units.append(try reader.littleEndian(at: offset + place))
    }
    pieces.append(units)
    expected -= 1
  }

  /// The name, if it is complete and belongs to this short name by its checksum.
  func name(for short: [UInt8]) -> String? {
    guard expected == 0, !pieces.isEmpty else { return nil }
    let sum = short.reduce(UInt8(0)) { ($0 >> 1 | $0 << 7) &+ $1 }
    guard sum == checksum else { return nil }
    let units = pieces.reversed().joined().prefix { $0 != 0 }
    return String(decoding: units, as: UTF16.self)
  }
}

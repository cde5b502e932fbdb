public import BlockIO

/// The boot catalog of a disc (El Torito 1.0 section 2), read as tolerantly as firmware reads it.
public struct ElToritoCatalog: Hashable, Sendable {
  /// What a catalog has that the specification does not allow, all of it seen on real discs.
  public enum Anomaly: Hashable, Sendable {
    /// The words of the validation entry do not add up to 0.
    case badChecksum
    /// The validation entry begins not with 1 or does not end with 55 AA.
    case badValidationEntry
    /// The last section header says that more follow.
    case missingLastHeader
    /// A section has more or fewer entries than its header says.
    case wrongEntryCount
    /// A platform that no specification defines; such as 0x80, which is taken for x86.
    case unknownPlatform(UInt8)
    /// More entries than are looked at.
    case tooManyEntries
  }

  /// The size of an entry, in bytes.
  static let entrySize = 32
  /// How many entries of 32 bytes are looked at; real catalogs fit one block of 2048 bytes.
  public static let entryLimit = 1024

  /// Where the catalog lies, in blocks of 2048 bytes.
  public let lba: UInt32
  /// Whether the words of the validation entry add up to 0.
  public let isChecksumValid: Bool
  /// The identifier of bytes 4–27, foreign text.
  public let identifier: String
  /// The entries in order: the initial one, then those of the sections.
  public private(set) var entries: [ElToritoEntry] = []
  /// What is wrong with it.
  public private(set) var anomalies: [Anomaly] = []

  /// Reads the catalog at a block of 2048 bytes.
  /// - Throws: ``FormatError/outOfBounds(offset:count:)`` where it lies behind the end of the image.
  public init(reading bytes: any RandomAccessBytes, lba: UInt32) throws(FormatError) {
    let offset = UInt64(lba) * 2048
    // One block first: nothing but a hostile catalog goes on behind it.
    _ = try bytes.reader(at: offset, count: 2 * Self.entrySize)
    let reader = try bytes.prefixReader(at: offset, upTo: Self.entryLimit * Self.entrySize)
    self.lba = lba
    identifier = try reader.text(at: 4, count: 24)
    var sum: UInt16 = 0
    for index in stride(from: 0, to: Self.entrySize, by: 2) {
      sum &+= try reader.littleEndian(UInt16.self, at: index)
    }
    isChecksumValid = sum == 0
    if !isChecksumValid { anomalies.append(.badChecksum) }
    if try reader.byte(at: 0) != 1 || !reader.has([0x55, 0xAA], at: 30) {
      anomalies.append(.badValidationEntry)
    }
    var scan = Scan(platform: ElToritoEntry.Platform(try reader.byte(at: 1)))
    scan.entries.append(try scan.entry(reader.slice(at: Self.entrySize, count: Self.entrySize)))
    try scan.sections(of: reader)
    entries = scan.entries
    anomalies += scan.anomalies
    for case .other(let byte) in entries.map(\.platform) where !anomalies.contains(.unknownPlatform(byte)) {
      anomalies.append(.unknownPlatform(byte))
    }
  }
}

/// The walk over section headers, entries and extensions.
private struct Scan {
  var platform: ElToritoEntry.Platform
  var entries: [ElToritoEntry] = []
  var anomalies: Set<ElToritoCatalog.Anomaly> = []
  /// How many entries the current header still promises.
  private var remaining = 0
  private var moreHeadersFollow = false

  init(platform: ElToritoEntry.Platform) { self.platform = platform }

  func entry(_ reader: ByteReader) throws(FormatError) -> ElToritoEntry {
    try ElToritoEntry(parsing: reader, platform: platform)
  }

  /// Everything behind the initial entry, until something comes that is no entry.
  mutating func sections(of reader: ByteReader) throws(FormatError) {
    var position = 2 * ElToritoCatalog.entrySize
    while reader.contains(position, count: ElToritoCatalog.entrySize) {
      let slot = try reader.slice(at: position, count: ElToritoCatalog.entrySize)
      position += ElToritoCatalog.entrySize
      guard try take(slot) else { return finish() }
    }
    anomalies.insert(.tooManyEntries)
    finish()
  }

  /// Takes one slot of 32 bytes; false where the catalog ends.
  private mutating func take(_ slot: ByteReader) throws(FormatError) -> Bool {
    switch try slot.byte(at: 0) {
    case 0x90, 0x91:
      if remaining > 0 { anomalies.insert(.wrongEntryCount) }
      moreHeadersFollow = try slot.byte(at: 0) == 0x90
      platform = ElToritoEntry.Platform(try slot.byte(at: 1))
      remaining = Int(try slot.littleEndian(UInt16.self, at: 2))
    case 0x88:
      // Entries beyond the promised number occur, and firmware starts them all the same.
      if remaining == 0 { anomalies.insert(.wrongEntryCount) }
      remaining = max(0, remaining - 1)
      entries.append(try entry(slot))
    case 0x00 where remaining > 0 && !slot.isZero(in: 0..<slot.count):
      remaining -= 1
      entries.append(try entry(slot))
    case 0x44: break  // More selection criteria of the entry before it; nobody evaluates them.
    default: return false
    }
    return true
  }

  private mutating func finish() {
    if remaining > 0 { anomalies.insert(.wrongEntryCount) }
    if moreHeadersFollow { anomalies.insert(.missingLastHeader) }
  }
}

/// The header of a sparse VMDK, which stands once more at the end of a stream of packed grains.
///
/// ```
///  0 "KDMV"  4 version (4)  8 flags (4)  12 length (8)  20 grain (8)  28 descriptor: offset (8), length (8)
/// 44 entries of a grain table (4)  56 grain directory (8)  64 what comes before the grains (8)
/// 73 line ends (4)  77 method of packing (2)
/// ```
/// Lengths and offsets are in sectors of 512 bytes. Source: VMware, "Virtual Disk Format 5.0"; the lowest byte first.
struct VMDKHeader: Hashable, Sendable {
  private let flags: UInt32
  /// The length of the disk in bytes.
  let byteCount: UInt64
  /// The length of a grain in bytes.
  let grainByteCount: UInt64
  /// Where the descriptor lies, in bytes; empty where there is none.
  let descriptor: Range<UInt64>
  /// How many grains a table names.
  let grainsOfTable: UInt64
  /// Where the directory of the tables lies, in bytes.
  let directory: UInt64
  /// Whether it was in use when the file was copied, or its machine lost power.
  let isUnclean: Bool

  static let sector: UInt64 = 512
  private static let atTheEnd: UInt64 = .max

  private enum Flag {
    static let lineEnds: UInt32 = 1
    static let zeroGrains: UInt32 = 4
    static let packed: UInt32 = 0x1_0000
    static let markers: UInt32 = 0x2_0000
  }

  /// Reads the header at the beginning, and the other one where that holds.
  static func read(in file: MetadataReader) throws(ContainerError) -> VMDKHeader {
    let fields = try file.structure(at: 0, count: 512, of: .header)
    guard fields.little(UInt64.self, at: 56) == atTheEnd else {
      return try VMDKHeader(fields, at: 0)
    }
    // The footer, and a sector that ends the stream.
    guard file.byteCount >= 3 * sector else { throw .cutOff(.footer, offset: file.byteCount) }
    let place = file.byteCount - 2 * sector
    let footer = try file.structure(at: place, count: 512, of: .footer)
    guard footer.has("KDMV", at: 0) else { throw .cutOff(.footer, offset: file.byteCount) }
    return try VMDKHeader(footer, at: place)
  }

  private init(_ fields: Fields, at place: UInt64) throws(ContainerError) {
    flags = fields.little(at: 8)
    guard (1...3).contains(fields.little(UInt32.self, at: 4)) else { throw .needs(.feature) }
    // Something that takes files for text has been at work.
    guard flags & Flag.lineEnds == 0 || fields.has([0x0A, 0x20, 0x0D, 0x0A], at: 73) else {
      throw .damaged(.header, offset: place + 73)
    }
    let (capacity, grain): (UInt64, UInt64) = (fields.little(at: 12), fields.little(at: 20))
    guard capacity <= GuestDisk.longest / Self.sector else {
      throw .tooLong(.length, byteCount: capacity.multipliedReportingOverflow(by: Self.sector).partialValue)
    }
    guard grain.nonzeroBitCount == 1, (1...4096).contains(grain) else {
      throw .damaged(.header, offset: place + 20)
    }
    let text: (UInt64, UInt64) = (fields.little(at: 28), fields.little(at: 36))
    let gates = (UInt64(fields.little(UInt32.self, at: 44)), fields.little(UInt64.self, at: 56))
    guard (1...512).contains(gates.0) else { throw .damaged(.header, offset: place + 44) }
    guard text.0 < 1 << 40, text.1 <= 128, gates.1 < 1 << 40 else {
      throw .damaged(.header, offset: place + 28)
    }
    byteCount = capacity * Self.sector
    grainByteCount = grain * Self.sector
    descriptor = text.0 * Self.sector..<(text.0 + text.1) * Self.sector
    grainsOfTable = gates.0
    directory = gates.1 * Self.sector
    isUnclean = fields.bytes[72] != 0
    if isPacked, fields.little(UInt16.self, at: 77) != 1 { throw .needs(.method) }
  }

  /// Whether grains are packed, each for itself.
  var isPacked: Bool { flags & Flag.packed != 0 }
  /// Whether packed grains say which ones they are.
  var hasMarkers: Bool { flags & Flag.markers != 0 }
  /// Whether there is a number that stands for a grain of zeros.
  var hasZeroGrains: Bool { flags & Flag.zeroGrains != 0 }
  /// How much of the disk a grain table stands for, in bytes.
  var byteCountOfTable: UInt64 { grainsOfTable * grainByteCount }
}

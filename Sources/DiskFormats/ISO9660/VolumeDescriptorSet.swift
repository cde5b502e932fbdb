public import BlockIO

/// The volume descriptors at byte 32768, one in each 2048 bytes (ECMA-119 6.7.1).
public struct VolumeDescriptorSet: Hashable, Sendable {
  /// The first byte of the first descriptor: 16 logical sectors of 2048 bytes.
  public static let start: UInt64 = 32_768
  /// The size of a descriptor and of a logical sector, in bytes.
  public static let sectorSize: UInt64 = 2048
  /// How many descriptors are looked at; real images have 3 to 6.
  public static let limit = 100

  /// The volume descriptor of a format that came before or beside ISO 9660.
  public enum Relative: String, Hashable, Sendable {
    /// `CDROM` at byte 9: High Sierra, 1986.
    case highSierra = "High Sierra"
    /// `CD-I ` at byte 1: Compact Disc Interactive.
    case cdInteractive = "CD-i"
  }

  /// The first descriptor of type 1, which is the one that counts.
  public private(set) var primary: VolumeDescriptor?
  /// Every descriptor of type 2, in order.
  public private(set) var supplementary: [VolumeDescriptor] = []
  /// Where the catalog of the first El Torito boot record lies, in blocks of 2048 bytes.
  public private(set) var bootCatalogLBA: UInt32?
  /// How many descriptors carry `CD001`.
  public private(set) var count = 0
  /// Whether a descriptor of type 255 ends the set, as the standard wants and real tools sometimes forget.
  public private(set) var isTerminated = false
  /// A format of other discs that was found in its place; it is not read.
  public private(set) var relative: Relative?

  /// Walks the descriptors; an image without any gives an empty set.
  /// - Throws: ``FormatError/unreadable(_:)``, nothing else: what is missing is missing.
  public init(reading bytes: any RandomAccessBytes) throws(FormatError) {
    for index in 0..<UInt64(Self.limit) {
      let offset = Self.start + index * Self.sectorSize
      let reader = try bytes.prefixReader(at: offset, upTo: Int(Self.sectorSize))
      guard reader.count == Int(Self.sectorSize), reader.has("CD001", at: 1) else {
        if index == 0 { relative = Self.relative(reader) }
        return
      }
      count += 1
      switch try reader.byte(at: 0) {
      case 0: try addBootRecord(reader)
      case 1 where primary == nil: primary = try VolumeDescriptor(parsing: reader, type: 1)
      case 2: supplementary.append(try VolumeDescriptor(parsing: reader, type: 2))
      case 255:
        isTerminated = true
        return
      default: break
      }
    }
  }

  /// The descriptor with UCS-2 names of the highest level.
  public var joliet: VolumeDescriptor? {
    supplementary.max { Self.jolietLevel($0) < Self.jolietLevel($1) }
      .flatMap { Self.jolietLevel($0) > 0 ? $0 : nil }
  }

  /// The ISO 9660:1999 descriptor.
  public var enhanced: VolumeDescriptor? {
    supplementary.first { $0.role == .enhanced }
  }

  /// The level of Joliet, 1 to 3.
  public var jolietLevel: Int? {
    joliet.map(Self.jolietLevel)
  }

  private static func jolietLevel(_ descriptor: VolumeDescriptor) -> Int {
    if case .joliet(let level) = descriptor.role { level } else { 0 }
  }

  /// El Torito 1.0 figure 7: the identifier in bytes 7–38, the catalog's block in bytes 71–74.
  private mutating func addBootRecord(_ reader: ByteReader) throws(FormatError) {
    guard bootCatalogLBA == nil, reader.has("EL TORITO SPECIFICATION", at: 7) else { return }
    bootCatalogLBA = try reader.littleEndian(at: 71)
  }

  private static func relative(_ reader: ByteReader) -> Relative? {
    if reader.has("CDROM", at: 9) { return .highSierra }
    return reader.has("CD-I ", at: 1) ? .cdInteractive : nil
  }
}

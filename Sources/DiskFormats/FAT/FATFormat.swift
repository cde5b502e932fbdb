/// A new, empty FAT32 file system.
///
/// Source: Microsoft, FAT: General Overview of On-Disk Format, 1.03. The clusters begin on a multiple of what flash
/// erases at once, for which the reserved sectors are stretched, as cameras do.
struct FATFormat: Hashable, Sendable {
  /// The fewest clusters by which every system takes a file system for FAT32.
  static let leastClusterCount: UInt64 = 65_525
  /// The most that it has: behind them lie numbers with a meaning of their own.
  private static let mostClusterCount: UInt64 = 0x0FFF_FFF5
  /// The boot sector, the sector of free clusters, and copies of both, with room between them.
  private static let leastReserved: UInt64 = 32
  private static let tableCount: UInt64 = 2

  let place: VolumePlace
  let label: VolumeLabel?
  let volumeID: UInt32
  private let sectorsPerCluster: UInt64
  private let sectorsPerTable: UInt64
  private let reservedSectors: UInt64
  private let clusterCount: UInt64

  /// Lays it out; nil where a place is too small or too large for FAT32.
  init?(_ place: VolumePlace, label: VolumeLabel?, volumeID: UInt32) {
    let sector = UInt64(place.blockSize)
    guard place.sectorCount > Self.leastReserved, place.sectorCount <= UInt32.max else { return nil }
    sectorsPerCluster = max(Self.clusterByteCount(of: place.byteCount), sector) / sector
    let most = (place.sectorCount - Self.leastReserved) / sectorsPerCluster
    sectorsPerTable = ((most + 2) * 4).rounded(upTo: sector) / sector
    let tables = Self.tableCount * sectorsPerTable
    let unit = max(place.alignment(atLeast: sector * sectorsPerCluster) / sector, 1)
    let start = (Self.leastReserved + tables).rounded(upTo: unit)
    guard start < place.sectorCount else { return nil }
    reservedSectors = start - tables
    clusterCount = (place.sectorCount - start) / sectorsPerCluster
    guard (Self.leastClusterCount...Self.mostClusterCount).contains(clusterCount) else { return nil }
    self.place = place
    self.label = label
    self.volumeID = volumeID
  }

  /// The length of a cluster in bytes, as in the table of the specification.
  private static func clusterByteCount(of byteCount: UInt64) -> UInt64 {
    switch byteCount {
    case ...(260 << 20): 512
    case ...(8 << 30): 4096
    case ...(16 << 30): 8192
    case ...(32 << 30): 16_384
    default: 32_768
    }
  }

  /// How much from its beginning must be as it says, in bytes: all up to the end of the root directory.
  var metadataByteCount: UInt64 {
    let start = reservedSectors + Self.tableCount * sectorsPerTable
    return (start + sectorsPerCluster) * UInt64(place.blockSize)
  }

  /// What is not zero of it, from its beginning on.
  var parts: [SparseBytes.Part] {
    let sector = UInt64(place.blockSize)
    var parts: [SparseBytes.Part] = []
    for copy: UInt64 in [0, 6] {
      parts.append(.init(bootSector, at: copy * sector))
      parts.append(.init(freeClusters, at: (copy + 1) * sector))
    }
    for table in 0..<Self.tableCount {
      parts.append(.init(Self.firstEntries, at: (reservedSectors + table * sectorsPerTable) * sector))
    }
    if let label {
      let start = reservedSectors + Self.tableCount * sectorsPerTable
      parts.append(.init(label.fatEntry, at: start * sector))
    }
    return parts
  }

  /// The media descriptor, a volume that was unmounted cleanly, and the end of the root directory.
  private static let firstEntries: [UInt8] = [
    0xF8, 0xFF, 0xFF, 0x0F, 0xFF, 0xFF, 0xFF, 0x0F, 0xFF, 0xFF, 0xFF, 0x0F,
  ]

  private var bootSector: [UInt8] {
    var writer = ByteWriter(count: 512)
    writer.put([0xEB, 0x58, 0x90], at: 0)
    writer.put("BURIN   ".utf8, at: 3)
    writer.putLittleEndian(UInt16(place.blockSize), at: 11)
    writer.put([UInt8(sectorsPerCluster)], at: 13)
    writer.putLittleEndian(UInt16(reservedSectors), at: 14)
    writer.put([UInt8(Self.tableCount)], at: 16)
    writer.put([0xF8], at: 21)
    // What CHS takes a track and a cylinder for; everything goes by block numbers.
    writer.putLittleEndian(UInt16(63), at: 24)
    writer.putLittleEndian(UInt16(255), at: 26)
    writer.putLittleEndian(UInt32(place.start / UInt64(place.blockSize)), at: 28)
    writer.putLittleEndian(UInt32(place.sectorCount), at: 32)
    writer.putLittleEndian(UInt32(sectorsPerTable), at: 36)
    writer.putLittleEndian(UInt32(2), at: 44)
    writer.putLittleEndian(UInt16(1), at: 48)
    writer.putLittleEndian(UInt16(6), at: 50)
    writer.put([0x80, 0, 0x29], at: 64)
    writer.putLittleEndian(volumeID, at: 67)
    writer.put(label?.fatName ?? Array("NO NAME    ".utf8), at: 71)
    writer.put("FAT32   ".utf8, at: 82)
    writer.put(EmptyDisk.bootCode, at: 90)
    writer.put([0x55, 0xAA], at: 510)
    return writer.bytes
  }

  /// How many clusters are free, and where to look for one (FSInfo).
  private var freeClusters: [UInt8] {
    var writer = ByteWriter(count: 512)
    writer.put("RRaA".utf8, at: 0)
    writer.put("rrAa".utf8, at: 484)
    writer.putLittleEndian(UInt32(clusterCount - 1), at: 488)
    writer.putLittleEndian(UInt32(3), at: 492)
    writer.put([0x55, 0xAA], at: 510)
    return writer.bytes
  }
}

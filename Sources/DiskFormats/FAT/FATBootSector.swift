/// The first sector of a FAT file system: the BIOS parameter block and what follows from it.
///
/// ```
///  0  jump (3)              11  bytes per sector (2)     13  sectors per cluster (1)
///  3  OEM name (8)          14  reserved sectors (2)     16  number of FATs (1)
/// 17  root entries (2)      19  sectors, 16 bit (2)      21  media (1)
/// 22  sectors per FAT (2)   28  hidden sectors (4)       32  sectors, 32 bit (4)
/// FAT12/16: 38 boot signature 29, 39 volume ID, 43 label (11), 54 type name (8)
/// FAT32:    36 sectors per FAT (4), 40 flags (2), 42 version (2), 44 root cluster (4)
///           66 signature, 67 volume ID, 71 label, 82 type name
/// ```
/// Source: Microsoft, FAT: General Overview of On-Disk Format, 1.03. The type name is decoration.
public struct FATBootSector: Hashable, Sendable {
  /// How wide the entries of the allocation table are.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case fat12 = "FAT12"
    case fat16 = "FAT16"
    case fat32 = "FAT32"

    /// The width of an entry of the allocation table in bits; FAT32 uses 28 of its 32.
    public var entryBitCount: UInt64 { self == .fat12 ? 12 : self == .fat16 ? 16 : 32 }
  }

  /// FAT12, FAT16 or FAT32.
  public var kind: Kind
  /// Bytes 3–10: who formatted it, foreign text.
  public var oemName: String
  /// Bytes 11–12: 512, 1024, 2048 or 4096.
  public var bytesPerSector: Int
  /// Byte 13: a power of two.
  public var sectorsPerCluster: Int
  /// Bytes 14–15: sectors before the first allocation table.
  public var reservedSectors: UInt32
  /// Byte 16: number of copies of the allocation table.
  public var tableCount: UInt32
  /// Bytes 17–18: entries of the fixed root directory; 0 for FAT32.
  public var rootEntryCount: UInt32
  /// Bytes 19–20 or 32–35: length of the file system in sectors.
  public var totalSectors: UInt32
  /// Byte 21: the media descriptor.
  public var media: UInt8
  /// Bytes 22–23 or 36–39: length of one allocation table in sectors.
  public var sectorsPerTable: UInt32
  /// Bytes 28–31: sectors before the file system on its disk, as the formatter knew it.
  public var hiddenSectors: UInt32
  /// FAT32, bytes 44–47: the first cluster of the root directory; 0 otherwise.
  public var rootCluster: UInt32
  /// The volume ID, where the extended boot signature says there is one.
  public var volumeID: UInt32?
  /// The label in the boot sector, which tools often let differ from the one in the root directory.
  public var label: String?
  /// The type name, such as `FAT32   `, foreign text.
  public var typeName: String?
  /// The first sector of the data area.
  public var firstDataSector: UInt32
  /// How many clusters the data area has; they are numbered from 2.
  public var clusterCount: UInt32
  /// Why most UEFI firmware does not mount it; nil where nothing speaks against it.
  public var firmwareObjection: FirmwareObjection?

  /// Where EDK2 and kernels disagree on whether to mount it (FatOpenDevice in FatPkg/EnhancedFatDxe/Init.c).
  public enum FirmwareObjection: Hashable, Sendable {
    /// Bytes 42–43 name a version other than 0.
    case version(UInt16)
    /// Bit 7 of bytes 40–41: only one of the allocation tables is kept up to date.
    case notMirrored
    /// It has fewer clusters than a FAT32 must have.
    case fewClusters(UInt32)
    /// Byte 21 is 0 or 1, which EDK2 mounts and Linux does not.
    case noMedia
  }

  /// The fewest clusters of a FAT32 by its specification; a FAT16 has fewer.
  public static let fewestClustersOfFAT32: UInt32 = 65525

  /// Reads a boot sector and checks all that must hold for the file system to be usable.
  ///
  /// 55 AA is not asked for, because GEM and Atari media lack it; see ``BootSectorLoader`` for booting.
  public init(parsing reader: ByteReader) throws(FormatError) {
    func fail(_ field: String, _ value: some UnsignedInteger, _ offset: Int) -> FormatError {
      .invalid(.fat, field: field, value: UInt64(value), offset: reader.base &+ UInt64(offset))
    }
    let sectorSize: UInt16 = try reader.littleEndian(at: 11)
    guard [512, 1024, 2048, 4096].contains(sectorSize) else { throw fail("BPB_BytsPerSec", sectorSize, 11) }
    let perCluster = try reader.byte(at: 13)
    guard perCluster.nonzeroBitCount == 1 else { throw fail("BPB_SecPerClus", perCluster, 13) }
    let reserved: UInt16 = try reader.littleEndian(at: 14)
    guard reserved > 0 else { throw fail("BPB_RsvdSecCnt", reserved, 14) }
    let tables = try reader.byte(at: 16)
    guard (1...4).contains(tables) else { throw fail("BPB_NumFATs", tables, 16) }
    media = try reader.byte(at: 21)
    guard media >= 0xF8 || media == 0xF0 || media <= 1 else { throw fail("BPB_Media", media, 21) }
    let roots: UInt16 = try reader.littleEndian(at: 17)
    let shortTotal: UInt16 = try reader.littleEndian(at: 19)
    let longTotal: UInt32 = try reader.littleEndian(at: 32)
    let shortTable: UInt16 = try reader.littleEndian(at: 22)
    let longTable: UInt32 = try reader.littleEndian(at: 36)
    totalSectors = shortTotal != 0 ? UInt32(shortTotal) : longTotal
    sectorsPerTable = shortTable != 0 ? UInt32(shortTable) : longTable
    guard totalSectors > 0 else { throw fail("BPB_TotSec32", longTotal, 32) }
    guard sectorsPerTable > 0 else { throw fail("BPB_FATSz32", longTable, 36) }

    let rootSectors = (UInt32(roots) * 32 + UInt32(sectorSize) - 1) / UInt32(sectorSize)
    let before = UInt64(reserved) + UInt64(tables) * UInt64(sectorsPerTable) + UInt64(rootSectors)
    guard before < totalSectors else { throw fail("BPB_TotSec32", totalSectors, 32) }
    firstDataSector = UInt32(before)
    let clusters = (totalSectors - UInt32(before)) / UInt32(perCluster)
    // The specification goes by the number of clusters; firmware and kernels go by the 16-bit length of the
    // table first, because a reader needs it before it can count, and small FAT32 volumes exist.
    kind = shortTable == 0 ? .fat32 : clusters < 4085 ? .fat12 : .fat16
    guard kind != .fat16 || clusters < Self.fewestClustersOfFAT32 else {
      throw fail("clusters of FAT16", clusters, 32)
    }
    // A table too short for all clusters bounds them, as in the Linux driver.
    let covered = UInt64(sectorsPerTable) * UInt64(sectorSize) * 8 / kind.entryBitCount
    guard covered > 2 else { throw fail("BPB_FATSz32", sectorsPerTable, 22) }
    clusterCount = min(clusters, UInt32(clamping: covered - 2), 0x0FFF_FFF5)
    guard kind == .fat32 || roots > 0 else { throw fail("BPB_RootEntCnt", roots, 17) }

    bytesPerSector = Int(sectorSize)
    sectorsPerCluster = Int(perCluster)
    reservedSectors = UInt32(reserved)
    tableCount = UInt32(tables)
    rootEntryCount = kind == .fat32 ? 0 : UInt32(roots)
    hiddenSectors = try reader.littleEndian(at: 28)
    oemName = try reader.text(at: 3, count: 8)
    let wide = kind == .fat32
    rootCluster = wide ? try reader.littleEndian(at: 44) : 0
    guard !wide || (rootCluster >= 2 && rootCluster - 2 < clusterCount) else {
      throw fail("BPB_RootClus", rootCluster, 44)
    }
    if wide {
      let version: UInt16 = try reader.littleEndian(at: 42)
      let flags: UInt16 = try reader.littleEndian(at: 40)
      if version != 0 {
        firmwareObjection = .version(version)
      } else if flags & 0x80 != 0 {
        firmwareObjection = .notMirrored
      } else if clusters < Self.fewestClustersOfFAT32 {
        firmwareObjection = .fewClusters(clusters)
      }
    }
    if media <= 1, firmwareObjection == nil { firmwareObjection = .noMedia }
    let extended = wide ? 64 : 36
    let signature = try reader.byte(at: extended + 2)
    if signature == 0x29 || signature == 0x28 { volumeID = try reader.littleEndian(at: extended + 3) }
    if signature == 0x29 {
      label = try reader.text(at: extended + 7, count: 11)
      typeName = try reader.text(at: extended + 18, count: 8)
    }
  }

  /// The length of a cluster in bytes; at most 512 KiB.
  public var bytesPerCluster: Int { bytesPerSector * sectorsPerCluster }
  /// The length of the whole file system in bytes.
  public var byteCount: UInt64 { UInt64(totalSectors) * UInt64(bytesPerSector) }
  /// Where the first allocation table begins, in bytes.
  public var tableOffset: UInt64 { UInt64(reservedSectors) * UInt64(bytesPerSector) }
  /// The length of one allocation table in bytes.
  public var tableByteCount: UInt64 { UInt64(sectorsPerTable) * UInt64(bytesPerSector) }
  /// Where the fixed root directory of FAT12 and FAT16 begins, in bytes.
  public var rootDirectoryOffset: UInt64 { tableOffset + UInt64(tableCount) * tableByteCount }

  /// Where a cluster begins, in bytes; nil for a number that names no cluster.
  public func offset(ofCluster cluster: UInt32) -> UInt64? {
    guard cluster >= 2, cluster - 2 < clusterCount else { return nil }
    let sector = UInt64(firstDataSector) + UInt64(cluster - 2) * UInt64(sectorsPerCluster)
    return sector * UInt64(bytesPerSector)
  }
}

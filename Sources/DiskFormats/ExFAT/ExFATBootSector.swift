/// The first sector of an exFAT file system.
///
/// ```
///  3 "EXFAT   "           80 FAT offset (4)      88 cluster heap offset (4)  96 root cluster (4)
/// 72 sectors (8)          84 FAT length (4)      92 clusters (4)            108 log2 of bytes per sector (1)
/// 109 log2 of sectors per cluster (1)           112 percent in use (1)
/// ```
/// Source: Microsoft, exFAT file system specification, section 3.1.
public struct ExFATBootSector: Hashable, Sendable {
  /// The length of the file system in sectors.
  public let sectorCount: UInt64
  /// The first sector of the allocation table.
  public let tableSector: UInt32
  /// The length of one allocation table in sectors.
  public let sectorsPerTable: UInt32
  /// The first sector of cluster 2.
  public let heapSector: UInt32
  /// How many clusters there are; they are numbered from 2.
  public let clusterCount: UInt32
  /// The first cluster of the root directory.
  public let rootCluster: UInt32
  /// Bytes per sector: 512 to 4096.
  public let bytesPerSector: Int
  /// Bytes per cluster, at most 32 MiB.
  public let bytesPerCluster: Int
  /// How full it is in percent; nil where it does not say.
  public let percentInUse: UInt8?

  /// Reads a boot sector and checks all that reading the rest depends on.
  public init(parsing reader: ByteReader) throws(FormatError) {
    func fail(_ field: String, _ value: some UnsignedInteger, _ offset: Int) -> FormatError {
      .invalid(.exfat, field: field, value: UInt64(value), offset: reader.base &+ UInt64(offset))
    }
    guard reader.has("EXFAT   ", at: 3) else { throw .signatureMissing(.exfat, offset: reader.base &+ 3) }
    let sectorShift = try reader.byte(at: 108)
    guard (9...12).contains(sectorShift) else { throw fail("BytesPerSectorShift", sectorShift, 108) }
    let clusterShift = try reader.byte(at: 109)
    guard clusterShift <= 25 - sectorShift else { throw fail("SectorsPerClusterShift", clusterShift, 109) }
    bytesPerSector = 1 << Int(sectorShift)
    bytesPerCluster = 1 << Int(sectorShift + clusterShift)
    sectorCount = try reader.littleEndian(at: 72)
    tableSector = try reader.littleEndian(at: 80)
    sectorsPerTable = try reader.littleEndian(at: 84)
    heapSector = try reader.littleEndian(at: 88)
    clusterCount = try reader.littleEndian(at: 92)
    guard (1...0xFFFF_FFF5).contains(clusterCount) else { throw fail("ClusterCount", clusterCount, 92) }
    rootCluster = try reader.littleEndian(at: 96)
    guard rootCluster >= 2, rootCluster - 2 < clusterCount else {
      throw fail("FirstClusterOfRootDirectory", rootCluster, 96)
    }
    let percent = try reader.byte(at: 112)
    percentInUse = percent <= 100 ? percent : nil
  }

  /// Where a cluster begins, in bytes; nil for a number that names no cluster.
  public func offset(ofCluster cluster: UInt32) -> UInt64? {
    guard cluster >= 2, cluster - 2 < clusterCount else { return nil }
    // 32 bits of sectors and 32 bits of clusters of at most 25 bits: no overflow in 64.
    return UInt64(heapSector) * UInt64(bytesPerSector) + UInt64(cluster - 2) * UInt64(bytesPerCluster)
  }

  /// Where the entry of a cluster in the first allocation table lies, in bytes.
  func tableOffset(ofCluster cluster: UInt32) -> UInt64 {
    UInt64(tableSector) * UInt64(bytesPerSector) + UInt64(cluster) * 4
  }
}

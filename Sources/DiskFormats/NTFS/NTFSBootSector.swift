/// The first sector of an NTFS file system.
///
/// ```
///  3 "NTFS    "    11 bytes per sector (2)   13 sectors per cluster (1)   40 sectors (8)   48 cluster of $MFT (8)
/// 64 clusters per record (1, signed)         68 clusters per index block (1, signed)
/// ```
/// A negative count of clusters is a power of two in bytes. Source: Linux, fs/ntfs3/ntfs.h, `NTFS_BOOT`.
public struct NTFSBootSector: Hashable, Sendable {
  /// Bytes per sector: 256 to 4096.
  public let bytesPerSector: Int
  /// Bytes per cluster, at most 2 MiB.
  public let bytesPerCluster: Int
  /// The length of the file system in sectors.
  public let sectorCount: UInt64
  /// The first cluster of the master file table.
  public let tableCluster: UInt64
  /// The length of a record of the master file table in bytes.
  public let bytesPerRecord: Int
  /// The length of an index block in bytes.
  public let bytesPerIndexBlock: Int

  /// Reads a boot sector and checks all that reading the rest depends on.
  public init(parsing reader: ByteReader) throws(FormatError) {
    func fail(_ field: String, _ value: some UnsignedInteger, _ offset: Int) -> FormatError {
      .invalid(.ntfs, field: field, value: UInt64(value), offset: reader.base &+ UInt64(offset))
    }
    guard reader.has("NTFS    ", at: 3) else { throw .signatureMissing(.ntfs, offset: reader.base &+ 3) }
    let sector: UInt16 = try reader.littleEndian(at: 11)
    guard (256...4096).contains(sector), sector.nonzeroBitCount == 1 else {
      throw fail("bytes per sector", sector, 11)
    }
    let stored = try reader.byte(at: 13)
    // Above 128 it is a negative power of two, for clusters of more than 64 KiB.
    let perCluster = stored <= 0x80 ? Int(stored) : stored >= 0xF4 ? 1 << Int(~stored + 1) : 0
    guard perCluster > 0, perCluster.nonzeroBitCount == 1, perCluster * Int(sector) <= 2 << 20 else {
      throw fail("sectors per cluster", stored, 13)
    }
    bytesPerSector = Int(sector)
    let clusterSize = perCluster * Int(sector)
    bytesPerCluster = clusterSize
    sectorCount = try reader.littleEndian(at: 40)
    tableCluster = try reader.littleEndian(at: 48)
    func size(_ offset: Int) throws(FormatError) -> Int {
      let stored = try reader.byte(at: offset)
      let count = Int(Int8(bitPattern: stored))
      let size = count > 0 ? count * clusterSize : count >= -20 ? 1 << -count : 0
      guard (512...65_536).contains(size), size % 512 == 0 else {
        throw fail("clusters per record", stored, offset)
      }
      return size
    }
    bytesPerRecord = try size(64)
    bytesPerIndexBlock = try size(68)
  }

  /// How many clusters there are.
  var clusterCount: UInt64 { sectorCount / UInt64(bytesPerCluster / bytesPerSector) }
}

/// The header of a qcow2 file, as far as it decides where the disk's bytes lie.
///
/// ```
///  0 "QFI\xfb"  4 version (4)  8 backing file's name: offset (8), length (4)  20 cluster bits (4)  24 length (8)
/// 32 encryption (4)  36 L1: entries (4), offset (8)  60 snapshots (4)
/// version 3: 72 incompatible features (8)  100 length of the header (4)  104 compression (1)
/// ```
/// Source: QEMU, docs/interop/qcow2.txt; all numbers have their highest byte first.
struct QCOW2Header: Hashable, Sendable {
  var version: UInt32
  var clusterBits: UInt64
  var byteCount: UInt64
  var l1Count: UInt64
  var l1Offset: UInt64
  var hasSnapshots: Bool
  var isDirty = false
  var hasSubclusters = false
  var isZstd = false

  private enum Feature {
    static let dirty: UInt64 = 1
    static let corrupt: UInt64 = 2
    static let externalData: UInt64 = 4
    static let compression: UInt64 = 8
    static let subclusters: UInt64 = 16
  }

  /// The longest first table that QEMU reads, in bytes (block/qcow2.h, `QCOW_MAX_L1_SIZE`).
  private static let longestL1: UInt64 = 32 << 20

  /// Reads the header at the beginning of a file.
  init(in file: MetadataReader) throws(ContainerError) {
    let fields = try file.structure(at: 0, count: 72, of: .header)
    version = fields.big(at: 4)
    guard fields.big(UInt64.self, at: 8) == 0 else { throw .needs(.parentFile) }
    clusterBits = UInt64(fields.big(UInt32.self, at: 20))
    byteCount = fields.big(at: 24)
    guard fields.big(UInt32.self, at: 32) == 0 else { throw .needs(.key) }
    l1Count = UInt64(fields.big(UInt32.self, at: 36))
    l1Offset = fields.big(at: 40)
    hasSnapshots = fields.big(UInt32.self, at: 60) != 0
    guard (9...21).contains(clusterBits) else { throw .damaged(.header, offset: 20) }
    if version >= 3 { try readFeatures(in: file) }
    try requireFirstTable(in: file)
  }

  private mutating func readFeatures(in file: MetadataReader) throws(ContainerError) {
    let fields = try file.structure(at: 0, count: 104, of: .header)
    let features: UInt64 = fields.big(at: 72)
    guard features & Feature.corrupt == 0 else { throw .needs(.repair) }
    guard features & Feature.externalData == 0 else { throw .needs(.dataFile) }
    isDirty = features & Feature.dirty != 0
    hasSubclusters = features & Feature.subclusters != 0
    let known = Feature.dirty | Feature.compression | Feature.subclusters
    guard features & ~known == 0 else { throw .needs(.feature) }
    // Clusters of less than 16 KiB would have subclusters of less than a sector.
    guard !hasSubclusters || clusterBits >= 14 else { throw .damaged(.header, offset: 20) }
    guard features & Feature.compression != 0 else { return }
    guard fields.big(UInt32.self, at: 100) > 104 else { throw .damaged(.header, offset: 100) }
    switch try file.structure(at: 104, count: 1, of: .header).bytes[0] {
    case 0: break
    case 1: isZstd = true
    default: throw .needs(.method)
    }
  }

  private func requireFirstTable(in file: MetadataReader) throws(ContainerError) {
    guard l1Count * 8 <= Self.longestL1 else { throw .tooLong(.table, byteCount: l1Count * 8) }
    guard l1Offset % clusterByteCount == 0 else { throw .damaged(.header, offset: 40) }
    // Checked before the multiplication, which then fits: an entry stands for 2^58 bytes at most.
    guard byteCount <= GuestDisk.longest else { throw .tooLong(.length, byteCount: byteCount) }
    guard l1Count * byteCountOfTable >= byteCount else { throw .damaged(.header, offset: 36) }
    try file.requireWithin(l1Offset, count: l1Count * 8, of: .table)
  }

  /// The length of a cluster in bytes.
  var clusterByteCount: UInt64 { 1 << clusterBits }
  /// The length of an entry of a second table in bytes.
  var entryByteCount: UInt64 { hasSubclusters ? 16 : 8 }
  /// How many clusters a second table stands for.
  var clustersOfTable: UInt64 { clusterByteCount / entryByteCount }
  /// How much of the disk a second table stands for, in bytes.
  var byteCountOfTable: UInt64 { clustersOfTable << clusterBits }
}

/// Where on a disk a file system comes to lie.
struct VolumePlace: Hashable, Sendable {
  /// Where it begins, in bytes.
  let start: UInt64
  /// Its length in bytes, in whole blocks.
  let byteCount: UInt64
  /// The block size of the disk in bytes: 512 to 4096.
  let blockSize: Int

  /// What flash erases at once at most, as the SD Association counts it, in bytes.
  static let flashUnit: UInt64 = 4 << 20
  /// From which length on that much may be given away, in bytes.
  private static let leastAligned: UInt64 = 512 << 20

  /// The length in blocks.
  var sectorCount: UInt64 { byteCount / UInt64(blockSize) }

  /// Of what the clusters begin on a multiple, in bytes; at least one cluster.
  func alignment(atLeast clusterByteCount: UInt64) -> UInt64 {
    byteCount >= Self.leastAligned ? max(Self.flashUnit, clusterByteCount) : clusterByteCount
  }
}

extension UInt64 {
  /// The smallest multiple of `step` that is not below the number, which must not be near the largest there is.
  func rounded(upTo step: UInt64) -> UInt64 { (self + step - 1) / step * step }
}

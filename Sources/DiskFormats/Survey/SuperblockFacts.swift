public import BlockIO

/// What one look at the superblock tells of file systems whose directories are not read.
public struct SuperblockFacts: Hashable, Sendable {
  /// The bytes in use; nil where that is not a field.
  public var usedByteCount: UInt64?
  /// When it was last written, in seconds since 1970; nil where that is not a field.
  public var lastWritten: Int64?
  /// Over how many devices it extends; nil where that is not a field.
  public var deviceCount: UInt64?
  /// Whether it has keys of encrypted volumes; nil where that is not a field.
  public var hasKeys: Bool?

  /// Creates facts.
  public init(
    usedByteCount: UInt64? = nil, lastWritten: Int64? = nil, deviceCount: UInt64? = nil, hasKeys: Bool? = nil
  ) {
    self.usedByteCount = usedByteCount
    self.lastWritten = lastWritten
    self.deviceCount = deviceCount
    self.hasKeys = hasKeys
  }

  /// Looks at the superblocks of HFS+, APFS, btrfs and XFS; nil where none of them is there.
  ///
  /// - Throws: only where the bytes cannot be had.
  public init?(reading bytes: any RandomAccessBytes) throws(FormatError) {
    let head = try bytes.prefixReader(at: 0, upTo: 4096)
    do {
      if head.has("H+", at: 1024) || head.has("HX", at: 1024) {
        self = try Self.hfsPlus(head)
      } else if head.has("NXSB", at: 32) {
        self = try Self.apfs(head)
      } else if head.has("XFSB", at: 0) {
        self = try Self.xfs(head)
      } else {
        let second = try bytes.prefixReader(at: 0x10000, upTo: 4096)
        guard second.has("_BHRfS_M", at: 0x40) else { return nil }
        self = try Self.btrfs(second)
      }
    } catch {
      if case .unreadable = error { throw error }
      return nil
    }
  }

  /// Apple TN1150, Volume Header: modifyDate 20 (seconds since 1904), blockSize 40, totalBlocks 44, freeBlocks 48.
  private static func hfsPlus(_ head: ByteReader) throws(FormatError) -> SuperblockFacts {
    let modified: UInt32 = try head.bigEndian(at: 1024 + 20)
    let blockSize: UInt32 = try head.bigEndian(at: 1024 + 40)
    let total: UInt32 = try head.bigEndian(at: 1024 + 44)
    let free: UInt32 = try head.bigEndian(at: 1024 + 48)
    // 24107 days lie between 1904 and 1970.
    return SuperblockFacts(
      usedByteCount: total.subtracting(free).map { UInt64($0) * UInt64(blockSize) },
      lastWritten: modified == 0 ? nil : Int64(modified) - 2_082_844_800)
  }

  /// Apple File System Reference, nx_superblock_t: nx_keylocker, a start and a count of blocks, at 1296.
  private static func apfs(_ head: ByteReader) throws(FormatError) -> SuperblockFacts {
    let blocks: UInt64 = try head.littleEndian(at: 1296 + 8)
    return SuperblockFacts(hasKeys: blocks > 0)
  }

  /// btrfs on-disk format, superblock: bytes_used 0x78, num_devices 0x88.
  private static func btrfs(_ block: ByteReader) throws(FormatError) -> SuperblockFacts {
    SuperblockFacts(
      usedByteCount: try block.littleEndian(at: 0x78), deviceCount: try block.littleEndian(at: 0x88))
  }

  /// XFS Algorithms & Data Structures, superblock: sb_blocksize 4, sb_dblocks 8, sb_fdblocks 144.
  private static func xfs(_ head: ByteReader) throws(FormatError) -> SuperblockFacts {
    let blockSize: UInt32 = try head.bigEndian(at: 4)
    let total: UInt64 = try head.bigEndian(at: 8)
    let free: UInt64 = try head.bigEndian(at: 144)
    return SuperblockFacts(usedByteCount: total.subtracting(free)?.multiplied(by: UInt64(blockSize)))
  }
}

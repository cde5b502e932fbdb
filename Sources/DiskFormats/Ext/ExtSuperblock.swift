/// The superblock of ext2, ext3 and ext4, 1024 bytes at byte 1024.
///
/// ```
///   4 blocks (4)           12 free blocks (4)      20 first data block (4)   24 log2 of block size - 10 (4)
///  32 blocks per group (4) 40 inodes per group (4) 44 mounted at (4)         48 written at (4)
///  56 magic EF53 (2)       76 revision (4)         88 inode size (2)         96 incompatible features (4)
/// 120 label (16)          136 last mounted at (64) 254 descriptor size (2)  336 blocks, high (4)
/// 344 free blocks, high (4)  628 written at, high (1)  629 mounted at, high (1)
/// ```
/// Source: Linux, Documentation/filesystems/ext4/super.rst.
public struct ExtSuperblock: Hashable, Sendable {
  /// Where it begins, in bytes.
  public static let offset: UInt64 = 1024

  /// Features without which the file system cannot be read.
  struct Features: OptionSet, Hashable, Sendable {
    let rawValue: UInt32
    /// Directory entries hold the type of what they name.
    static let fileType = Features(rawValue: 0x2)
    /// The group descriptors are spread over the disk.
    static let metaGroups = Features(rawValue: 0x10)
    /// Block numbers have 64 bits, and descriptors a size of their own.
    static let wide = Features(rawValue: 0x80)
  }

  /// The length of a block in bytes, 1024 to 65536.
  public let blockSize: Int
  /// How many blocks there are.
  public let blockCount: UInt64
  /// How many of them are free.
  public let freeBlockCount: UInt64
  /// The block that the first group begins with.
  public let firstDataBlock: UInt32
  /// How many inodes a group has.
  public let inodesPerGroup: UInt32
  /// The length of an inode in bytes.
  public let inodeSize: Int
  /// The length of a group descriptor in bytes.
  public let descriptorSize: Int
  /// The label; foreign text.
  public let label: String
  /// Where it was mounted last; foreign text.
  public let lastMountPoint: String
  /// When it was last mounted or written, in seconds since 1970; nil where it never was.
  public let lastWritten: Int64?
  let features: Features

  /// Reads the 1024 bytes and checks what reading the rest depends on.
  public init(parsing reader: ByteReader) throws(FormatError) {
    func fail(_ field: String, _ value: some UnsignedInteger, _ offset: Int) -> FormatError {
      .invalid(.ext, field: field, value: UInt64(value), offset: reader.base &+ UInt64(offset))
    }
    guard reader.has([0x53, 0xEF], at: 56) else { throw .signatureMissing(.ext, offset: reader.base &+ 56) }
    let logarithm: UInt32 = try reader.littleEndian(at: 24)
    guard logarithm <= 6 else { throw fail("s_log_block_size", logarithm, 24) }
    blockSize = 1024 << Int(logarithm)
    let revision: UInt32 = try reader.littleEndian(at: 76)
    features = revision == 0 ? [] : Features(rawValue: try reader.littleEndian(at: 96))
    let isWide = features.contains(.wide)
    func number(_ low: Int, _ high: Int) throws(FormatError) -> UInt64 {
      let lower: UInt32 = try reader.littleEndian(at: low)
      let upper: UInt32 = isWide ? try reader.littleEndian(at: high) : 0
      return UInt64(upper) << 32 | UInt64(lower)
    }
    blockCount = try number(4, 336)
    freeBlockCount = try number(12, 344)
    firstDataBlock = try reader.littleEndian(at: 20)
    guard firstDataBlock <= 1 else { throw fail("s_first_data_block", firstDataBlock, 20) }
    inodesPerGroup = try reader.littleEndian(at: 40)
    guard inodesPerGroup > 0 else { throw fail("s_inodes_per_group", inodesPerGroup, 40) }
    let inode: UInt16 = revision == 0 ? 128 : try reader.littleEndian(at: 88)
    guard inode >= 128, inode.nonzeroBitCount == 1, Int(inode) <= blockSize else {
      throw fail("s_inode_size", inode, 88)
    }
    inodeSize = Int(inode)
    let descriptor: UInt16 = isWide ? try reader.littleEndian(at: 254) : 32
    guard (32...1024).contains(descriptor), descriptor.nonzeroBitCount == 1 else {
      throw fail("s_desc_size", descriptor, 254)
    }
    descriptorSize = Int(descriptor)
    label = try reader.text(at: 120, count: 16)
    lastMountPoint = try reader.text(at: 136, count: 64)
    let mounted = try Self.time(reader, 44, high: 629)
    let written = try Self.time(reader, 48, high: 628)
    lastWritten = max(mounted, written) == 0 ? nil : max(mounted, written)
  }

  private static func time(_ reader: ByteReader, _ offset: Int, high: Int) throws(FormatError) -> Int64 {
    let low: UInt32 = try reader.littleEndian(at: offset)
    return Int64(try reader.byte(at: high)) << 32 | Int64(low)
  }

  /// The bytes in use, the file system's own structures among them.
  public var usedByteCount: UInt64? {
    blockCount.subtracting(freeBlockCount)?.multiplied(by: UInt64(blockSize))
  }
}

public import BlockIO

/// An ext2, ext3 or ext4 file system, of which the superblock and a few directories are read.
///
/// The bytes begin with its first block: give it a ``SubrangeBytes`` for a partition.
public struct ExtVolume: SurveyableVolume {
  /// The superblock.
  public let superblock: ExtSuperblock
  private let bytes: any RandomAccessBytes
  /// The inode of the root directory (EXT4_ROOT_INO).
  private static let rootInode: UInt64 = 2

  /// Recognises a file system by its superblock.
  public init(_ bytes: any RandomAccessBytes) throws(FormatError) {
    superblock = try ExtSuperblock(parsing: bytes.reader(at: ExtSuperblock.offset, count: 1024))
    self.bytes = bytes
  }

  /// The bytes in use, the file system's own structures among them.
  public var usedByteCount: UInt64? { superblock.usedByteCount }
  /// When it was last mounted or written.
  public var lastWritten: Int64? { superblock.lastWritten }

  /// The entries of the root directory; the date of each costs a read more and is left out.
  public func rootEntries() throws(FormatError) -> [VolumeEntry] {
    try entries(ofInode: Self.rootInode)
  }

  /// The entries of a directory.
  public func entries(of directory: VolumeEntry) throws(FormatError) -> [VolumeEntry] {
    try entries(ofInode: directory.place.first)
  }

  private func entries(ofInode number: UInt64) throws(FormatError) -> [VolumeEntry] {
    let inode = try inode(number)
    guard inode.isDirectory else {
      throw .invalid(.ext, field: "i_mode of a directory", value: number, offset: ExtSuperblock.offset)
    }
    var entries: [VolumeEntry] = []
    if inode.isInline {
      // The inode of the parent stands in the place of both dot entries.
      try add(inode.map.slice(at: 4, count: 56), to: &entries)
      return entries
    }
    var map = ExtBlockMap(bytes, blockSize: superblock.blockSize)
    let limit = min(
      SurveyLimits.bytesPerDirectory / superblock.blockSize,
      Int(clamping: inode.byteCount / UInt64(superblock.blockSize)))
    for number in try map.blocks(of: inode, limit: max(1, limit)) {
      guard entries.count < SurveyLimits.entriesPerDirectory else { break }
      try add(map.block(number), to: &entries)
    }
    return entries
  }

  /// Adds the entries of a block: inode (4), length (2), length of the name (1), type (1), name.
  ///
  /// Blocks of a hash tree look like one empty entry to those who do not know it (ext4/directory.rst).
  private func add(_ block: ByteReader, to entries: inout [VolumeEntry]) throws(FormatError) {
    var place = 0
    while block.contains(place, count: 8), entries.count < SurveyLimits.entriesPerDirectory {
      let inode: UInt32 = try block.littleEndian(at: place)
      let stored: UInt16 = try block.littleEndian(at: place + 4)
      // In blocks of 64 KiB the length of a whole block does not fit.
      let length = stored == 0xFFFF || stored == 0 ? block.count - place : Int(stored)
      let nameLength = Int(try block.byte(at: place + 6))
      let type = try block.byte(at: place + 7)
      guard length >= 8, nameLength <= length - 8 else { return }
      if inode != 0, nameLength > 0, block.contains(place + 8, count: nameLength) {
        let name = String(decoding: try block.bytes(at: place + 8, count: nameLength), as: UTF8.self)
        let isDirectory = !superblock.features.contains(.fileType) || type == 2
        if name != ".", name != ".." {
          entries.append(
            VolumeEntry(
              name: name, isDirectory: isDirectory, modified: nil,
              place: VolumeEntry.Place(first: UInt64(inode))))
        }
      }
      place += length
    }
  }

  private func inode(_ number: UInt64) throws(FormatError) -> ExtInode {
    guard number > 0 else {
      throw .invalid(.ext, field: "inode", value: number, offset: ExtSuperblock.offset)
    }
    let (group, index) = (number - 1).quotientAndRemainder(dividingBy: UInt64(superblock.inodesPerGroup))
    let perBlock = UInt64(superblock.blockSize / superblock.descriptorSize)
    // With META_BG only the first block of descriptors lies where it always did.
    guard group < perBlock || !superblock.features.contains(.metaGroups) else {
      throw .limitExceeded(.ext, what: "group with META_BG", limit: perBlock, offset: ExtSuperblock.offset)
    }
    let table = (UInt64(superblock.firstDataBlock) + 1) * UInt64(superblock.blockSize)
    let descriptor = try bytes.reader(
      at: table + group * UInt64(superblock.descriptorSize), count: superblock.descriptorSize)
    let low: UInt32 = try descriptor.littleEndian(at: 8)
    let high: UInt32 = superblock.descriptorSize >= 64 ? try descriptor.littleEndian(at: 40) : 0
    guard
      let start = (UInt64(high) << 32 | UInt64(low)).multiplied(by: UInt64(superblock.blockSize)),
      let offset = start.adding(index * UInt64(superblock.inodeSize))
    else { throw .outOfBounds(offset: .max, count: superblock.inodeSize) }
    return try ExtInode(parsing: bytes.reader(at: offset, count: superblock.inodeSize))
  }
}

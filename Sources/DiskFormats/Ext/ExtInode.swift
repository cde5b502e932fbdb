import BlockIO

/// The fields of an inode that lead to the contents of a directory.
///
/// ```
/// 0 mode (2)  4 size (4)  16 modified (4)  32 flags (4)  40 block map, extent tree or the data itself (60)
/// ```
/// Source: Linux, Documentation/filesystems/ext4/inodes.rst and ifork.rst.
struct ExtInode: Hashable, Sendable {
  let isDirectory: Bool
  let byteCount: UInt64
  /// Seconds since 1970.
  let modified: Int64
  let hasExtents: Bool
  let isInline: Bool
  /// The 60 bytes of `i_block`.
  let map: ByteReader

  init(parsing reader: ByteReader) throws(FormatError) {
    let mode: UInt16 = try reader.littleEndian(at: 0)
    isDirectory = mode & 0xF000 == 0x4000
    byteCount = UInt64(try reader.littleEndian(UInt32.self, at: 4))
    modified = Int64(try reader.littleEndian(UInt32.self, at: 16))
    let flags: UInt32 = try reader.littleEndian(at: 32)
    hasExtents = flags & 0x8_0000 != 0
    isInline = flags & 0x1000_0000 != 0
    map = try reader.slice(at: 40, count: 60)
  }
}

/// Finds the blocks of an inode, a bounded number of them.
struct ExtBlockMap {
  let bytes: any RandomAccessBytes
  let blockSize: Int
  private var nodes = 0
  private static let magic: [UInt8] = [0x0A, 0xF3]
  private static let nodeLimit = 32

  init(_ bytes: any RandomAccessBytes, blockSize: Int) {
    self.bytes = bytes
    self.blockSize = blockSize
  }

  /// The first `limit` blocks in the order of the file, holes left out.
  mutating func blocks(of inode: ExtInode, limit: Int) throws(FormatError) -> [UInt64] {
    inode.hasExtents
      ? try extents(in: inode.map, depth: 5, limit: limit) : try mapped(inode.map, limit: limit)
  }

  /// An extent tree: a header of 12 bytes, then entries of 12 bytes.
  ///
  /// Header: magic F30A, entries (2), maximum (2), depth (2). Leaf: block (4), length (2), start high (2),
  /// start (4). Index: block (4), child (4), child high (2).
  private mutating func extents(in node: ByteReader, depth: Int, limit: Int) throws(FormatError) -> [UInt64] {
    guard node.has(Self.magic, at: 0) else { throw .signatureMissing(.ext, offset: node.base) }
    let count: UInt16 = try node.littleEndian(at: 2)
    let isLeaf = try node.littleEndian(UInt16.self, at: 6) == 0
    nodes += 1
    guard nodes <= Self.nodeLimit, depth > 0 else {
      throw .limitExceeded(
        .ext, what: "nodes of an extent tree", limit: UInt64(Self.nodeLimit), offset: node.base)
    }
    var blocks: [UInt64] = []
    for index in 0..<Int(count) where blocks.count < limit {
      let place = 12 + index * 12
      guard node.contains(place, count: 12) else { break }
      if isLeaf {
        let high: UInt16 = try node.littleEndian(at: place + 6)
        let low: UInt32 = try node.littleEndian(at: place + 8)
        let stored: UInt16 = try node.littleEndian(at: place + 4)
        // Above 32768 the extent is allocated but not written.
        guard stored <= 32_768 else { continue }
        let start = UInt64(high) << 32 | UInt64(low)
        for step in 0..<min(UInt64(stored), UInt64(limit - blocks.count)) { blocks.append(start + step) }
      } else {
        let low: UInt32 = try node.littleEndian(at: place + 4)
        let high: UInt16 = try node.littleEndian(at: place + 8)
        let child = try block(UInt64(high) << 32 | UInt64(low))
        blocks += try extents(in: child, depth: depth - 1, limit: limit - blocks.count)
      }
    }
    return blocks
  }

  /// A block map: 12 direct blocks, then one block of further ones; what lies deeper is left out.
  private mutating func mapped(_ map: ByteReader, limit: Int) throws(FormatError) -> [UInt64] {
    var blocks: [UInt64] = []
    for index in 0..<12 { blocks.append(UInt64(try map.littleEndian(UInt32.self, at: index * 4))) }
    let indirect: UInt32 = try map.littleEndian(at: 48)
    if indirect != 0, limit > blocks.count {
      let list = try block(UInt64(indirect))
      for offset in stride(from: 0, to: list.count - 3, by: 4) where blocks.count < limit {
        blocks.append(UInt64(try list.littleEndian(UInt32.self, at: offset)))
      }
    }
    return Array(blocks.filter { $0 != 0 }.prefix(limit))
  }

  /// One block.
  func block(_ number: UInt64) throws(FormatError) -> ByteReader {
    guard let offset = number.multiplied(by: UInt64(blockSize)) else {
      throw .outOfBounds(offset: .max, count: blockSize)
    }
    return try bytes.reader(at: offset, count: blockSize)
  }
}

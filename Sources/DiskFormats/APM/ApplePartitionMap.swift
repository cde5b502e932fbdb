public import BlockIO

/// An Apple partition map, as hybrid images carry one for PowerPC and early Intel Macs; big-endian.
///
/// ```
/// block 0   "ER"  2 block size (2)  4 number of blocks (4, fantasy on images)
/// block 1…  "PM"  4 number of entries (4)  8 start (4)  12 length (4)  16 name (32)  48 type (32)
/// ```
/// Source: Inside Macintosh: Devices, chapter 3. On images the block size is 2048, and syslinux's isohybrid
/// counts in 512 bytes all the same.
public struct ApplePartitionMap: Hashable, Sendable {
  /// More entries than this are no honest map; hybrid images have three or four.
  public static let entryLimit = 64

  /// One entry of the map.
  public struct Entry: Hashable, Sendable {
    /// 1 and up, in the order of the map.
    public var index: Int
    /// Bytes 16–47, foreign text.
    public var name: String
    /// Bytes 48–79, such as `Apple_HFS`, foreign text.
    public var type: String
    /// Bytes 8–11: the first block, in units of ``ApplePartitionMap/unit``.
    public var start: UInt32
    /// Bytes 12–15: the length, in the same units.
    public var blockCount: UInt32
  }

  /// Something about the map that an honest one does not have.
  public enum Defect: Hashable, Sendable {
    /// Block0 is missing, so that Macs ignore the map.
    case block0Missing
    /// Block0 states a block size that is not 512, 1024, 2048 or 4096.
    case blockSize(UInt16)
    /// The entries say that there are more of them than follow.
    case entriesMissing(stated: UInt32, found: Int)
    /// The partition reaches beyond the end.
    case beyondEnd(index: Int, endOffset: UInt64)
  }

  /// Block0's block size in bytes; 512 where Block0 is missing or absurd.
  public var statedBlockSize: Int
  /// How far apart the entries lie, in bytes.
  public var stride: Int
  /// The unit of ``Entry/start`` and ``Entry/blockCount`` in bytes: the stated one, or 512 where only that
  /// makes the partitions fit the image.
  public var unit: Int
  /// The entries, at most ``entryLimit``.
  public var entries: [Entry]
  /// Everything odd.
  public var defects: [Defect]

  /// Reads the map at the beginning of a disk; nil where there is no entry.
  ///
  /// - Throws: only where the bytes cannot be had.
  public init?(in disk: some RandomAccessBytes) throws(FormatError) {
    let head = try disk.prefixReader(at: 0, upTo: 4096 * (Self.entryLimit + 1))
    defects = []
    var stated = 512
    if head.has("ER", at: 0), let size: UInt16 = try? head.bigEndian(at: 2) {
      if [512, 1024, 2048, 4096].contains(size) {
        stated = Int(size)
      } else {
        defects.append(.blockSize(size))
      }
    } else {
      defects.append(.block0Missing)
    }
    // xorriso lays two maps over each other, for 2048 and for 512; the stated stride is the one meant.
    guard let stride = [stated, 512, 2048].first(where: { head.has("PM", at: $0) }) else { return nil }
    statedBlockSize = stated
    self.stride = stride
    unit = stated
    entries = []
    let count = (try? head.bigEndian(UInt32.self, at: stride + 4)) ?? 0
    for index in 1...Self.entryLimit where index <= count {
      guard head.has("PM", at: index * stride), let entry = try? Entry(index, head, at: index * stride)
      else { break }
      entries.append(entry)
    }
    // Two letters alone are too little evidence of a map.
    guard defects != [.block0Missing] || entries.first?.type == "Apple_partition_map" else { return nil }
    if entries.count < count { defects.append(.entriesMissing(stated: count, found: entries.count)) }
    unit = Self.unit(of: entries, stated: stated, byteCount: disk.byteCount)
    for entry in entries where endOffset(of: entry) > disk.byteCount {
      defects.append(.beyondEnd(index: entry.index, endOffset: endOffset(of: entry)))
    }
  }

  /// Where a partition begins, in bytes.
  public func offset(of entry: Entry) -> UInt64 { UInt64(entry.start) * UInt64(unit) }

  /// The first byte behind a partition.
  public func endOffset(of entry: Entry) -> UInt64 {
    (UInt64(entry.start) + UInt64(entry.blockCount)) * UInt64(unit)
  }

  private static func unit(of entries: [Entry], stated: Int, byteCount: UInt64) -> Int {
    func fits(_ unit: Int) -> Bool {
      entries.allSatisfy { (UInt64($0.start) + UInt64($0.blockCount)) * UInt64(unit) <= byteCount }
    }
    return !fits(stated) && fits(512) ? 512 : stated
  }
}

extension ApplePartitionMap.Entry {
  fileprivate init(_ index: Int, _ head: ByteReader, at offset: Int) throws(FormatError) {
    self.index = index
    start = try head.bigEndian(at: offset + 8)
    blockCount = try head.bigEndian(at: offset + 12)
    name = try head.text(at: offset + 16, count: 32)
    type = try head.text(at: offset + 48, count: 32)
  }
}

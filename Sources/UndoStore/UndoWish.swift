public import DeviceProbe

/// How much of what the image overwrites is saved beyond the structure.
public struct UndoLimit: Hashable, Sendable {
  /// How many bytes that are not zero are kept at most.
  public var keptByteCount: UInt64
  /// How far from the first byte is read at most, in bytes.
  public var scannedByteCount: UInt64

  /// What is saved unless something else is asked for: the first 64 MiB.
  ///
  /// They hold both FATs and the root directory of any stick up to 256 GiB (two tables of 4 bytes for each
  /// cluster of 32 KiB), and what a USB 2 stick can be made to overwrite in the first seconds; reading them
  /// from it takes two seconds.
  public static let standard = UndoLimit(keptByteCount: 64 << 20, scannedByteCount: 64 << 20)

  /// The most that can be asked for, in bytes: what the description of a record has room for.
  public static let largest: UInt64 = 16 << 30

  /// Asks for the first bytes in use, however many zeros are between them.
  public init(inUse byteCount: UInt64) {
    self.init(keptByteCount: min(byteCount, Self.largest), scannedByteCount: .max)
  }

  private init(keptByteCount: UInt64, scannedByteCount: UInt64) {
    self.keptByteCount = keptByteCount
    self.scannedByteCount = scannedByteCount
  }
}

/// What is to be saved of a disk.
public struct UndoWish: Hashable, Sendable {
  /// The structure, saved in any case: what is zeroed first, and both ends of every partition that the
  /// image begins to overwrite, where superblocks lie.
  public let structure: ByteRanges
  /// Where the data begins and ends of which ``limit`` says how much is saved.
  public let data: ByteRanges
  /// How much of the data.
  public let limit: UndoLimit

  /// How much is looked at, in bytes; more where zeros do not count.
  public var byteCount: UInt64 { structure.byteCount + min(data.byteCount, limit.keptByteCount) }

  /// How much at either end of a partition counts as its superblock, in bytes.
  ///
  /// That of btrfs lies at 64 KiB, those of md and ZFS in the last 256 KiB.
  public static let edgeByteCount: UInt64 = 1 << 20
  /// How long the header of LUKS2 is with all its key slots unless somebody asks for another length, in bytes;
  /// without it nothing in the partition can be read.
  static let keySlotByteCount: UInt64 = 16 << 20
  /// A hostile table has any number of partitions; this many have their ends saved.
  private static let partitionLimit = 32

  /// Decides what to save.
  /// - Parameters:
  ///   - capacity: the bytes that can be addressed on the disk, a multiple of `alignment`.
  ///   - written: how many bytes from the first on are overwritten.
  ///   - erased: what is zeroed besides.
  ///   - alignment: the logical block size in bytes.
  public init(
    capacity: UInt64, alignment: UInt64, written: UInt64, erased: ByteRanges,
    partitions: [UndoRecord.Partition], limit: UndoLimit
  ) {
    let overwritten = ByteRanges([0..<min(written, capacity)])
    let edges = partitions.prefix(Self.partitionLimit).flatMap { partition -> [Range<UInt64>] in
      let range = partition.range.clamped(to: 0..<capacity)
      guard !range.isEmpty else { return [] }
      let isLocked = partition.fileSystem == "crypto_LUKS"
      let head = min(isLocked ? Self.keySlotByteCount : Self.edgeByteCount, UInt64(range.count))
      let tail = min(Self.edgeByteCount, UInt64(range.count))
      return [range.lowerBound..<(range.lowerBound + head), (range.upperBound - tail)..<range.upperBound]
    }
    let blocks = ByteRanges(edges.map { Self.blocks(of: $0, alignment: alignment, capacity: capacity) })
    structure = erased.union(blocks.intersection(overwritten))
    data = ByteRanges([0..<min(written, limit.scannedByteCount, capacity)]).subtracting(structure)
    self.limit = limit
  }

  /// The whole blocks that a range touches.
  private static func blocks(of range: Range<UInt64>, alignment: UInt64, capacity: UInt64) -> Range<UInt64> {
    let end = range.upperBound + (alignment - range.upperBound % alignment) % alignment
    return (range.lowerBound - range.lowerBound % alignment)..<min(end, capacity)
  }
}

extension UndoRecord.Partition {
  /// What libblkid has found in the old table; entries that reach beyond any disk are left out.
  public init?(_ partition: Contents.Partition) {
    let (end, overflows) = partition.start.addingReportingOverflow(partition.byteCount)
    guard !overflows, end <= UInt64(Int64.max) else { return nil }
    self.init(
      number: partition.number, range: partition.start..<end, fileSystem: partition.fileSystem,
      name: partition.label ?? partition.name)
  }
}

public import DeviceProbe

/// How much of what the image overwrites is saved beyond the structure.
public struct UndoLimit: Hashable, Sendable {
  /// How many bytes that are not zero are kept at most.
  public var keptByteCount: UInt64
  /// How far from the first byte is read at most, in bytes.
  public var scannedByteCount: UInt64
  /// Whether less is read where a shorter image is written.
  private let isShare: Bool

  /// What is saved unless something else is asked for: all that an image of up to 64 MiB overwrites, and of a
  /// longer one the 256th part, between 4 and 64 MiB.
  ///
  /// Reading it takes well below a hundredth of the time that writing takes; what files are found by is part of the
  /// structure, wherever it lies (``FileTables``).
  public static let standard = UndoLimit(kept: largestShare, scanned: largestShare, isShare: true)

  private static let share: UInt64 = 256
  private static let smallestShare: UInt64 = 4 << 20
  private static let largestShare: UInt64 = 64 << 20

  /// The most that can be asked for, in bytes: what the description of a record has room for.
  public static let largest: UInt64 = 16 << 30

  /// Asks for the first bytes in use, however many zeros are between them.
  public init(inUse byteCount: UInt64) {
    self.init(kept: min(byteCount, Self.largest), scanned: .max, isShare: false)
  }

  private init(kept: UInt64, scanned: UInt64, isShare: Bool) {
    keptByteCount = kept
    scannedByteCount = scanned
    self.isShare = isShare
  }

  /// How far from the first byte is read for an image of so many bytes, in bytes.
  func reach(written: UInt64) -> UInt64 {
    guard isShare, written > Self.largestShare else { return min(written, scannedByteCount) }
    let share = max(Self.smallestShare, written / Self.share)
    return min(share - share % UndoWish.edgeByteCount, scannedByteCount)
  }
}

/// What is to be saved of a disk.
public struct UndoWish: Hashable, Sendable {
  /// The structure, saved in any case: what is zeroed first, both ends of every partition that the image begins to
  /// overwrite, where superblocks lie, and what files are found by.
  public let structure: ByteRanges
  /// Where the data begins and ends of which ``limit`` says how much is saved.
  public let data: ByteRanges
  /// How much of the data.
  public let limit: UndoLimit
  /// What is overwritten or zeroed at all.
  let lost: ByteRanges
  /// Where file systems may begin, and end.
  let volumes: [Range<UInt64>]
  /// The logical block size in bytes.
  let alignment: UInt64

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
    self.init(
      structure: erased.union(blocks.intersection(overwritten)),
      data: ByteRanges([0..<min(limit.reach(written: written), capacity)]), limit: limit,
      lost: erased.union(overwritten),
      volumes: [0..<capacity]
        + partitions.prefix(Self.partitionLimit).map { $0.range.clamped(to: 0..<capacity) },
      alignment: alignment)
  }

  private init(
    structure: ByteRanges, data: ByteRanges, limit: UndoLimit, lost: ByteRanges, volumes: [Range<UInt64>],
    alignment: UInt64
  ) {
    self.structure = structure
    self.data = data.subtracting(structure)
    self.limit = limit
    self.lost = lost
    self.volumes = volumes
    self.alignment = alignment
  }

  /// The same with what the files of the disk are found by, as far as it is lost.
  public func includingFileTables<Source: UndoSource & ~Copyable>(of disk: borrowing Source) -> UndoWish {
    let tables = FileTables.ranges(of: volumes, alignment: alignment, on: disk).intersection(lost)
    return UndoWish(
      structure: structure.union(tables), data: data, limit: limit, lost: lost, volumes: volumes,
      alignment: alignment)
  }

  /// The whole blocks that a range touches.
  static func blocks(of range: Range<UInt64>, alignment: UInt64, capacity: UInt64) -> Range<UInt64> {
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

import BlockIO

/// Where two runs of bytes differ; bounded in memory however much does.
public struct Differences: Hashable, Sendable {
  /// The first byte that differs.
  public private(set) var firstOffset: UInt64?
  /// How many bytes differ.
  public private(set) var byteCount: UInt64 = 0
  /// How many runs of 512-byte blocks with a difference there are.
  public private(set) var rangeCount: Int = 0
  /// The first runs, in bytes, at most ``listedRanges``.
  public private(set) var ranges: [Range<UInt64>] = []
  /// How many bytes were compared.
  public private(set) var comparedByteCount: UInt64 = 0
  /// Whether only the pieces are known in which something differs: then each of their bytes is counted.
  public private(set) var isCoarse = false
  /// What is there in place of what should be.
  public internal(set) var damage = Damage()
  /// The block of the last difference, to join runs that touch.
  private var openEnd: UInt64?

  /// How many runs are listed at most.
  public static let listedRanges = 64
  /// The granularity of runs in bytes.
  public static let blockSize: UInt64 = 512

  /// Nothing compared, nothing different.
  public init() {}

  /// Whether nothing differs.
  public var isEmpty: Bool { byteCount == 0 }

  /// Where the last run of blocks with a difference ends, in bytes.
  var lastEnd: UInt64? { openEnd }

  /// Counts the differences of a range of two buffers that hold the bytes from `offset` on: what is expected, and
  /// what was found.
  mutating func compare(
    _ left: borrowing AlignedBuffer, _ right: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64
  ) {
    comparedByteCount += UInt64(range.count)
    var position = range.lowerBound
    while let place = left.firstDifference(from: right, in: position..<range.upperBound) {
      let absolute = offset + UInt64(place - range.lowerBound)
      let blockStart = absolute.rounded(downTo: Self.blockSize)
      let blockEnd = min(place + Int(blockStart + Self.blockSize - absolute), range.upperBound)
      let count = left.differingByteCount(from: right, in: place..<blockEnd)
      if damage.blockCount < Damage.blocksPerPiece {
        let start = max(range.lowerBound, place - Int(absolute - blockStart))
        damage.add(
          expected: left.copied(start..<blockEnd), found: right.copied(start..<blockEnd),
          at: max(blockStart, offset))
      }
      add(absolute, count: count, block: blockStart..<(blockStart + Self.blockSize))
      position = blockEnd
    }
  }

  /// Counts bytes that were compared by their digest, and are the same.
  mutating func addEqual(_ count: Int) { comparedByteCount += UInt64(count) }

  /// Counts bytes that are there on one side only.
  mutating func addMissing(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    comparedByteCount += UInt64(range.count)
    add(range.lowerBound, count: range.count, block: range)
  }

  /// Counts a piece of which only is known that something in it differs.
  mutating func addPiece(_ range: Range<UInt64>) {
    isCoarse = true
    addMissing(range)
  }

  /// Adds what was found in the bytes that follow.
  mutating func append(_ next: Differences) {
    comparedByteCount += next.comparedByteCount
    isCoarse = isCoarse || next.isCoarse
    damage.append(next.damage)
    guard let first = next.firstOffset else { return }
    firstOffset = firstOffset ?? first
    byteCount += next.byteCount
    var following = next.ranges
    var count = next.rangeCount
    if let openEnd, let head = following.first, head.lowerBound <= openEnd {
      if rangeCount == ranges.count, let last = ranges.last {
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, head.upperBound)
      }
      following.removeFirst()
      count -= 1
    }
    if rangeCount == ranges.count { ranges += following.prefix(Self.listedRanges - ranges.count) }
    rangeCount += count
    openEnd = next.openEnd
  }

  private mutating func add(_ offset: UInt64, count: Int, block: Range<UInt64>) {
    firstOffset = min(firstOffset ?? offset, offset)
    byteCount += UInt64(count)
    if let openEnd, block.lowerBound <= openEnd, rangeCount > 0 {
      // The run that was counted last goes on; it is in the list only if the list still grows.
      if rangeCount == ranges.count, let last = ranges.last {
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, block.upperBound)
      }
    } else {
      rangeCount += 1
      if ranges.count < Self.listedRanges { ranges.append(block) }
    }
    openEnd = block.upperBound
  }
}

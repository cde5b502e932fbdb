/// A set of bytes of a disk: ascending ranges that neither touch nor overlap.
public struct ByteRanges: Hashable, Sendable {
  /// The ranges, in bytes.
  public private(set) var ranges: [Range<UInt64>]

  /// Joins ranges in any order.
  public init(_ ranges: some Sequence<Range<UInt64>> = []) {
    self.ranges = ranges.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
      .reduce(into: []) { joined, range in
        if let last = joined.last, range.lowerBound <= last.upperBound {
          joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
        } else {
          joined.append(range)
        }
      }
  }

  /// How many bytes are in the set.
  public var byteCount: UInt64 { ranges.reduce(0) { $0 + UInt64($1.count) } }

  /// Whether no byte is in it.
  public var isEmpty: Bool { ranges.isEmpty }

  /// The bytes that are in either set.
  public func union(_ other: ByteRanges) -> ByteRanges { ByteRanges(ranges + other.ranges) }

  /// The bytes that are in both sets.
  public func intersection(_ other: ByteRanges) -> ByteRanges {
    subtracting(subtracting(other))
  }

  /// The bytes that are in this set and not in the other.
  public func subtracting(_ other: ByteRanges) -> ByteRanges {
    var rest: [Range<UInt64>] = []
    var cut = 0
    for range in ranges {
      var start = range.lowerBound
      // What ends before this range ends before all that follow.
      while cut < other.ranges.count, other.ranges[cut].upperBound <= start { cut += 1 }
      var index = cut
      while index < other.ranges.count, other.ranges[index].lowerBound < range.upperBound {
        let hole = other.ranges[index]
        if hole.lowerBound > start { rest.append(start..<hole.lowerBound) }
        start = max(start, hole.upperBound)
        index += 1
      }
      if start < range.upperBound { rest.append(start..<range.upperBound) }
    }
    return ByteRanges(rest)
  }

  /// Whether a range and the set have bytes in common.
  public func overlaps(_ range: Range<UInt64>) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound <= range.lowerBound { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].lowerBound < range.upperBound && !range.isEmpty
  }
}

import TestSupport
import Testing

@testable import UndoStore

@Suite("Sets of bytes")
struct ByteRangesTests {
  @Test("union, difference, intersection and overlap are those of sets")
  func algebra() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let (left, right) = (Self.ranges(&random), Self.ranges(&random))
      let (first, second) = (ByteRanges(left), ByteRanges(right))
      let (mine, theirs) = (Self.members(left), Self.members(right))
      #expect(Self.members(first.union(second).ranges) == mine.union(theirs), "seed \(seed)")
      #expect(Self.members(first.subtracting(second).ranges) == mine.subtracting(theirs), "seed \(seed)")
      #expect(
        Self.members(first.intersection(second).ranges) == mine.intersection(theirs), "seed \(seed)")
      #expect(first.byteCount == UInt64(mine.count))
      for range in right where !range.isEmpty {
        #expect(first.overlaps(range) == !mine.isDisjoint(with: Set(range)), "seed \(seed)")
      }
      for (one, next) in zip(first.ranges, first.ranges.dropFirst()) {
        #expect(one.upperBound < next.lowerBound, "seed \(seed): \(first.ranges)")
      }
    }
  }

  private static func ranges(_ random: inout SeededGenerator) -> [Range<UInt64>] {
    (0..<Int.random(in: 0...6, using: &random)).map { _ in
      let start = UInt64.random(in: 0..<60, using: &random)
      return start..<(start + UInt64.random(in: 0..<16, using: &random))
    }
  }

  private static func members(_ ranges: [Range<UInt64>]) -> Set<UInt64> {
    Set(ranges.flatMap { Array($0) })
  }
}

/// The pieces of some runs of bytes, each ending on a multiple of ``WritePlan/pieceByteCount`` or with its run.
public struct BodyPieces: RandomAccessCollection, Hashable, Sendable {
  /// Runs that are cut into pieces, ascending and disjoint; none of them is empty.
  let runs: [Range<UInt64>]
  /// The index of the first piece of each run.
  private let firstIndexes: [Int]
  /// How many bytes they have in all.
  public let byteCount: UInt64
  /// The first index.
  public let startIndex = 0
  /// One past the last index.
  public let endIndex: Int

  init(runs: [Range<UInt64>]) {
    var (count, bytes) = (0, UInt64(0))
    var firstIndexes: [Int] = []
    firstIndexes.reserveCapacity(runs.count)
    let size = UInt64(WritePlan.pieceByteCount)
    for run in runs {
      precondition(!run.isEmpty, "a run of nothing")
      firstIndexes.append(count)
      count += Int((run.upperBound - 1) / size - run.lowerBound / size) + 1
      bytes += UInt64(run.count)
    }
    self.runs = runs
    self.firstIndexes = firstIndexes
    byteCount = bytes
    endIndex = count
  }

  init(start: UInt64, end: UInt64) { self.init(runs: start < end ? [start..<end] : []) }

  /// The byte range of a piece.
  public subscript(position: Int) -> Range<UInt64> {
    precondition(indices.contains(position), "no such piece")
    var (low, high) = (0, runs.count)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if firstIndexes[middle] <= position { low = middle } else { high = middle }
    }
    let run = runs[low]
    let size = UInt64(WritePlan.pieceByteCount)
    let lower = (run.lowerBound / size + UInt64(position - firstIndexes[low])) * size
    return Swift.max(lower, run.lowerBound)..<Swift.min(lower + size, run.upperBound)
  }

  /// The pieces from an index on that begin before a byte.
  func indices(from index: Int, startingBefore end: UInt64) -> Range<Int> {
    var next = index
    while next < endIndex, self[next].lowerBound < end { next += 1 }
    return index..<next
  }
}

extension UInt64 {
  /// The largest multiple of `step` that is not above the number.
  func rounded(downTo step: UInt64) -> UInt64 { self - self % step }

  /// The smallest multiple of `step` that is not below the number, or the largest there is.
  func rounded(upTo step: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(step - 1)
    return (overflow ? UInt64.max : sum).rounded(downTo: step)
  }
}

extension [Range<UInt64>] {
  /// What other ranges leave of these; both ascend and are disjoint.
  func subtracting(_ others: [Range<UInt64>]) -> [Range<UInt64>] {
    var rest: [Range<UInt64>] = []
    var index = 0
    for range in self {
      var position = range.lowerBound
      while index < others.count, others[index].upperBound <= position { index += 1 }
      var next = index
      while next < others.count, others[next].lowerBound < range.upperBound {
        if others[next].lowerBound > position { rest.append(position..<others[next].lowerBound) }
        position = Swift.max(position, others[next].upperBound)
        next += 1
      }
      if position < range.upperBound { rest.append(position..<range.upperBound) }
    }
    return rest
  }
}

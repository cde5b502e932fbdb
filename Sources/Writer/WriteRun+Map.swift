import BlockIO
import BlockMap

extension WritePlan {
  /// What does not matter of an image in blocks that are written as a whole: zeros come there, nothing that no map
  /// has vouched for (R37).
  func slop(in blocks: [Range<UInt64>]) -> [Range<UInt64>] {
    guard let map else { return [] }
    return blocks.flatMap { map.gaps(in: $0.clamped(to: 0..<map.imageByteCount)) }
  }
}

extension WriteRun {
  /// Zeroes ranges of the medium in memory that holds what comes there from an offset on.
  func blank(_ ranges: [Range<UInt64>], in memory: PieceMemory, from offset: UInt64) {
    memory.fill { buffer in
      for range in ranges {
        buffer.zero(Int(range.lowerBound - offset)..<Int(range.upperBound - offset))
      }
    }
  }

  /// The head as it is written: what a map leaves out of it is zero, and was not checked by anything.
  func committed(_ head: PieceMemory) -> PieceMemory {
    let range = 0..<UInt64(plan.largestHeadByteCount)
    let gaps = plan.slop(in: [range])
    guard !gaps.isEmpty else { return head }
    let copy = PieceMemory()
    copy.fill { $0.copy(from: head.buffer, count: range.count) }
    blank(gaps, in: copy, from: 0)
    return copy
  }

  /// Takes the bytes that come next against the digests of the map.
  func check(_ memory: PieceMemory, count: Int, _ checker: MapChecker?) throws(WriteError) {
    guard let checker else { return }
    do throws(MapMismatch) { try checker.add(memory.buffer, count: count) } catch {
      throw .map(error)
    }
  }
}

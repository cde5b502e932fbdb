import BlockIO
import TestSupport
import Testing

@testable import Writer

@Suite("Counting differences")
struct DifferencesTests {
  /// The slow and obvious way, as oracle.
  private func count(_ left: [UInt8], _ right: [UInt8]) -> (first: Int?, bytes: Int, runs: Int) {
    let differing = left.indices.filter { left[$0] != right[$0] }
    let blocks = Set(differing.map { $0 / 512 })
    return (differing.first, differing.count, blocks.filter { !blocks.contains($0 - 1) }.count)
  }

  @Test("first offset, bytes and runs agree with a byte-by-byte count, whole and in parts")
  func agreement() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<60 {
      let size = Int.random(in: 1...65_536, using: &generator)
      let left = [UInt8].random(size, seed: generator.next())
      var right = left
      for _ in 0..<Int.random(in: 0...40, using: &generator) {
        let start = Int.random(in: 0..<size, using: &generator)
        for place in start..<min(size, start + Int.random(in: 1...1500, using: &generator)) {
          right[place] = UInt8.random(in: 0...255, using: &generator)
        }
      }
      var a = AlignedBuffer(byteCount: 65_536)
      var b = AlignedBuffer(byteCount: 65_536)
      a.copy(from: left.span, at: 0)
      b.copy(from: right.span, at: 0)
      var whole = Differences()
      whole.compare(a, b, range: 0..<size, at: 0)
      let expected = count(left, right)
      #expect(whole.firstOffset == expected.first.map(UInt64.init), "seed \(seed)")
      #expect(whole.byteCount == UInt64(expected.bytes), "seed \(seed)")
      #expect(whole.rangeCount == expected.runs, "seed \(seed)")
      #expect(whole.comparedByteCount == UInt64(size))

      var parts = Differences()
      var position = 0
      while position < size {
        let end = min(size, position + 512 * Int.random(in: 1...8, using: &generator))
        var part = Differences()
        part.compare(a, b, range: position..<end, at: UInt64(position))
        parts.append(part)
        position = end
      }
      #expect(parts.byteCount == whole.byteCount && parts.rangeCount == whole.rangeCount, "seed \(seed)")
      #expect(parts.ranges == whole.ranges && parts.firstOffset == whole.firstOffset, "seed \(seed)")
    }
  }

  @Test("the list is bounded, the count is not")
  func bounded() {
    let a = AlignedBuffer(byteCount: 1 << 20)
    var b = AlignedBuffer(byteCount: 1 << 20)
    for block in stride(from: 0, to: 2048, by: 2) { b.copy(from: [UInt8(1)].span, at: block * 512) }
    var differences = Differences()
    differences.compare(a, b, range: 0..<(1 << 20), at: 0)
    #expect(differences.rangeCount == 1024)
    #expect(differences.ranges.count == Differences.listedRanges)
  }
}

import BlockIO
import TestSupport
import Testing

@Suite("Bytes that are moved")
struct ByteMovesTests {
  @Test("from any bit on, as if each bit were moved alone", arguments: 0..<8)
  func bits(bit: Int) {
    let source = [UInt8].random(40, seed: 5)
    let bits = source.flatMap { byte in (0..<8).map { byte >> UInt8(7 - $0) & 1 } }
    for count in 0..<source.count {
      var moved: [UInt8] = [1, 2, 3]
      moved.append(count, from: source, atBit: bit)
      let expected = (0..<count).map { index in
        bits[bit + index * 8..<bit + index * 8 + 8].reduce(0) { $0 << 1 | $1 }
      }
      #expect(moved == [1, 2, 3] + expected)
    }
  }
}

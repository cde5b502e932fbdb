import Testing

@testable import Decompression

@Suite("R49: where a block of bzip2 ends")
struct Bzip2CutterTests {
  /// A number of 48 bits from a bit on.
  private func write(_ number: UInt64, at place: Int, into bytes: inout [UInt8]) {
    for bit in 0..<48 where number >> UInt64(47 - bit) & 1 != 0 {
      bytes[(place + bit) / 8] |= 0x80 >> UInt8((place + bit) % 8)
    }
  }

  @Test("at any bit, however the bytes come", arguments: [1, 2, 3, 4, 5, 7, 11, 64])
  func places(pieceByteCount: Int) throws {
    for end in Bzip2Block.headBitCount..<Bzip2Block.headBitCount + 80 {
      for magic in [Bzip2Block.magic, Bzip2Block.endMagic] {
        var bytes = [UInt8](repeating: 0x31, count: 64)
        bytes.replaceSubrange(0..<6, with: [UInt8](repeating: 0, count: 6))
        write(Bzip2Block.magic, at: 0, into: &bytes)
        for bit in 0..<48 { bytes[(end + bit) / 8] &= ~(0x80 >> UInt8((end + bit) % 8)) }
        write(magic, at: end, into: &bytes)
        var cutter = Bzip2Cutter(level: 0x39)
        var found: Int?
        for start in stride(from: 0, to: bytes.count, by: pieceByteCount) where found == nil {
          cutter.append(bytes.span.extracting(start..<min(start + pieceByteCount, bytes.count)))
          if case .block(let block)? = try cutter.next() { found = block.bitCount }
        }
        #expect(found == end)
      }
    }
  }

  @Test("not at a magic number that was taken for an end before")
  func reopened() throws {
    var bytes = [UInt8](repeating: 0, count: 64)
    for place in [0, 99, 203] { write(Bzip2Block.magic, at: place, into: &bytes) }
    var cutter = Bzip2Cutter(level: 0x39)
    cutter.append(bytes.span)
    guard case .block(let block)? = try cutter.next() else {
      Issue.record("there is no block")
      return
    }
    #expect(block.bitCount == 99)
    let whole = Bzip2Block(bytes[...], firstBit: 0, bitCount: bytes.count * 8, level: 0x39)
    var again = Bzip2Cutter(reopening: whole, behind: 99 + Bzip2Block.magicBitCount)
    guard case .block(let longer)? = try again.next() else {
      Issue.record("there is no longer block")
      return
    }
    #expect(longer.bitCount == 203)
  }
}

import BlockIO

/// Cuts a stream of bzip2 into its blocks, which begin at any bit, without decoding one.
///
/// A block does not say how long it is: the next one's magic number tells. That may be content too, so whoever
/// decodes a block has the last word.
struct Bzip2Cutter {
  enum Piece {
    case block(Bzip2Block)
    /// The end of the stream, with the checksum of all its blocks; behind it so many bytes are left.
    case end(checksum: UInt32, rest: Int)
  }

  private let level: UInt8
  private var bytes: [UInt8] = []
  /// Where the piece that is open begins in them, in bits.
  private var start = 0
  /// Before which bit no further magic number begins.
  private var searched = 0

  /// - Parameter level: the last byte of the stream's head.
  init(level: UInt8) { self.level = level }

  /// Goes on with a block that was cut too early.
  /// - Parameter known: how many bits of it need not be looked through any more.
  init(reopening block: Bzip2Block, behind known: Int) {
    level = block.level
    bytes = block.bytes
    start = block.firstBit
    searched = start + known - Bzip2Block.magicBitCount + 1
  }

  /// Takes what follows; what is behind the end is to be dropped by ``Piece/end(checksum:rest:)``.
  mutating func append(_ input: Span<UInt8>) {
    let passed = start / 8
    bytes.removeFirst(passed)
    (start, searched) = (start - passed * 8, searched - passed * 8)
    bytes.append(contentsOf: input)
  }

  /// The next piece that is whole; nil where more input is needed.
  mutating func next() throws(CodecFault) -> Piece? {
    guard bytes.count * 8 - start >= Bzip2Block.headBitCount else { return nil }
    switch bytes.bits(Bzip2Block.magicBitCount, at: start) {
    case Bzip2Block.magic: break
    case Bzip2Block.endMagic:
      let checksum = bytes.bits(32, at: start + Bzip2Block.magicBitCount)
      let end = (start + Bzip2Block.headBitCount + 7) / 8
      return .end(checksum: UInt32(truncatingIfNeeded: checksum), rest: bytes.count - end)
    default: throw .corrupt
    }
    guard let end = findMagic() else {
      searched = max(searched, bytes.count * 8 - Bzip2Block.magicBitCount + 1)
      guard bytes.count - start / 8 <= Bzip2Block.longest else { throw .corrupt }
      return nil
    }
    let block = Bzip2Block(
      bytes[start / 8..<(end + 7) / 8], firstBit: start % 8, bitCount: end - start, level: level)
    start = end
    return .block(block)
  }

  /// What is left where the file ends; nil where there is nothing of a block.
  mutating func rest() -> Bzip2Block? {
    let count = bytes.count * 8 - start
    guard count > 0 else { return nil }
    defer { start = bytes.count * 8 }
    return Bzip2Block(
      bytes[(start / 8)...], firstBit: start % 8, bitCount: count, level: level, isCutOff: true)
  }

  /// The end of a stream as if it were content, to be added to the block before it.
  func endAsContent(rest: Int) -> Bzip2Block {
    let end = bytes.count - rest
    return Bzip2Block(bytes[start / 8..<end], firstBit: start % 8, bitCount: end * 8 - start, level: level)
  }

  // MARK: - Looking for magic numbers

  /// The pairs of bytes that a magic number has somewhere in it, as bits.
  ///
  /// Wherever one begins, five of its bytes are whole ones of the file: every fourth pair of bytes is enough to look
  /// at, and one in a thousand is worth a second look.
  private static let pairs: [UInt64] = {
    var pairs = [UInt64](repeating: 0, count: 1 << 10)
    for magic in [Bzip2Block.magic, Bzip2Block.endMagic] {
      for shift in 0...UInt64(Bzip2Block.magicBitCount - 16) {
        let pair = magic >> shift & 0xFFFF
        pairs[Int(pair >> 6)] |= 1 << (pair & 63)
      }
    }
    return pairs
  }()

  /// Where the next magic number behind the head of this block begins, in bits.
  private func findMagic() -> Int? {
    let first = max(searched, start + Bzip2Block.headBitCount)
    let last = bytes.count * 8 - Bzip2Block.magicBitCount
    let (content, pairs) = (bytes.span, Self.pairs.span)
    for index in stride(from: ((first + 7) / 8 + 3) & ~3, to: bytes.count - 1, by: 4) {
      let pair = Int(content[index]) << 8 | Int(content[index + 1])
      guard pairs[pair >> 6] >> UInt64(pair & 63) & 1 != 0 else { continue }
      // Those of which this pair is the first to be looked at.
      let places = max(first, index * 8 - 31)...index * 8
      if let place = places.first(where: { $0 <= last && isMagic(at: $0) }) { return place }
    }
    return nil
  }

  private func isMagic(at place: Int) -> Bool {
    let number = bytes.bits(Bzip2Block.magicBitCount, at: place)
    return number == Bzip2Block.magic || number == Bzip2Block.endMagic
  }
}

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
  /// How many of them were looked through.
  private var seen = 0
  /// The last eight that were.
  private var window: UInt64 = 0

  /// - Parameter level: the last byte of the stream's head.
  init(level: UInt8) { self.level = level }

  /// Goes on with a block that was cut too early.
  /// - Parameter known: how many bits of it need not be looked through any more.
  init(reopening block: Bzip2Block, behind known: Int) {
    level = block.level
    bytes = block.bytes
    start = block.firstBit
    seen = (start + known + 7) / 8
    for byte in bytes[..<seen].suffix(8) { window = window << 8 | UInt64(byte) }
  }

  /// Takes what follows; what is behind the end is to be dropped by ``Piece/end(checksum:rest:)``.
  mutating func append(_ input: Span<UInt8>) {
    bytes.removeFirst(start / 8)
    seen -= start / 8
    start %= 8
    bytes.reserveCapacity(bytes.count + input.count)
    for index in input.indices { bytes.append(input[index]) }
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

  /// For each byte the shifts with which it may be the last but one, or the one before, of a magic number: of a
  /// block in the lower half, of an end in the upper one.
  private static let (lastButOne, before) = (shifts(8), shifts(16))

  private static func shifts(_ place: Int) -> [UInt16] {
    var table = [UInt16](repeating: 0, count: 256)
    for shift in 0..<8 {
      table[Int(Bzip2Block.magic >> UInt64(place - shift) & 0xFF)] |= 1 << UInt16(shift)
      table[Int(Bzip2Block.endMagic >> UInt64(place - shift) & 0xFF)] |= 1 << UInt16(shift + 8)
    }
    return table
  }

  /// Where the next magic number behind the head of this block begins, in bits.
  private mutating func findMagic() -> Int? {
    let (lastButOne, before) = (Self.lastButOne, Self.before)
    let least = start + Bzip2Block.headBitCount
    while seen < bytes.count {
      window = window << 8 | UInt64(bytes[seen])
      seen += 1
      let shifts = lastButOne[Int(window >> 8 & 0xFF)] & before[Int(window >> 16 & 0xFF)]
      guard shifts != 0, let shift = shift(among: shifts) else { continue }
      let place = seen * 8 - shift - Bzip2Block.magicBitCount
      if place >= least { return place }
    }
    return nil
  }

  private func shift(among shifts: UInt16) -> Int? {
    for shift in 0..<8 where (shifts | shifts >> 8) >> UInt16(shift) & 1 != 0 {
      let number = window >> UInt64(shift) & (1 << UInt64(Bzip2Block.magicBitCount) - 1)
      if number == Bzip2Block.magic || number == Bzip2Block.endMagic { return shift }
    }
    return nil
  }
}

import BlockIO
import CIsal

/// Undoes what bzip2 does to its input first: behind four equal bytes stands how many more there are.
///
/// A block grows up to fifty times by that; so its content comes in pieces.
struct Bzip2Runs {
  /// How much comes at once, in bytes; few blocks are longer.
  static let pieceByteCount = 1 << 20
  /// What a piece may be longer: the end of a block is written at once, and the longest runs in that.
  private static let slack = 2048
  /// What is left of a block is looked at byte by byte; before that, eight places are seen at a time.
  private static let window = 16

  /// Where the next byte is.
  private var place = 0
  /// Where the last run ended: what is before it begins no other one.
  private var start = 0
  /// The checksum of what has come.
  private(set) var checksum: UInt32 = 0
  private(set) var isAtEnd = false

  /// Gives the next piece of a block whose bytes are in their order.
  mutating func next(_ block: borrowing Bzip2Column) throws(Bzip2Fault) -> [UInt8] {
    let bytes = block.bytes.span.extracting(0..<block.count)
    var piece = [UInt8].unset(count: Self.pieceByteCount + Self.slack)
    var end = copy(bytes, into: &piece)
    if place + Self.window > bytes.count, end < Self.pieceByteCount {
      end = try finish(bytes, into: &piece, from: end)
      isAtEnd = true
    }
    piece.removeLast(piece.count - end)
    // Safe: as many bytes as there are. It is the sum of bzip2, with the highest bit first.
    unsafe checksum = crc32_ieee(checksum, piece, UInt64(piece.count))
    return piece
  }

  /// Copies what has a whole window before it, until the piece is full.
  /// - Returns: the length of the piece.
  private mutating func copy(_ bytes: Span<UInt8>, into target: inout [UInt8]) -> Int {
    var piece = target.mutableSpan
    var (place, end) = (place, 0)
    let ones = 0x0101_0101_0101_0101 as UInt64
    while place &+ Self.window <= bytes.count, end < Self.pieceByteCount {
      let eight = bytes.littleEndianWord(at: place)
      let second = bytes.littleEndianWord(at: place &+ 1)
      let third = bytes.littleEndianWord(at: place &+ 2)
      let fourth = bytes.littleEndianWord(at: place &+ 3)
      // A byte of it is zero where four equal ones begin; the lowest of these is marked without fail.
      let change = (eight ^ second) | (second ^ third) | (third ^ fourth)
      let equal = (change &- ones) & ~change & (ones &<< 7)
      piece.store(eight, at: end)
      if equal == 0 {
        place &+= 8
        end &+= 8
        continue
      }
      let before = equal.trailingZeroBitCount / 8
      place &+= before &+ 5
      end &+= before
      let (value, total) = (UInt64(bytes[place &- 2]), 4 &+ Int(bytes[place &- 1]))
      for index in stride(from: 0, to: total, by: 8) { piece.store(value &* ones, at: end &+ index) }
      end &+= total
      start = place
    }
    self.place = place
    return end
  }

  /// Copies the last bytes.
  /// - Returns: the length of the piece.
  private mutating func finish(
    _ bytes: Span<UInt8>, into piece: inout [UInt8], from start: Int
  ) throws(Bzip2Fault) -> Int {
    var (end, run) = (start, 0)
    // What is equal before them belongs to the same run.
    while run < 3, place - run > self.start, bytes[place - run - 1] == bytes[place - 1] { run += 1 }
    while place < bytes.count {
      let value = bytes[place]
      place += 1
      if run == 4 {
        for index in end..<end + Int(value) { piece[index] = bytes[place - 2] }
        (end, run) = (end + Int(value), 0)
        self.start = place
        continue
      }
      piece[end] = value
      end += 1
      run = run > 0 && bytes[place - 2] == value ? run + 1 : 1
    }
    // As libbz2 has it, the number may not be missing where it would be zero.
    guard run < 4 else { throw .corrupt }
    return end
  }
}

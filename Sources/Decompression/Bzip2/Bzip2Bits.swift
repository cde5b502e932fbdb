import BlockIO

/// Reads the bits of a block one after the other, from the highest of each byte on.
///
/// The bytes are given with each call; behind the end of the bits there are ``slack`` more of them. None is read that
/// is not there: every read is checked.
struct Bzip2Bits {
  /// How many bytes there must be behind the last one with a bit of the block.
  static let slack = 16

  /// The next bits, the first one highest; behind ``count`` of them it holds more of the same bytes or zeros.
  private(set) var buffer: UInt64 = 0
  private var count = 0
  /// The byte behind those that are in the buffer as a whole.
  private var next: Int
  /// The bit behind the last one.
  let end: Int

  /// - Parameters:
  ///   - first: the first bit of the block, as the number of bits before it.
  ///   - end: the bit behind its last one.
  init(_ bytes: Span<UInt8>, first: Int, end: Int) {
    (next, self.end) = (first / 8, end)
    refill(from: bytes)
    skip(first % 8)
  }

  /// The bit that comes next.
  var position: Int { next * 8 - count }
  /// How many bits are left.
  var left: Int { end - position }

  /// Has at least 56 bits in the buffer, of which those behind the end are of no meaning.
  @inline(__always)
  mutating func refill(from bytes: Span<UInt8>) {
    buffer |= bytes.bigEndianWord(at: next) &>> UInt64(truncatingIfNeeded: count)
    next &+= (63 &- count) &>> 3
    count |= 56
  }

  /// Leaves out bits that are in the buffer.
  @inline(__always)
  mutating func skip(_ bits: Int) {
    buffer &<<= UInt64(truncatingIfNeeded: bits)
    count &-= bits
  }

  /// Reads a number of up to 56 bits.
  mutating func take(_ bits: Int, from bytes: Span<UInt8>) throws(Bzip2Fault) -> Int {
    guard bits <= left else { throw .endsEarly }
    refill(from: bytes)
    defer { skip(bits) }
    return Int(buffer >> UInt64(64 - bits))
  }
}

/// Why a block cannot be decoded.
enum Bzip2Fault: Error {
  /// It is none that an encoder writes, or its checksum is wrong.
  case corrupt
  /// It goes on where its bits end.
  case endsEarly
}

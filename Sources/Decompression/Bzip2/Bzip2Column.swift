import BlockIO

/// What the symbols of a block stand for: the last column of its sorted rotations, and how often each byte is in it.
///
/// A symbol is the place of a byte in a list, at whose front it then is, or a digit of how often the one in front is
/// repeated: in base two, of digits 1 and 2, the lowest first.
struct Bzip2Column {
  /// The bytes; behind the last one there is room for ``slack`` more.
  var bytes: [UInt8] = []
  /// How many of them there are.
  private(set) var count = 0
  /// How often each byte is among them.
  private(set) var counts = [UInt32](repeating: 0, count: 256)

  /// Bytes are written eight at a time.
  private static let slack = 8
  /// More digits than the longest run has; libbz2 refuses them as well (decompress.c: N >= 2*1024*1024).
  private static let mostDigits: UInt64 = 21

  /// The list, eight bytes in each number, the first one lowest.
  private var list = [UInt64](repeating: 0, count: 32)
  /// The digits of the run that is being read.
  private var digits: UInt64 = 0

  /// Begins a block.
  /// - Parameters:
  ///   - mostBytes: how many bytes it may have.
  ///   - used: the byte values that are in it.
  mutating func begin(mostBytes: Int, used: [UInt8]) {
    if bytes.count != mostBytes + Self.slack { bytes = .unset(count: mostBytes + Self.slack) }
    (count, digits) = (0, 0)
    for index in counts.indices { counts[index] = 0 }
    for index in list.indices { list[index] = 0 }
    for (index, value) in used.enumerated() { list[index / 8] |= UInt64(value) << UInt64(index % 8 * 8) }
  }

  /// Takes the first so many of some symbols, which are below that of the end.
  mutating func append(_ symbols: [UInt16], count symbolCount: Int) throws(Bzip2Fault) {
    var front = list[0]
    let symbols = symbols.span.extracting(0..<symbolCount)
    try Self.append(symbols, to: &bytes, &count, &digits, &counts, &list, &front)
    list[0] = front
  }

  private static func append(
    _ symbols: Span<UInt16>, to bytes: inout [UInt8], _ count: inout Int, _ runDigits: inout UInt64,
    _ counts: inout [UInt32], _ list: inout [UInt64], _ front: inout UInt64
  ) throws(Bzip2Fault) {
    var list = list.mutableSpan
    var counts = counts.mutableSpan
    var column = bytes.mutableSpan
    var (end, digits) = (count, runDigits)
    for index in symbols.indices {
      let symbol = UInt64(symbols[index])
      // A digit is written at once as so many bytes, and leaves the list as it is: its place is the first one.
      let isDigit = symbol < 2
      let place = isDigit ? 0 : symbol &- 1
      let times = isDigit ? Int((symbol &+ 1) &<< digits) : 1
      digits = isDigit ? digits &+ 1 : 0
      let byte = place < 8 ? Self.move(place, in: &front) : Self.move(place, &list, &front)
      guard digits <= Self.mostDigits, times <= column.count &- Self.slack &- end else { throw .corrupt }
      counts[Int(byte)] &+= UInt32(truncatingIfNeeded: times)
      let eight = byte &* 0x0101_0101_0101_0101
      column.store(eight, at: end)
      if times > 8 {
        for start in stride(from: 8, to: times, by: 8) {
          column.store(eight, at: end &+ start)
        }
      }
      end &+= times
    }
    (count, runDigits) = (end, digits)
  }

  /// Moves one of the first eight bytes to the front.
  /// - Returns: the byte.
  @inline(__always)
  private static func move(_ place: UInt64, in front: inout UInt64) -> UInt64 {
    let shift = place &* 8
    let byte = front &>> shift & 0xFF
    let moved = ~0 &>> (56 &- shift) as UInt64
    front = front & ~moved | (front &<< 8 | byte) & moved
    return byte
  }

  /// Moves a byte behind those to the front.
  /// - Returns: the byte.
  @inline(__always)
  private static func move(
    _ place: UInt64, _ list: inout MutableSpan<UInt64>, _ front: inout UInt64
  ) -> UInt64 {
    let (index, shift) = (Int(place &>> 3), (place & 7) &* 8)
    let last = list[index]
    let byte = last &>> shift & 0xFF
    var carry = front &>> 56
    front = front &<< 8 | byte
    var between = 1
    while between < index {
      let eight = list[between]
      list[between] = eight &<< 8 | carry
      carry = eight &>> 56
      between &+= 1
    }
    let moved = ~0 &>> (56 &- shift) as UInt64
    list[index] = last & ~moved | (last &<< 8 | carry) & moved
    return byte
  }
}

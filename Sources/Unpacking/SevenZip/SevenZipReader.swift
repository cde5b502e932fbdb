import Decompression

/// Reads the numbers and lists of a 7z directory; there is no byte behind its end.
struct SevenZipReader {
  /// What cannot be read.
  enum Fault: Error {
    case corrupt
    case unsupported(UnsupportedFeature)
    case encrypted
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var remaining: Int { rest.count }

  mutating func byte() throws(Fault) -> UInt8 {
    guard let byte = rest.popFirst() else { throw .corrupt }
    return byte
  }

  mutating func bytes(_ count: Int) throws(Fault) -> [UInt8] {
    guard count >= 0, count <= rest.count else { throw .corrupt }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  /// A number whose first byte says by its highest ones how many bytes follow.
  mutating func number() throws(Fault) -> UInt64 {
    let first = try byte()
    var value: UInt64 = 0
    var mask: UInt8 = 0x80
    for index in 0..<8 {
      guard first & mask != 0 else { return value | UInt64(first & (mask &- 1)) << (8 * UInt64(index)) }
      value |= UInt64(try byte()) << (8 * UInt64(index))
      mask >>= 1
    }
    return value
  }

  /// More of anything than an archive with an image in it has.
  static let mostThings: UInt64 = 1 << 20

  /// A number of things, each of which takes up at least one bit of what follows.
  mutating func count() throws(Fault) -> Int {
    let value = try number()
    guard value <= UInt64(rest.count) * 8 else { throw .corrupt }
    guard value <= Self.mostThings else { throw .unsupported(.options) }
    return Int(value)
  }

  mutating func requireProperty(_ wanted: UInt8) throws(Fault) {
    guard try byte() == wanted else { throw .corrupt }
  }

  /// One bit each, the highest one first.
  mutating func bits(_ count: Int) throws(Fault) -> [Bool] {
    let bytes = try bytes((count + 7) / 8)
    return (0..<count).map { bytes[$0 / 8] & (0x80 >> UInt8($0 % 8)) != 0 }
  }

  /// One bit each, or a byte that says that all are set.
  mutating func optionalBits(_ count: Int) throws(Fault) -> [Bool] {
    try byte() != 0 ? [Bool](repeating: true, count: count) : try bits(count)
  }

  /// Checksums, of which some may be missing.
  mutating func checksums(_ count: Int) throws(Fault) -> [UInt32?] {
    let isDefined = try optionalBits(count)
    var sums: [UInt32?] = []
    for isDefined in isDefined {
      sums.append(isDefined ? UInt32(littleEndianBytes: try bytes(4)) : nil)
    }
    return sums
  }
}

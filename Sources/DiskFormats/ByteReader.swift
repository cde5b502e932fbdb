/// Reads numbers and text out of untrusted bytes; every access is checked and names its place in the image.
public struct ByteReader: Hashable, Sendable {
  /// The bytes.
  public let bytes: [UInt8]
  /// Where in the image the first of them lies; only for errors and findings.
  public let base: UInt64

  /// Starts reading.
  public init(_ bytes: [UInt8], base: UInt64 = 0) {
    self.bytes = bytes
    self.base = base
  }

  /// How many bytes there are.
  public var count: Int { bytes.count }

  /// Whether `length` bytes are there from `offset` on.
  public func contains(_ offset: Int, count length: Int) -> Bool {
    offset >= 0 && length >= 0 && offset <= count && length <= count - offset
  }

  /// The byte at an offset.
  public func byte(at offset: Int) throws(FormatError) -> UInt8 {
    try require(offset, count: 1)
    return bytes[offset]
  }

  /// A range as a copy.
  public func bytes(at offset: Int, count length: Int) throws(FormatError) -> [UInt8] {
    try require(offset, count: length)
    return Array(bytes[offset..<(offset + length)])
  }

  /// A range as a reader of its own, which keeps its place in the image.
  public func slice(at offset: Int, count length: Int) throws(FormatError) -> ByteReader {
    ByteReader(try bytes(at: offset, count: length), base: base &+ UInt64(offset))
  }

  /// A number stored with its least significant byte first.
  public func littleEndian<Number: FixedWidthInteger & UnsignedInteger>(
    _: Number.Type = Number.self, at offset: Int
  ) throws(FormatError) -> Number {
    let size = Number.bitWidth / 8
    try require(offset, count: size)
    var value: Number = 0
    for index in stride(from: size - 1, through: 0, by: -1) {
      value = value << 8 | Number(bytes[offset + index])
    }
    return value
  }

  /// A number stored with its most significant byte first.
  public func bigEndian<Number: FixedWidthInteger & UnsignedInteger>(
    _: Number.Type = Number.self, at offset: Int
  ) throws(FormatError) -> Number {
    let size = Number.bitWidth / 8
    try require(offset, count: size)
    var value: Number = 0
    for index in 0..<size {
      value = value << 8 | Number(bytes[offset + index])
    }
    return value
  }

  /// A GUID in the mixed-endian form of EFI.
  public func guid(at offset: Int) throws(FormatError) -> GUID {
    GUID(
      first: try littleEndian(at: offset), second: try littleEndian(at: offset + 4),
      third: try littleEndian(at: offset + 6), rest: try bigEndian(at: offset + 8))
  }

  /// Whether exactly these bytes stand at an offset; false where the end comes first.
  public func has(_ magic: [UInt8], at offset: Int) -> Bool {
    contains(offset, count: magic.count) && bytes[offset..<(offset + magic.count)].elementsEqual(magic)
  }

  /// Whether exactly this text stands at an offset; false where the end comes first.
  public func has(_ magic: StaticString, at offset: Int) -> Bool {
    has(Array(magic.description.utf8), at: offset)
  }

  /// Where text first stands within a range of offsets; nil where it does not.
  public func firstOffset(of text: StaticString, in range: Range<Int>) -> Int? {
    let needle = Array(text.description.utf8)
    let upper = min(range.upperBound, count) - needle.count
    guard let first = needle.first, range.lowerBound >= 0, range.lowerBound <= upper else { return nil }
    for offset in range.lowerBound...upper where bytes[offset] == first && has(needle, at: offset) {
      return offset
    }
    return nil
  }

  /// Whether every byte of a range is 0, as far as it is there.
  public func isZero(in range: Range<Int>) -> Bool {
    bytes[range.clamped(to: 0..<count)].allSatisfy { $0 == 0 }
  }

  /// Foreign text of fixed width, invalid UTF-8 replaced, without the padding of zeroes and spaces behind it.
  public func text(at offset: Int, count length: Int) throws(FormatError) -> String {
    try require(offset, count: length)
    var range = bytes[offset..<(offset + length)]
    if let end = range.firstIndex(of: 0) { range = range[..<end] }
    while range.last == 0x20 { range.removeLast() }
    return String(decoding: range, as: UTF8.self)
  }

  private func require(_ offset: Int, count length: Int) throws(FormatError) {
    guard contains(offset, count: length) else {
      throw .outOfBounds(offset: base &+ UInt64(clamping: offset), count: length)
    }
  }
}

/// A block of a bzip2 stream: a run of bits, from its magic number to the next one.
struct Bzip2Block {
  /// What a block begins with.
  static let magic: UInt64 = 0x3141_5926_5359
  /// What the end of a stream begins with.
  static let endMagic: UInt64 = 0x1772_4538_5090
  /// The length of both in bits.
  static let magicBitCount = 48
  /// The magic number and the checksum, of a block and of the end alike; in bits.
  static let headBitCount = magicBitCount + 32
  /// The longest block: 900,000 symbols of 20 bits, and less than a tenth of that for its tables; in bytes.
  static let longest = 5 << 19

  /// The bytes that it lies in.
  private(set) var bytes: [UInt8]
  /// Where it begins in the first of them, counted from the highest bit.
  let firstBit: Int
  /// Its length in bits.
  private(set) var bitCount: Int
  /// The level of its stream, as a digit: it limits how long the block may become.
  let level: UInt8
  /// Whether the file ends in it.
  private(set) var isCutOff: Bool

  init(_ bytes: ArraySlice<UInt8>, firstBit: Int, bitCount: Int, level: UInt8, isCutOff: Bool = false) {
    self.bytes = Array(bytes)
    self.firstBit = firstBit
    self.bitCount = bitCount
    self.level = level
    self.isCutOff = isCutOff
  }

  /// The checksum of its content, as it says; 0 where it is cut off before that.
  var checksum: UInt32 {
    guard bitCount >= Self.headBitCount else { return 0 }
    return UInt32(truncatingIfNeeded: bytes.bits(32, at: firstBit + Self.magicBitCount))
  }

  /// Adds what follows it: what looked like its end was content.
  mutating func append(_ next: Bzip2Block) {
    // The byte in which one ends and the other begins is in both.
    let isShared = (firstBit + bitCount) % 8 != 0
    bytes += next.bytes.dropFirst(isShared ? 1 : 0)
    bitCount += next.bitCount
    isCutOff = next.isCutOff
  }
}

extension [UInt8] {
  /// Up to 56 bits from a bit on.
  func bits(_ wanted: Int, at bit: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in bit / 8...(bit + wanted - 1) / 8 { value = value << 8 | UInt64(self[index]) }
    let extra = UInt64(7 - (bit + wanted - 1) % 8)
    return value >> extra & ((1 << UInt64(wanted)) - 1)
  }
}

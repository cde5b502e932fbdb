/// Builds an on-disk structure of fixed size field by field.
///
/// Offsets are the code's own, not parsed ones: a field beyond the end is a mistake in this program.
public struct ByteWriter: Sendable {
  /// The bytes so far.
  public private(set) var bytes: [UInt8]

  /// Starts with zeroes.
  public init(count: Int) { bytes = [UInt8](repeating: 0, count: count) }

  /// Starts with bytes of which some fields change.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Places a number with its least significant byte first.
  public mutating func putLittleEndian<Number: FixedWidthInteger & UnsignedInteger>(
    _ value: Number, at offset: Int
  ) {
    for index in 0..<(Number.bitWidth / 8) {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
  }

  /// Places a number with its most significant byte first.
  public mutating func putBigEndian<Number: FixedWidthInteger & UnsignedInteger>(
    _ value: Number, at offset: Int
  ) {
    putLittleEndian(value.byteSwapped, at: offset)
  }

  /// Places bytes as they are.
  public mutating func put(_ content: some Collection<UInt8>, at offset: Int) {
    for (index, byte) in content.enumerated() { bytes[offset + index] = byte }
  }

  /// Places a GUID in the mixed-endian form of EFI.
  public mutating func put(_ guid: GUID, at offset: Int) {
    putLittleEndian(guid.first, at: offset)
    putLittleEndian(guid.second, at: offset + 4)
    putLittleEndian(guid.third, at: offset + 6)
    putBigEndian(guid.rest, at: offset + 8)
  }
}

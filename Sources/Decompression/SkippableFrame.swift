/// A frame that holds no data, in Zstandard (RFC 8878, 3.1.2) and in LZ4 alike.
enum SkippableFrame {
  /// The magic number and the length.
  static let headByteCount = 8

  /// Whether a file begins with the magic number of one.
  static func begins(_ prefix: [UInt8]) -> Bool { prefix.count >= 4 && mayBegin(prefix) }

  /// Whether a frame begins like one, as far as there are bytes.
  static func mayBegin(_ head: [UInt8]) -> Bool {
    guard let first = head.first else { return true }
    return first & 0xF0 == 0x50 && zip(head.dropFirst(), [0x2A, 0x4D, 0x18]).allSatisfy(==)
  }

  /// The length of the whole frame in bytes; nil for another one, or too few bytes.
  static func byteCount(_ head: [UInt8]) -> UInt64? {
    guard head.count >= headByteCount, mayBegin(head) else { return nil }
    return UInt64(UInt32(littleEndianBytes: head[4..<8])) + UInt64(headByteCount)
  }
}

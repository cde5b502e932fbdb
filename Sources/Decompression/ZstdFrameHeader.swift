/// The header of a Zstandard frame, as far as it decides whether the frame is decoded (RFC 8878, 3.1.1.1).
struct ZstdFrameHeader {
  /// How far the frame refers back, in bytes.
  let window: UInt64
  /// The length of its content in bytes, where it says so.
  let contentByteCount: UInt64?
  /// Whether a checksum of its content follows it.
  let hasChecksum: Bool
  /// The number of the dictionary that it needs; 0 for none.
  let dictionary: UInt32

  /// The length of the header in bytes, the magic number included; nil as long as that is not known.
  static func byteCount(_ head: [UInt8]) -> Int? {
    guard head.count > 4 else { return nil }
    let descriptor = head[4]
    return 5 + windowBytes(descriptor) + dictionaryBytes(descriptor) + contentBytes(descriptor)
  }

  /// Reads a header that is complete.
  init(_ head: [UInt8]) {
    let descriptor = head[4]
    hasChecksum = descriptor & 0x04 != 0
    var rest = head[5...]
    var window: UInt64?
    if Self.windowBytes(descriptor) > 0, let byte = rest.popFirst() {
      let base = UInt64(1) << (10 + UInt64(byte >> 3))
      window = base + base / 8 * UInt64(byte & 7)
    }
    dictionary = UInt32(littleEndianBytes: rest.prefix(Self.dictionaryBytes(descriptor)))
    let content = rest.dropFirst(Self.dictionaryBytes(descriptor))
    let value = UInt64(littleEndianBytes: content)
    contentByteCount =
      switch content.count {
      case 0: nil
      // Lengths of two bytes begin behind those of one.
      case 2: value + 256
      default: value
      }
    self.window = window ?? contentByteCount ?? 0
  }

  private static func isSingleSegment(_ descriptor: UInt8) -> Bool { descriptor & 0x20 != 0 }

  private static func windowBytes(_ descriptor: UInt8) -> Int { isSingleSegment(descriptor) ? 0 : 1 }

  private static func dictionaryBytes(_ descriptor: UInt8) -> Int { [0, 1, 2, 4][Int(descriptor & 3)] }

  private static func contentBytes(_ descriptor: UInt8) -> Int {
    descriptor >> 6 == 0 ? (isSingleSegment(descriptor) ? 1 : 0) : 1 << Int(descriptor >> 6)
  }
}

import BlockIO

/// The beginning of an image that was unpacked, or that has come so far, to be looked at.
struct UnpackedBytes: RandomAccessBytes {
  /// The length in bytes; where it is not known, one that no structure reaches.
  ///
  /// What the file says of its length is not used: whoever made the file wrote it, and what lies behind a length
  /// that is too small would be called missing.
  let byteCount: UInt64
  private let beginning: any RandomAccessBytes

  /// More than any medium holds, and far enough from the end of the numbers.
  private static let unknownByteCount: UInt64 = 1 << 62

  /// - Parameter isWhole: whether nothing follows the beginning.
  init(_ beginning: any RandomAccessBytes, isWhole: Bool) {
    self.beginning = beginning
    byteCount = isWhole ? beginning.byteCount : Self.unknownByteCount
  }

  /// How many bytes from the start can be looked at, where that is not all of them.
  var seenByteCount: UInt64? { byteCount == beginning.byteCount ? nil : beginning.byteCount }

  func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try requireInBounds(offset: offset, count: count)
    guard offset + UInt64(count) <= beginning.byteCount else {
      throw .notLookedAt(offset: max(offset, beginning.byteCount))
    }
    return try beginning.bytes(at: offset, count: count)
  }
}

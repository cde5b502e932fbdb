public import BlockIO

/// A window onto other bytes: a partition of a disk, a boot image inside an ISO, a file that lies in one piece.
public struct SubrangeBytes: RandomAccessBytes {
  /// The whole that the window looks onto.
  public let whole: any RandomAccessBytes
  /// Where the window begins, in bytes of the whole.
  public let start: UInt64
  /// The length of the window in bytes.
  public let byteCount: UInt64

  /// Opens a window and cuts it off at the end of the whole.
  public init(_ whole: any RandomAccessBytes, start: UInt64, byteCount: UInt64) {
    self.whole = whole
    self.start = min(start, whole.byteCount)
    self.byteCount = min(byteCount, whole.byteCount - self.start)
  }

  /// Reads exactly `count` bytes of the window.
  public func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try requireInBounds(offset: offset, count: count)
    return try whole.bytes(at: start + offset, count: count)
  }

  /// Says which ranges of the window are about to be read.
  public func willRead(_ ranges: [Range<UInt64>]) {
    whole.willRead(
      ranges.map { range in
        let inside = range.clamped(to: 0..<byteCount)
        return (start + inside.lowerBound)..<(start + inside.upperBound)
      })
  }
}

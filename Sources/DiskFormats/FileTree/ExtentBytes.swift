public import BlockIO

/// A file that lies in one or several pieces, read as if it lay in one.
public struct ExtentBytes: RandomAccessBytes {
  /// One piece.
  public struct Extent: Hashable, Sendable {
    /// Where it begins, in bytes of the whole; nil for a hole, which reads as zeroes.
    public let start: UInt64?
    /// Its length in bytes.
    public let byteCount: UInt64

    /// Creates a piece.
    public init(start: UInt64?, byteCount: UInt64) {
      self.start = start
      self.byteCount = byteCount
    }
  }

  /// What the pieces lie in.
  public let whole: any RandomAccessBytes
  /// The pieces in the order of the file.
  public let extents: [Extent]
  /// The length of the file in bytes, as its structures say; the image may end before.
  public let byteCount: UInt64

  /// Joins the pieces; those whose lengths no longer add up to a number are left out.
  public init(_ whole: any RandomAccessBytes, extents: [Extent]) {
    var total: UInt64 = 0
    var kept: [Extent] = []
    for extent in extents {
      guard let sum = total.adding(extent.byteCount) else { break }
      total = sum
      kept.append(extent)
    }
    self.whole = whole
    self.extents = kept
    byteCount = total
  }

  /// Where the first byte lies in the whole; nil for an empty file and for a hole.
  public var start: UInt64? { extents.first?.start }

  /// Whether the whole ends before the file does.
  public var isTruncated: Bool {
    extents.contains { extent in
      guard let start = extent.start else { return false }
      return start.end(count: extent.byteCount, limit: whole.byteCount) == nil
    }
  }

  /// Reads exactly `count` bytes of the file.
  public func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try requireInBounds(offset: offset, count: count)
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var skip = offset
    for extent in extents where result.count < count {
      guard skip < extent.byteCount else {
        skip -= extent.byteCount
        continue
      }
      let wanted = Int(min(UInt64(count - result.count), extent.byteCount - skip))
      if let start = extent.start {
        guard let position = start.adding(skip) else {
          throw .outOfBounds(offset: .max, count: wanted, available: whole.byteCount)
        }
        result += try whole.bytes(at: position, count: wanted)
      } else {
        result += [UInt8](repeating: 0, count: wanted)
      }
      skip = 0
    }
    return result
  }
}

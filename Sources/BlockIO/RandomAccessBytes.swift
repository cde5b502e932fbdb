import SystemPackage

/// Why bytes of an image or a medium could not be had.
public enum ByteReadError: Error, Hashable, Sendable {
  /// The range reaches beyond the end.
  case outOfBounds(offset: UInt64, count: Int, available: UInt64)
  /// The kernel could not read them.
  case system(SystemCallError, offset: UInt64)
  /// More was asked for than the reader's budget allows, as hostile images make a parser do.
  case budgetExhausted
  /// They exist, perhaps, but lie behind the beginning that is all there is to look at, from a byte on.
  case notLookedAt(offset: UInt64)
}

/// An image or a medium that can be read at any place: what every parser works on.
public protocol RandomAccessBytes: Sendable {
  /// Its length in bytes.
  var byteCount: UInt64 { get }

  /// Reads exactly `count` bytes.
  /// - Throws: ``ByteReadError/outOfBounds(offset:count:available:)`` where fewer are there.
  func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8]

  /// Says that some ranges are about to be read, so that the medium can be asked for all of them at once.
  func willRead(_ ranges: [Range<UInt64>])
}

extension RandomAccessBytes {
  /// Advice, which what lies in memory does not need.
  public func willRead(_ ranges: [Range<UInt64>]) {}

  /// Checks a range against the length, without overflow.
  public func requireInBounds(offset: UInt64, count: Int) throws(ByteReadError) {
    guard count >= 0, offset <= byteCount, UInt64(count) <= byteCount - offset else {
      throw .outOfBounds(offset: offset, count: count, available: byteCount)
    }
  }

  /// Reads up to `count` bytes, fewer where the end comes first.
  public func prefix(at offset: UInt64, upTo count: Int) throws(ByteReadError) -> [UInt8] {
    guard offset < byteCount else { return [] }
    return try bytes(at: offset, count: Int(min(UInt64(count), byteCount - offset)))
  }
}

extension [UInt8]: RandomAccessBytes {
  /// Its length in bytes.
  public var byteCount: UInt64 { UInt64(count) }

  /// Copies a range out of the array.
  public func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try requireInBounds(offset: offset, count: count)
    return Array(self[Int(offset)..<(Int(offset) + count)])
  }
}

extension Span<UInt8> {
  /// The eight bytes from a place on as a number, the first one highest; all of them must be there.
  @inlinable @inline(__always)
  public func bigEndianWord(at place: Int) -> UInt64 { littleEndianWord(at: place).byteSwapped }

  /// The eight bytes from a place on as a number, the first one lowest; all of them must be there.
  @inlinable @inline(__always)
  public func littleEndianWord(at place: Int) -> UInt64 {
    // Safe: every byte pattern is a number, and the place is checked.
    unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self))
  }
}

extension MutableSpan<UInt8> {
  /// Writes a number as eight bytes from a place on, the lowest first; there must be room for all of them.
  @inlinable @inline(__always)
  public mutating func store(_ word: UInt64, at place: Int) {
    // Safe: every byte pattern is a valid UInt8, and the place is checked.
    var target = unsafe mutableBytes
    target.storeBytes(of: word.littleEndian, toByteOffset: place, as: UInt64.self)
  }
}

extension Array where Element: FixedWidthInteger {
  /// An array that holds anything: for what is written before it is read.
  ///
  /// A page that is not touched costs nothing.
  public static func unset(count: Int) -> [Element] {
    // Safe: every pattern of bits is a number.
    unsafe Array(unsafeUninitializedCapacity: count) { _, initialized in initialized = count }
  }
}

extension [UInt8] {
  /// Writes bytes over those from a place on; there must be as many.
  public mutating func replace(from place: Int, with source: Span<UInt8>) {
    var elements = mutableSpan
    var target = elements._mutatingExtracting(place..<place + source.count)
    unsafe target.withUnsafeMutableBufferPointer { target in
      unsafe source.withUnsafeBufferPointer { source in
        // Safe: both are so many bytes, and who writes one of them has it alone.
        _ = unsafe target.update(fromContentsOf: source)
      }
    }
  }
}

import Glibc

/// What is written into memory in one piece, not byte by byte.
extension MutableRawSpan {
  /// Copies bytes into the memory from an offset on.
  public mutating func copy(from bytes: Span<UInt8>, at offset: Int) {
    precondition(offset >= 0 && bytes.count <= byteCount - offset, "no room for the bytes")
    unsafe withUnsafeMutableBytes { target in
      unsafe bytes.withUnsafeBufferPointer { source in
        guard let mine = target.baseAddress, let theirs = source.baseAddress else { return }
        // Safe: the range was checked, and nobody else has the memory.
        unsafe memcpy(mine + offset, theirs, source.count)
      }
    }
  }

  /// Sets a range to zero.
  public mutating func zero(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "range outside the memory")
    unsafe withUnsafeMutableBytes { target in
      guard let base = target.baseAddress else { return }
      unsafe memset(base + range.lowerBound, 0, range.count)
    }
  }
}

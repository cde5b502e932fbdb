extension MutableRawSpan {
  /// Makes all of it zero.
  public mutating func zero() {
    unsafe withUnsafeMutableBytes { bytes in
      // Safe: as many bytes as there are.
      _ = unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }
  }
}

extension [UInt8] {
  /// Lends the bytes from an index on to be filled.
  public mutating func withRoom<Result, Failure: Error>(
    from start: Int, _ body: (inout MutableRawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var elements = mutableSpan
    // Safe: every byte pattern is a valid UInt8.
    var span = unsafe elements.mutableBytes
    var room = span._mutatingExtracting(start...)
    return try body(&room)
  }
}

extension ArraySlice<UInt8> {
  /// Moves as many of the first bytes as there is room for behind a place.
  /// - Returns: how many.
  public mutating func move(into output: inout MutableRawSpan, from start: Int = 0) -> Int {
    let count = Swift.min(count, output.byteCount - start)
    unsafe output.withUnsafeMutableBytes { target in
      unsafe withUnsafeBytes { source in
        // Safe: neither has fewer bytes than that.
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[start..<start + count])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
      }
    }
    removeFirst(count)
    return count
  }
}

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
  /// Appends a copy of bytes.
  public mutating func append(contentsOf bytes: Span<UInt8>) {
    // Safe: they are only read, while they are lent.
    unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }

  /// Appends bytes that begin at a bit, as parts of formats do that are so many bits long.
  /// - Parameters:
  ///   - byteCount: how many.
  ///   - source: what holds them.
  ///   - bit: where they begin in its first byte, counted from the highest bit.
  public mutating func append(_ byteCount: Int, from source: [UInt8], atBit bit: Int) {
    precondition((0..<8).contains(bit) && byteCount <= source.count - (bit == 0 ? 0 : 1), "no such bits")
    let end = count
    self += [UInt8](repeating: 0, count: byteCount)
    // Safe: every byte of an array of bytes may be looked at.
    let content = unsafe source.span.bytes
    let shift = UInt64(bit)
    let wholeWords = byteCount & ~7
    withRoom(from: end) { room in
      for start in stride(from: 0, to: wholeWords, by: 8) {
        // Safe: every byte pattern is a number, and the place is checked.
        let word = unsafe content.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self).bigEndian
        let next = bit == 0 ? 0 : UInt64(source[start + 8]) >> (8 - shift)
        room.storeBytes(of: (word << shift | next).bigEndian, toByteOffset: start, as: UInt64.self)
      }
    }
    for index in wholeWords..<byteCount {
      let next = bit == 0 ? 0 : source[index + 1] >> (8 - UInt8(bit))
      self[end + index] = source[index] << UInt8(bit) | next
    }
  }

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

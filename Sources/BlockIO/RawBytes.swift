extension [UInt8] {
  /// Adds bytes at the end.
  public mutating func append(_ bytes: RawSpan) {
    // Safe: the elements are copied before the memory goes.
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }

  /// Gives the bytes to a function as they lie in memory.
  public func withRawSpan(_ body: (RawSpan) -> Void) {
    // Safe: every byte of an array of bytes is initialised.
    body(unsafe span.bytes)
  }
}

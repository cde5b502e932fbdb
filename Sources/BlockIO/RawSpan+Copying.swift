extension RawSpan {
  /// A range as a copy.
  public func copied(_ range: Range<Int>) -> [UInt8] {
    // Safe: the bytes are copied before the span ends.
    unsafe extracting(range).withUnsafeBytes { unsafe Array($0) }
  }
}

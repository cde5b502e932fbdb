/// Arithmetic on parsed numbers: nil instead of a trap, so that the compiler asks what a too large value means.
extension FixedWidthInteger {
  /// The sum, or nil if it does not fit.
  public func adding(_ other: Self) -> Self? {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? nil : sum
  }

  /// The difference, or nil if it does not fit.
  public func subtracting(_ other: Self) -> Self? {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? nil : difference
  }

  /// The product, or nil if it does not fit.
  public func multiplied(by other: Self) -> Self? {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : product
  }

  /// The end of a range of this start, or nil if it overflows or lies beyond the limit.
  public func end(count: Self, limit: Self) -> Self? {
    guard let end = adding(count), end <= limit else { return nil }
    return end
  }
}

extension [UInt8] {
  /// The text without white space at both ends.
  var trimmed: [UInt8] {
    guard let first = firstIndex(where: { !$0.isXMLSpace }), let last = lastIndex(where: { !$0.isXMLSpace })
    else { return [] }
    return Array(self[first...last])
  }

  /// The blocks of `7 - 12`, or `7` for one block; the last one is part of the range.
  var blockNumbers: (first: UInt64, last: UInt64)? {
    let parts = split(separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = parts.map { Array($0).trimmed.decimal }
    guard let first = numbers.first ?? nil, let last = numbers.last ?? nil, first <= last else { return nil }
    return (first, last)
  }

  /// The number that decimal digits make; nil for anything else, and for a number that does not fit.
  var decimal: UInt64? {
    guard !isEmpty else { return nil }
    var value: UInt64 = 0
    for byte in self {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, carries) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
      guard !overflows, !carries else { return nil }
      value = sum
    }
    return value
  }
}

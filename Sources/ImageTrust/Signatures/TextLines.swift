/// The lines of a text that may end in either way, without their ends.
struct TextLines {
  /// Where each line lies in the bytes, without its end.
  let ranges: [Range<Int>]
  private let bytes: [UInt8]

  /// - Parameter limit: the most lines that are looked at.
  /// - Returns: nil where there are more.
  init?(_ bytes: [UInt8], limit: Int = 1 << 20) {
    var ranges: [Range<Int>] = []
    var start = 0
    while start < bytes.count {
      guard ranges.count < limit else { return nil }
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      let isReturned = end > start && bytes[end - 1] == 0x0D
      ranges.append(start..<(isReturned ? end - 1 : end))
      start = end + 1
    }
    self.ranges = ranges
    self.bytes = bytes
  }

  var count: Int { ranges.count }

  subscript(index: Int) -> ArraySlice<UInt8> { bytes[ranges[index]] }
}

extension ArraySlice<UInt8> {
  /// Without the blanks and tabs at its end.
  var trimmingBlanksAtEnd: ArraySlice<UInt8> {
    let last = lastIndex { $0 != 0x20 && $0 != 0x09 }
    return last.map { self[startIndex...$0] } ?? []
  }

  /// What follows a beginning, if it has that.
  func after(_ prefix: String) -> ArraySlice<UInt8>? {
    starts(with: prefix.utf8) ? dropFirst(prefix.utf8.count) : nil
  }
}

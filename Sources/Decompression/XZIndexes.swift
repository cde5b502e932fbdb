import BlockIO

/// The indexes of the streams of an xz file, read from the end (The .xz File Format, 2.1.2 and 4).
enum XZIndexes {
  private static let frameByteCount: UInt64 = 12
  private static let magic: [UInt8] = [0x59, 0x5A]
  /// More than the indexes of an image of terabytes have together, in bytes; reading them takes no time worth telling.
  private static let mostBytes: UInt64 = 16 << 20
  /// More than anybody puts into one file.
  private static let mostStreams = 1024

  /// The length of what all streams hold, in bytes; nil where an index makes no sense.
  static func contentByteCount(in file: some RandomAccessBytes) throws(ByteReadError) -> UInt64? {
    var end = file.byteCount
    var total: UInt64 = 0
    var budget = mostBytes
    for _ in 0..<mostStreams {
      guard let stream = try stream(endingAt: end, in: file, &budget) else { return nil }
      let (sum, overflows) = total.addingReportingOverflow(stream.contentByteCount)
      guard !overflows else { return nil }
      total = sum
      guard stream.start > 0 else { return total }
      end = stream.start
    }
    return nil
  }

  private struct Stream {
    var start: UInt64
    var contentByteCount: UInt64
  }

  private static func stream(
    endingAt end: UInt64, in file: some RandomAccessBytes, _ budget: inout UInt64
  ) throws(ByteReadError) -> Stream? {
    guard let end = try withoutPadding(end, in: file), end >= 2 * frameByteCount else { return nil }
    let footer = try file.bytes(at: end - frameByteCount, count: Int(frameByteCount))
    guard Array(footer[10...]) == magic else { return nil }
    let indexByteCount = (UInt64(UInt32(littleEndianBytes: footer[4..<8])) + 1) * 4
    guard indexByteCount <= budget, indexByteCount <= end - 2 * frameByteCount else { return nil }
    budget -= indexByteCount
    let startOfIndex = end - frameByteCount - indexByteCount
    let bytes = try file.bytes(at: startOfIndex, count: Int(indexByteCount))
    guard let sums = sums(ofIndex: bytes), sums.blocks <= startOfIndex - frameByteCount else { return nil }
    return Stream(start: startOfIndex - frameByteCount - sums.blocks, contentByteCount: sums.content)
  }

  /// The end of the footer in front of padding; as much of it is passed as a file may reasonably have.
  private static func withoutPadding(
    _ end: UInt64, in file: some RandomAccessBytes
  ) throws(ByteReadError) -> UInt64? {
    let last = try file.bytes(at: end - min(end, 1), count: Int(min(end, 1)))
    guard last == [0] else { return end }
    let count = min(end, 64 << 10)
    let tail = try file.bytes(at: end - count, count: Int(count))
    guard let last = tail.lastIndex(where: { $0 != 0 }) else { return nil }
    return end - UInt64(tail.count - 1 - last)
  }

  /// What the blocks take up in the file, and what they hold; nil for what is no index.
  private static func sums(ofIndex bytes: [UInt8]) -> (blocks: UInt64, content: UInt64)? {
    var rest = bytes[...]
    guard rest.popFirst() == 0, let count = number(&rest), count <= UInt64(bytes.count) / 2 else {
      return nil
    }
    var sums: (blocks: UInt64, content: UInt64) = (0, 0)
    for _ in 0..<count {
      // Numbers have 63 bits at most: rounding one up cannot overflow.
      guard let block = number(&rest), let content = number(&rest) else { return nil }
      let (blocks, blocksOverflow) = sums.blocks.addingReportingOverflow((block + 3) & ~3)
      let (contents, contentsOverflow) = sums.content.addingReportingOverflow(content)
      guard !blocksOverflow, !contentsOverflow else { return nil }
      sums = (blocks, contents)
    }
    return sums
  }

  /// A number in up to nine groups of seven bits, the lowest ones first.
  private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 63, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }
}

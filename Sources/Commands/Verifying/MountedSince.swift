import BlockIO
import Documents
import ImageInspector
import Terminal
import Writer

extension Differences {
  /// The file systems of the image whose mounting explains every difference (R46); none where one is left, or
  /// where there are more than are listed.
  ///
  /// No mount has a medium read differently each time, or begin anew where its memory ends.
  func mounted(in report: ImageReport, on medium: borrowing MediumReader) -> [MountTraces.FileSystem] {
    guard rangeCount == ranges.count, damage.unstableBlockCount == 0, damage.displacement?.isWrap != true
    else { return [] }
    return report.mountTraces.explaining(ranges, ones: damage.onesExtent) { medium.bytes(in: $0) } ?? []
  }
}

extension MediumReader {
  /// What is in a short range, past every cache; nil where it cannot be read.
  func bytes(in range: Range<UInt64>) -> [UInt8]? {
    let block = UInt64(max(geometry.logicalBlockSize, 512))
    guard range.upperBound <= geometry.byteCount else { return nil }
    let start = range.lowerBound / block * block
    let wanted = Int(min((range.upperBound - start + block - 1) / block * block, geometry.byteCount - start))
    let room = (wanted + AlignedBuffer.alignment - 1) / AlignedBuffer.alignment * AlignedBuffer.alignment
    var memory = AlignedBuffer(byteCount: room)
    let first = Int(range.lowerBound - start)
    let count = Int(range.upperBound - range.lowerBound)
    guard let found = try? read(at: start, into: &memory, range: 0..<wanted), found >= first + count else {
      return nil
    }
    return memory.copied(first..<(first + count))
  }
}

extension MountTraces.FileSystem {
  /// A clause for a person.
  var text: SanitizedText {
    guard let partition else { return "the \(kind) file system" }
    return "the \(kind) file system of partition \(partition)"
  }

  /// The entry of `mountedSince`.
  var json: JSONValue { ["fileSystem": JSONValue(kind), "partition": JSONValue(partition)] }
}

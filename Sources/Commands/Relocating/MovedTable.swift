import BlockIO
import DiskFormats
import ImageSource
import Writer

/// A medium on which `--fix-gpt` has moved the backup of the partition table since it was written.
enum MovedTable {
  /// Whether that alone explains every difference between an image and a medium, to the byte.
  /// - Parameters:
  ///   - imageByteCount: the length of the image in bytes.
  ///   - expert: who reads the table.
  static func explains(
    _ differences: Differences, of image: any ImageSource, imageByteCount: UInt64,
    on medium: borrowing MediumReader, _ expert: TableExpert
  ) -> Bool {
    let geometry = medium.geometry
    let front = UInt64(2 * geometry.logicalBlockSize)
    guard differences.rangeCount == differences.ranges.count, !differences.isCoarse,
      differences.ranges.allSatisfy({ $0.upperBound <= front }), let head = head(of: image),
      case .changes(let relocation)? = try? expert(
        TableQuestion(
          head: head, byteCount: geometry.byteCount, blockSize: geometry.logicalBlockSize,
          imageByteCount: imageByteCount))
    else { return false }
    return holds(relocation.front, at: 0, medium)
      && holds(relocation.backupBytes, at: relocation.backup.lowerBound, medium)
  }

  /// The beginning of an image; nil where it cannot be read once more.
  private static func head(of image: any ImageSource) -> [UInt8]? {
    guard let stream = try? image.start() else { return nil }
    defer { stream.abandon() }
    var memory = AlignedBuffer(byteCount: GPTRelocation.headByteCount)
    guard let count = try? stream.read(into: &memory, range: 0..<memory.byteCount) else { return nil }
    return memory.copied(0..<count)
  }

  private static func holds(_ bytes: [UInt8], at offset: UInt64, _ medium: borrowing MediumReader) -> Bool {
    let room = (bytes.count + AlignedBuffer.alignment - 1) / AlignedBuffer.alignment * AlignedBuffer.alignment
    var memory = AlignedBuffer(byteCount: room)
    guard let count = try? medium.read(at: offset, into: &memory, range: 0..<bytes.count) else {
      return false
    }
    return memory.copied(0..<count) == bytes
  }
}

import BlockIO
import DiskFormats
import Writer

/// A medium on which `--fix-gpt` has moved the backup of the partition table since it was written.
enum MovedTable {
  /// What the move has made of the medium; nil where it holds the table of the image, or one that nothing tells was moved.
  ///
  /// A table was moved where one of the blocks that this changes, or the whole copy at the end, is as it makes them. All
  /// of them are compared then, so that what differs besides is found where it is.
  /// - Parameters:
  ///   - head: the first bytes of the image.
  ///   - imageByteCount: the length of the image in bytes; nil where only its end tells.
  ///   - expert: starts who reads the table; called only where the first blocks are not those of the image.
  static func change(
    of head: [UInt8], imageByteCount: UInt64?, on medium: borrowing MediumReader,
    _ expert: () -> TableExpert?
  ) -> IntendedChange? {
    let geometry = medium.geometry
    let front = 2 * geometry.logicalBlockSize
    guard head.count >= front, let found = bytes(0..<UInt64(front), medium), found != Array(head[..<front]),
      let expert = expert(),
      case .changes(let relocation)? = try? expert(
        TableQuestion(
          head: head, byteCount: geometry.byteCount, blockSize: geometry.logicalBlockSize,
          imageByteCount: imageByteCount ?? UInt64(head.count)))
    else { return nil }
    let isMoved =
      relocation.changed.contains { range in
        let block = Int(range.lowerBound)..<Int(range.upperBound)
        return found[block] == relocation.front[block]
      } || bytes(relocation.backup, medium) == relocation.backupBytes
    return isMoved
      ? IntendedChange(front: relocation.front, behind: relocation.backup, relocation.backupBytes) : nil
  }

  private static func bytes(_ range: Range<UInt64>, _ medium: borrowing MediumReader) -> [UInt8]? {
    let unit = AlignedBuffer.alignment
    let room = (range.count + unit - 1) / unit * unit
    var memory = AlignedBuffer(byteCount: room)
    let count = try? medium.read(at: range.lowerBound, into: &memory, range: 0..<range.count)
    return count == range.count ? memory.copied(0..<range.count) : nil
  }
}

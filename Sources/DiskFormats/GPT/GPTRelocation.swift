import BlockIO

/// Why the backup of a GPT cannot be moved to the end of a disk.
public enum GPTRelocationError: Error, Hashable, Sendable {
  /// The disk has no GPT for blocks of its own size.
  case noTable
  /// The table fails some checks, and what is damaged is not made to look whole.
  case damaged([GPTCopy.Defect])
  /// It is at the end already.
  case atEnd
  /// The list of its partitions lies behind what is looked at.
  case farEntries
  /// The image, the table itself or a partition reaches into the last blocks; or the table is longer than any honest
  /// one.
  case noRoom
}

/// What changes on a disk where the backup of its GPT comes to lie at its true end (UEFI 2.10 §5.3.2).
///
/// The partitions and the GUIDs stay as they are. What was the backup stays where it was, and is part of the image.
public struct GPTRelocation: Hashable, Sendable {
  /// Where the copy at the end lies: the entries, and then the header in the last block.
  public let backup: Range<UInt64>
  /// Its bytes.
  public let backupBytes: [UInt8]
  /// The first two blocks of the disk, the MBR and the header that knows of the copy.
  public let front: [UInt8]
  /// What of the first two blocks has changed, in whole blocks.
  public let changed: [Range<UInt64>]

  /// How much of the end is given to the copy at most, in bytes: what every write has zeroed and saved.
  public static let backupLimit: UInt64 = 1 << 20
  /// How much of the beginning of a disk says all that is needed, in bytes.
  public static let headByteCount = 1 << 20

  /// Decides what changes.
  /// - Parameters:
  ///   - head: the first bytes of the disk.
  ///   - byteCount: its true length in bytes.
  ///   - blockSize: its logical block size in bytes.
  ///   - imageByteCount: how many bytes from the first on belong to the image, and stay what they are but for the
  ///     first two blocks.
  public init(
    head: [UInt8], byteCount: UInt64, blockSize: Int, imageByteCount: UInt64
  ) throws(GPTRelocationError) {
    let block = UInt64(blockSize)
    guard GUIDPartitionTable.blockSizes.contains(blockSize), byteCount / block > 2,
      head.count >= 2 * blockSize
    else { throw .noTable }
    let copy = try Self.table(in: DiskHead(head: head, byteCount: byteCount), blockSize)
    let record = try? MasterBootRecord(parsing: ByteReader(Array(head[..<MasterBootRecord.byteCount])))
    guard let record, record.hasProtectiveEntry else { throw .noTable }
    let faults = copy.defects.filter {
      // Long entries are moved as they are, for firmware that reads them.
      if case .partitionBeyondEnd = $0 { true } else { $0.isMindedByUEFI }
    }
    guard faults.isEmpty else { throw .damaged(faults) }
    let last = byteCount / block - 1
    guard copy.header.alternateLBA != last else { throw .atEnd }
    let arrayBlocks = (copy.header.entryArrayByteCount + block - 1) / block
    guard (arrayBlocks + 1) * block <= Self.backupLimit, arrayBlocks + 1 < last else { throw .noRoom }
    let start = last - arrayBlocks
    // Entries in the first two blocks would change together with them.
    guard copy.header.entriesLBA >= 2, copy.header.entriesLBA + arrayBlocks <= start,
      copy.header.firstUsableLBA < start, imageByteCount <= start * block,
      copy.entries.allSatisfy({ $0.lastLBA < start }),
      record.usedEntries.allSatisfy({ $0.isProtective || $0.endLBA <= start })
    else { throw .noRoom }

    var header = copy.header
    header.alternateLBA = last
    header.lastUsableLBA = start - 1
    let tableStart = Int(copy.header.entriesLBA * block)
    var array = Array(head[tableStart..<(tableStart + Int(copy.header.entryArrayByteCount))])
    array += [UInt8](repeating: 0, count: Int(arrayBlocks * block) - array.count)
    var twin = header
    (twin.myLBA, twin.alternateLBA, twin.entriesLBA) = (last, 1, start)
    self.init(
      backup: (start * block)..<((last + 1) * block),
      backupBytes: array + twin.serialised(blockSize: blockSize),
      front: Self.table(record, over: Array(head[..<blockSize]), last: last)
        + header.serialised(blockSize: blockSize), over: head, blockSize: blockSize)
  }

  /// Puts the parts together, and finds out what they change.
  init(backup: Range<UInt64>, backupBytes: [UInt8], front: [UInt8], over head: [UInt8], blockSize: Int) {
    let block = UInt64(blockSize)
    self.backup = backup
    self.backupBytes = backupBytes
    self.front = front
    changed = [0..<block, block..<(2 * block)].filter { range in
      front[Int(range.lowerBound)..<Int(range.upperBound)]
        != head[Int(range.lowerBound)..<Int(range.upperBound)]
    }
  }

  private static func table(
    in disk: DiskHead, _ blockSize: Int
  ) throws(GPTRelocationError) -> GPTCopy {
    let copy: GPTCopy?
    // The header is there: what cannot be had is what it names.
    do throws(FormatError) {
      copy = try GPTCopy(in: disk, role: .primary, lba: 1, blockSize: blockSize)
    } catch { throw .farEntries }
    guard let copy else { throw .noTable }
    return copy
  }

  /// The first block, whose entry that stands for the GPT spans the whole disk where it is alone.
  private static func table(_ record: MasterBootRecord, over first: [UInt8], last: UInt64) -> [UInt8] {
    guard record.usedEntries.count == 1, let index = record.entries.firstIndex(where: \.isProtective) else {
      return first
    }
    var writer = ByteWriter(first)
    writer.putLittleEndian(UInt32(clamping: last), at: 446 + index * 16 + 12)
    return writer.bytes
  }
}

/// The beginning of a disk, for parsers that only need to know how long the rest is.
private struct DiskHead: RandomAccessBytes {
  let head: [UInt8]
  let byteCount: UInt64

  func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try requireInBounds(offset: offset, count: count)
    guard offset + UInt64(count) <= UInt64(head.count) else { throw .notLookedAt(offset: offset) }
    return try head.bytes(at: offset, count: count)
  }
}

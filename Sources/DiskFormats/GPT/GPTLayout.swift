/// A new GUID partition table in both its copies, to be laid onto a disk or an image.
public struct GPTLayout: Hashable, Sendable {
  /// The length of a block in bytes.
  public var blockSize: Int
  /// The length of the disk in blocks.
  public var blockCount: UInt64
  /// The GUID of the disk.
  public var diskGUID: GUID
  /// The partitions; the index says which slot each takes.
  public var entries: [GPTEntry]

  /// How many blocks the 128 entries take.
  public var entryBlockCount: UInt64 { UInt64((128 * 128 + blockSize - 1) / blockSize) }
  /// The first block that a partition may use.
  public var firstUsableLBA: UInt64 { 2 + entryBlockCount }
  /// The last block that a partition may use, inclusive.
  public var lastUsableLBA: UInt64 { blockCount - entryBlockCount - 2 }

  /// Plans a table.
  ///
  /// - Returns: nil where the disk is too small for both copies and one usable block.
  public init?(blockSize: Int, blockCount: UInt64, diskGUID: GUID, entries: [GPTEntry]) {
    self.blockSize = blockSize
    self.blockCount = blockCount
    self.diskGUID = diskGUID
    self.entries = entries
    guard GUIDPartitionTable.blockSizes.contains(blockSize), blockCount >= 4 + 2 * entryBlockCount else {
      return nil
    }
  }

  /// Protective MBR, primary header and entries: what goes to byte 0.
  public var head: [UInt8] {
    let length = UInt32(clamping: blockCount - 1)
    let record = MasterBootRecord(entries: [
      .init(index: 1, firstCHS: 0x00_0200, type: 0xEE, lastCHS: 0xFF_FFFF, startLBA: 1, sectorCount: length)
    ])
    let header = header(myLBA: 1, alternateLBA: blockCount - 1, entriesLBA: 2)
    let block0 = record.serialised() + [UInt8](repeating: 0, count: blockSize - MasterBootRecord.byteCount)
    return block0 + header.serialised(blockSize: blockSize) + paddedEntries
  }

  /// Backup entries and header: what goes to byte ``tailOffset``.
  public var tail: [UInt8] {
    let entriesLBA = blockCount - 1 - entryBlockCount
    let header = header(myLBA: blockCount - 1, alternateLBA: 1, entriesLBA: entriesLBA)
    return paddedEntries + header.serialised(blockSize: blockSize)
  }

  /// Where the tail goes, in bytes.
  public var tailOffset: UInt64 { (blockCount - 1 - entryBlockCount) * UInt64(blockSize) }

  private func header(myLBA: UInt64, alternateLBA: UInt64, entriesLBA: UInt64) -> GPTHeader {
    var header = GPTHeader(
      myLBA: myLBA, alternateLBA: alternateLBA, firstUsableLBA: firstUsableLBA, lastUsableLBA: lastUsableLBA,
      diskGUID: diskGUID, entriesLBA: entriesLBA)
    header.entriesChecksum = CRC32.checksum(of: entryArray)
    return header
  }

  private var entryArray: [UInt8] {
    var writer = ByteWriter(count: 128 * 128)
    for entry in entries where (1...128).contains(entry.index) {
      writer.put(entry.serialised(), at: (entry.index - 1) * 128)
    }
    return writer.bytes
  }

  private var paddedEntries: [UInt8] {
    let array = entryArray
    return array + [UInt8](repeating: 0, count: Int(entryBlockCount) * blockSize - array.count)
  }
}

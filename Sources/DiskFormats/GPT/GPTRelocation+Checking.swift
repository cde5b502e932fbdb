extension GPTRelocation {
  /// Takes what somebody else has decided, if it can do no harm to what is on the disk.
  ///
  /// Whatever it says, it changes the first two blocks in those fields alone that tell where the copy lies, and nothing
  /// of the rest of the image.
  /// - Parameters:
  ///   - backup: where the copy at the end is to lie, in bytes.
  ///   - backupBytes: its bytes.
  ///   - front: the first two blocks of the disk.
  ///   - head: the first bytes of the disk as it is.
  ///   - byteCount: its true length in bytes.
  ///   - blockSize: its logical block size in bytes.
  ///   - imageByteCount: how many bytes from the first on belong to the image.
  /// - Returns: nil for anything else.
  public init?(
    backup: Range<UInt64>, backupBytes: [UInt8], front: [UInt8], head: [UInt8], byteCount: UInt64,
    blockSize: Int, imageByteCount: UInt64
  ) {
    let block = UInt64(blockSize)
    guard GUIDPartitionTable.blockSizes.contains(blockSize), backup.upperBound == byteCount / block * block,
      backup.lowerBound % block == 0, backup.lowerBound >= max(imageByteCount, 2 * block),
      backup.count <= Self.backupLimit, backupBytes.count == backup.count, front.count == 2 * blockSize,
      head.count >= front.count
    else { return nil }
    let fields = Self.fields(of: head, blockSize)
    guard
      front.indices.allSatisfy({ place in
        front[place] == head[place] || fields.contains { $0.contains(place) }
      })
    else { return nil }
    self.init(backup: backup, backupBytes: backupBytes, front: front, over: head, blockSize: blockSize)
  }

  /// The fields that change: the lengths of the entries of the MBR that stand for the GPT, and of the header its own
  /// checksum, the place of the copy and the last usable block (UEFI 2.10 tables 5-3 and 5-5).
  private static func fields(of head: [UInt8], _ blockSize: Int) -> [Range<Int>] {
    let entries = (0..<4).map { 446 + 16 * $0 }.filter { head[$0 + 4] == 0xEE }.map { ($0 + 12)..<($0 + 16) }
    return entries
      + [16..<20, 32..<40, 48..<56].map { ($0.lowerBound + blockSize)..<($0.upperBound + blockSize) }
  }
}

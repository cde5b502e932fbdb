public import BlockIO

/// A GUID partition table as found on a disk or in an image: both copies and how they fit the medium.
///
/// ```
/// block 0         protective MBR
/// block 1         primary header          (byte 512, or 4096 on a disk with 4096-byte blocks)
/// block 2…        primary entries         (12 to 62 where an Apple partition map shares the area)
///  …              partitions
/// before the last backup entries
/// last block      backup header
/// ```
/// Source: UEFI 2.10 §5.3. On an image that was written to a larger stick the backup is not at the end:
/// that is usual and no damage.
public struct GUIDPartitionTable: Hashable, Sendable {
  /// The block sizes that tables are made for, the common one first.
  public static let blockSizes = [512, 4096]

  /// In what state the backup copy is.
  public enum BackupState: String, Hashable, Sendable, CaseIterable {
    /// Valid, in the last block.
    case ok
    /// Neither in the last block nor where the primary header says.
    case missing
    /// Valid or nearly so, but not in the last block.
    case misplaced
    /// Found, but failing its checks.
    case invalid
    /// The end of the disk cannot be looked at.
    case unseen
  }

  /// The length of a block in bytes that the table is made for: 512 or 4096.
  public var blockSize: Int
  /// The copy at block 1, where `EFI PART` is there.
  public var primary: GPTCopy?
  /// The best of the backup copies that were found.
  public var backup: GPTCopy?
  /// In what state the backup copy is.
  public var backupState: BackupState
  /// Whether block 0 has an entry of type 0xEE from block 1; without it the specification denies the table.
  public var hasProtectiveMBR: Bool
  /// Whether block 0 has further partitions beside that entry, as hybrid images do.
  public var hasOtherMBRPartitions: Bool
  /// Whether the two copies describe the same disk and the same partitions; nil where one is missing.
  public var copiesAgree: Bool? {
    guard let primary, let backup else { return nil }
    return primary.header.diskGUID == backup.header.diskGUID && primary.entries == backup.entries
  }

  /// The copy to go by: the primary if it is valid, else a valid backup, else the one that firmware uses, else
  /// whichever is there.
  public var best: GPTCopy? {
    if let primary, primary.isValid { return primary }
    if let backup, backup.isValid { return backup }
    if let backup, backup.isValidForUEFI, primary?.isValidForUEFI != true { return backup }
    return primary ?? backup
  }

  /// Whether one of the copies is valid.
  public var isValid: Bool { best?.isValid ?? false }

  /// Whether firmware that keeps to the letter accepts the table: a valid copy and a protective MBR.
  public var isValidForUEFI: Bool { isValid && hasProtectiveMBR }

  /// Every table on a disk, made for 512 and for 4096-byte blocks; valid ones first, usually none or one.
  ///
  /// - Throws: only where the bytes cannot be had.
  public static func all(in disk: some RandomAccessBytes) throws(FormatError) -> [GUIDPartitionTable] {
    var tables: [GUIDPartitionTable] = []
    for blockSize in blockSizes {
      guard let table = try GUIDPartitionTable(in: disk, blockSize: blockSize) else { continue }
      tables.append(table)
    }
    return tables.filter(\.isValid) + tables.filter { !$0.isValid }
  }

  /// Reads the table of one block size; nil where neither copy is found.
  ///
  /// - Throws: only where the bytes cannot be had.
  public init?(in disk: some RandomAccessBytes, blockSize: Int) throws(FormatError) {
    guard blockSize >= 512, disk.byteCount / UInt64(blockSize) >= 2 else { return nil }
    let last = disk.byteCount / UInt64(blockSize) - 1
    self.blockSize = blockSize
    primary = try GPTCopy(in: disk, role: .primary, lba: 1, blockSize: blockSize)
    backup = nil
    // The last block; where the primary says; and one block early, where syslinux's isohybrid puts it.
    var places = [last]
    if let primary { places += [primary.header.alternateLBA, last - 1].filter { $0 != last } }
    var candidates: [GPTCopy] = []
    var isEndUnseen = false
    for lba in places where lba > 1 {
      let seen = try unlessUnseen { () throws(FormatError) in
        try GPTCopy(in: disk, role: .backup, lba: lba, blockSize: blockSize)
      }
      guard let copy = seen else {
        isEndUnseen = true
        continue
      }
      if let copy { candidates.append(copy) }
    }
    // Where kernels do not read the primary either, a backup with long entries like its own is as good.
    let allowsLongEntries = primary?.isValid != true
    func isWhole(_ copy: GPTCopy) -> Bool { copy.isValid || allowsLongEntries && copy.isValidForUEFI }
    backup = candidates.first(where: \.isValid) ?? candidates.first(where: isWhole) ?? candidates.first
    switch backup {
    case _ where isEndUnseen: backupState = .unseen
    case nil: backupState = .missing
    case let copy? where !isWhole(copy): backupState = .invalid
    case let copy?: backupState = copy.lba == last ? .ok : .misplaced
    }
    guard primary != nil || backup != nil else { return nil }
    let record = try? MasterBootRecord(parsing: disk.reader(at: 0, count: MasterBootRecord.byteCount))
    hasProtectiveMBR = record?.hasProtectiveEntry ?? false
    hasOtherMBRPartitions = record?.usedEntries.contains { !$0.isProtective } ?? false
  }
}

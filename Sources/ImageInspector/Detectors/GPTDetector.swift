import BlockIO
import DiskFormats

/// Finds a GUID partition table, for blocks of 512 or of 4096 bytes.
enum GPTDetector {
  static func detect(in bytes: CachedBytes, _ facts: inout BootFacts) throws(FormatError) {
    let tables = try GUIDPartitionTable.all(in: bytes)
    guard let table = tables.first, let best = table.best else { return }
    let backup: ImageReport.GPTSummary.Backup =
      switch table.backupState {
      case .ok: .ok
      case .missing: .missing
      case .misplaced: .misplaced
      case .invalid: .invalid
      case .unseen: .unseen
      }
    let partitions = best.entries.map { entry in
      ImageReport.GPTSummary.Partition(
        index: entry.index, typeGUID: entry.typeGUID.description, name: entry.name,
        firstLBA: entry.firstLBA, lastLBA: entry.lastLBA)
    }
    let blockSize = UInt64(table.blockSize)
    var result = GPTFacts(
      summary: ImageReport.GPTSummary(
        headerValid: table.primary?.isHeaderValid ?? false,
        entriesValid: table.primary?.areEntriesValid ?? false,
        backup: backup, sectorSize: table.blockSize, partitions: partitions),
      headerOffset: best.lba.multiplied(by: blockSize) ?? 0)
    result.hasPrimary = table.primary != nil
    result.hasOtherPrimary = tables.dropFirst().contains { $0.primary != nil }
    result.isUsable = table.isValid || best.isValidForUEFI
    result.longEntryByteCount = table.primary?.longEntryByteCount
    result.isCutOff = best.isOnlyCutOff
    if let boot = best.entries.first(where: { $0.typeGUID == .freeBSDBoot }) {
      let offset = boot.firstLBA.multiplied(by: blockSize) ?? .max
      let start = try unlessUnseen { () throws(FormatError) in try bytes.prefixReader(at: offset, upTo: 2048)
      }
      result.freeBSDBoot = start.map { $0.isZero(in: 0..<$0.count) ? .blank : .present } ?? .unseen
    }
    result.hasApplePartition = best.entries.contains { $0.typeGUID.isApple }
    result.expectedEnd = max(best.header.alternateLBA, best.header.lastUsableLBA).adding(1)?
      .multiplied(by: blockSize)
    result.absurdIndexes = best.entries.filter { entry in
      entry.blockCount == nil || entry.lastLBA.multiplied(by: blockSize) == nil
    }.map(\.index)
    result.espIndexes = Set(best.entries.filter { $0.typeGUID == .efiSystem }.map(\.index))
    result.hiddenIndexes = Set(best.entries.filter(\.isHiddenFromUEFI).map(\.index))
    let inOrder = FATVolumeDetector.gptRanks.flatMap { rank in
      best.entries.filter { FATVolumeDetector.gptRank($0.typeGUID) == rank }
    }
    for entry in inOrder.prefix(FATVolumeDetector.partitionLimit) {
      result.objections[entry.index] = best.firmwareObjection(to: entry)
    }
    if best.usedCount > best.entries.count { result.partitionCount = best.usedCount }
    if best.isArrayTooLong { result.unreadByteCount = best.header.entryArrayByteCount }
    result.isBackupOnly = best.role == .backup && table.primary?.isValidForUEFI != true
    result.bootableIndexes = best.entries.filter(\.isLegacyBIOSBootable).map(\.index)
    facts.gpt = result
  }
}

extension GPTCopy {
  /// How long the entries are where kernels do not read them for that and nothing else is wrong with them.
  fileprivate var longEntryByteCount: UInt32? {
    areEntriesValid && defects.contains(.entrySize(header.entrySize)) ? header.entrySize : nil
  }

  /// Whether every checksum is right and only the end of the medium comes too early.
  fileprivate var isOnlyCutOff: Bool {
    var isCutOff = false
    for defect in defects where defect.isMindedByUEFI {
      guard case .usableBeyondEnd = defect else { return false }
      isCutOff = true
    }
    return isCutOff
  }
}

extension GUID {
  /// Whether it is a partition type of Apple's: HFS+, APFS and others end alike (…-11AA-AA11-00306543ECAC).
  fileprivate var isApple: Bool { third == 0x11AA && rest == 0xAA11_0030_6543_ECAC }
}

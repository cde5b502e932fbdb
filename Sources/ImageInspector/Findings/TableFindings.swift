import DiskFormats

/// What is odd about the boot code and the partition tables.
enum TableFindings {
  static func findings(_ facts: BootFacts) -> [ImageReport.Finding] {
    mbr(facts) + (facts.gpt.map { gpt($0, facts) } ?? [])
  }

  private static func mbr(_ facts: BootFacts) -> [ImageReport.Finding] {
    guard let mbr = facts.mbr else { return [] }
    var result: [ImageReport.Finding] = []
    if let target = mbr.target, !target.isUnseen,
      !target.isInside || target.isBlank || isForeign(mbr, target)
    {
      result.append(
        .init(
          .bootCodeAstray, "The boot code in the first sector loads something that is not there.",
          at: UInt64(target.pointerOffset)))
    }
    let active = mbr.entries.filter(\.active).count
    if active > 1, !mbr.code.isFileSystemBootSector {
      result.append(
        .init(
          .severalActivePartitions,
          "\(active) partitions are active; some BIOSes and all generic boot code refuse that.",
          at: 446))
    }
    if let index = mbr.index4096 {
      result.append(
        .init(
          .mbr4096,
          "Partition \(index) only makes sense with blocks of 4096 bytes, and sticks have 512.",
          at: 446 + UInt64(index - 1) * 16))
    }
    if mbr.hasProtectiveEntry, facts.gpt == nil, facts.seenByteCount == nil {
      result.append(
        .init(
          .gptMissing, "The MBR announces a GPT, and there is none: the table has been wiped or damaged.",
          at: 512))
    }
    if let offset = mbr.brokenChain {
      result.append(
        .init(.logicalChainBroken, "The chain of logical partitions breaks or runs in a circle.", at: offset))
    }
    if mbr.isChainCutShort {
      result.append(
        .init(
          .partitionsLeftOut,
          "There are more logical partitions than are looked at: the first \(LogicalPartitions.limit) alone were."
        ))
    }
    for pair in mbr.overlaps {
      result.append(
        .init(
          .partitionsOverlap,
          "Partitions \(pair.first) and \(pair.second) overlap; some UEFI firmware then ignores the table.",
          at: 446))
    }
    let blockSize = UInt64(facts.gpt?.summary.sectorSize ?? 512)
    let expectedEnd = TruncationRule.expectedEnd(facts)
    for entry in mbr.entries where entry.type != 0xEE {
      let end = (UInt64(entry.startLBA) + UInt64(entry.sectors)) * blockSize
      guard end > facts.byteCount, end > expectedEnd else { continue }
      result.append(
        .init(
          .partitionBeyondEnd,
          "Partition \(entry.index) reaches \(end - facts.byteCount) bytes beyond the image, by rounding; "
            + "a stick of exactly this size would be too small.",
          at: 446 + UInt64(entry.index - 1) * 16))
    }
    return result
  }

  private static func isForeign(_ mbr: MBRFacts, _ target: MBRFacts.Target) -> Bool {
    mbr.code == .isolinuxIsohybrid && !target.hasIsolinuxMagic
  }

  private static func gpt(_ gpt: GPTFacts, _ facts: BootFacts) -> [ImageReport.Finding] {
    var result: [ImageReport.Finding] = []
    let isHybrid = facts.optical != nil
    if gpt.summary.sectorSize != 512 {
      result.append(
        .init(
          .gpt4096,
          "The GPT is made for blocks of \(gpt.summary.sectorSize) bytes. Sticks have 512: there it "
            + "cannot be read. Write it to a disk with blocks of \(gpt.summary.sectorSize) bytes.",
          at: gpt.headerOffset))
    }
    if gpt.isCutOff {
      if facts.seenByteCount == nil, TruncationRule.missing(facts) == 0, let end = gpt.expectedEnd,
        end > facts.byteCount
      {
        result.append(
          .init(
            .gptTailMissing,
            "The GPT was made for a disk of \(end) bytes, and the last \(end - facts.byteCount) are missing, "
              + "with the backup but without any partition.",
            at: facts.byteCount))
      }
    } else if !gpt.summary.headerValid {
      let text =
        gpt.hasPrimary
        ? "The primary GPT header is wrong." : "The primary GPT header is missing; only the backup is there."
      result.append(.init(.gptHeaderInvalid, text, at: UInt64(gpt.summary.sectorSize)))
    }
    for index in gpt.absurdIndexes {
      result.append(
        .init(.gptPartitionAbsurd, "Partition \(index) of the GPT ends before it begins or behind any disk."))
    }
    if gpt.expectedEnd == nil {
      result.append(
        .init(.gptBackupInvalid, "The GPT names an impossible place for its backup.", at: gpt.headerOffset))
    }
    if gpt.hasPrimary, gpt.longEntryByteCount != nil || !gpt.summary.entriesValid {
      let text =
        gpt.longEntryByteCount.map {
          "The GPT has entries of \($0) bytes, which UEFI reads, and Linux and most tools do not."
        } ?? "The checksum of the GPT's entries is wrong, or they are not where they should be."
      result.append(.init(.gptEntriesInvalid, text, at: gpt.headerOffset))
    }
    if let count = gpt.partitionCount {
      result.append(
        .init(
          .partitionsLeftOut,
          "The GPT has \(count) partitions, and only the first \(GPTCopy.entryLimit) were looked at.",
          at: gpt.headerOffset))
    }
    if let count = gpt.unreadByteCount {
      result.append(
        .init(
          .partitionsLeftOut,
          "The list of the GPT's partitions was not looked at: it is \(count) bytes long.",
          at: gpt.headerOffset))
    }
    if facts.mbr?.hasProtectiveEntry != true {
      let text =
        isHybrid
        ? "The GPT stands behind an ordinary MBR, so by the rules it does not count; usual on hybrid images."
        : "No protective MBR stands before the GPT, and much firmware then ignores it."
      result.append(.init(.gptUnprotected, text, at: gpt.headerOffset))
    }
    return result + backup(gpt, isHybrid: isHybrid)
  }

  private static func backup(_ gpt: GPTFacts, isHybrid: Bool) -> [ImageReport.Finding] {
    switch gpt.summary.backup {
    case .ok, .unseen: []
    case .missing where gpt.isCutOff: []
    case .missing:
      [
        .init(
          .gptBackupMissing,
          "The backup of the GPT is missing\(isHybrid ? ", as on some hybrid images" : ""); it boots "
            + "all the same, but tools will complain.")
      ]
    case .misplaced:
      [
        .init(
          .gptBackupMisplaced,
          "The backup of the GPT is not at the end, as always when an image is on a larger stick."
        )
      ]
    case .invalid: [.init(.gptBackupInvalid, "The backup of the GPT is wrong.")]
    }
  }
}

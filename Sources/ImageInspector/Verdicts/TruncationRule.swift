/// How much of the image is missing, by what its own structures say.
package enum TruncationRule {
  /// mkisofs promises 150 blocks of padding that some tools then leave out (formats of real images).
  package static let paddingTolerance: UInt64 = 150 * 2048
  /// isohybrid rounds a partition up to a cylinder, at most 255 heads of 63 sectors of 512 bytes.
  package static let cylinderTolerance: UInt64 = 255 * 63 * 512

  /// The first byte behind everything that must be there; the end of the image where nothing is missing.
  package static func expectedEnd(_ facts: BootFacts) -> UInt64 {
    max(facts.byteCount, opticalEnd(facts), partitionsEnd(facts), superfloppyEnd(facts))
  }

  /// How many bytes are missing.
  package static func missing(_ facts: BootFacts) -> UInt64 {
    switch facts.content {
    case .empty, .tooShort, .zeroes, .compressed, .container, .document: 0
    // What is not looked at is not missing.
    case .fileSystem, .unknown: facts.seenByteCount == nil ? expectedEnd(facts) - facts.byteCount : 0
    }
  }

  /// The fewest bytes of an image in which nothing is missing.
  ///
  /// Of whole sectors of a disc, more of them lack no more than fewer do, so that the border is found by halving;
  /// what follows the last of them may be blocks of a disk.
  package static func leastEnd(_ facts: BootFacts) -> UInt64 {
    var facts = facts
    facts.seenByteCount = nil
    facts.byteCount = 0
    let sector: UInt64 = 2048
    let end = expectedEnd(facts)
    var (missing, whole) = (UInt64(0), end / sector + (end % sector == 0 ? 0 : 1))
    while missing < whole {
      let middle = missing + (whole - missing) / 2
      facts.byteCount = middle * sector
      if Self.missing(facts) == 0 { whole = middle } else { missing = middle + 1 }
    }
    var least = min(whole * sector, end)
    for _ in 0..<3 where least >= 512 {
      facts.byteCount = least - 512
      if Self.missing(facts) == 0 { least -= 512 }
    }
    return least
  }

  /// Whether only the padding behind the last file is missing.
  package static func lacksPadding(_ facts: BootFacts) -> Bool {
    guard let optical = facts.optical, optical.hasISO9660 else { return false }
    return optical.isoEnd > facts.byteCount && missing(facts) == 0
  }

  private static func opticalEnd(_ facts: BootFacts) -> UInt64 {
    guard let optical = facts.optical else { return 0 }
    // A GPT that was valid when it was written says how long the whole image was, padding included.
    let tableEnd = facts.gpt.map { $0.isUsable || $0.isCutOff ? $0.expectedEnd ?? 0 : 0 } ?? 0
    let end = max(optical.isoEnd, optical.udfEnd, tableEnd)
    guard end > facts.byteCount else { return 0 }
    // Tools leave out whole blocks; and what a file or a table reaches into is no padding.
    let isPadding =
      end - facts.byteCount <= paddingTolerance && facts.byteCount % 2048 == 0
      && optical.filesEnd <= facts.byteCount && tableEnd <= facts.byteCount
    return isPadding ? 0 : end
  }

  private static func partitionsEnd(_ facts: BootFacts) -> UInt64 {
    var end: UInt64 = 0
    let blockSize = UInt64(facts.gpt?.summary.sectorSize ?? 512)
    if let gpt = facts.gpt, gpt.isUsable || gpt.isCutOff {
      for partition in gpt.summary.partitions {
        let (last, overflow) = partition.lastLBA.addingReportingOverflow(1)
        let (bytes, tooLarge) = last.multipliedReportingOverflow(by: blockSize)
        if !overflow, !tooLarge { end = max(end, bytes) }
      }
      if end > facts.byteCount { end = max(end, gpt.expectedEnd ?? 0) }
    }
    guard let mbr = facts.mbr else { return end }
    // Without its GPT, the protective entry is all that says how long the disk was, unless it says "very".
    let isGPTKnown = facts.gpt.map { $0.isUsable || $0.isCutOff } ?? false
    for entry in mbr.entries {
      if entry.type == 0xEE, isGPTKnown || entry.sectors == .max || facts.optical != nil { continue }
      let bytes = (UInt64(entry.startLBA) + UInt64(entry.sectors)) * blockSize
      let isRounded =
        facts.optical != nil && ![0xEF, 0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E].contains(entry.type)
      if isRounded, bytes > facts.byteCount, bytes - facts.byteCount <= cylinderTolerance { continue }
      end = max(end, bytes)
    }
    return end
  }

  private static func superfloppyEnd(_ facts: BootFacts) -> UInt64 {
    guard facts.optical == nil, facts.gpt == nil else { return 0 }
    return facts.volumes.first { $0.origin == .superfloppy }?.fatByteCount ?? 0
  }
}

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
    case .fileSystem, .unknown: expectedEnd(facts) - facts.byteCount
    }
  }

  /// Whether only the padding behind the last file is missing.
  package static func lacksPadding(_ facts: BootFacts) -> Bool {
    guard let optical = facts.optical, optical.hasISO9660 else { return false }
    return optical.isoEnd > facts.byteCount && missing(facts) == 0
  }

  private static func opticalEnd(_ facts: BootFacts) -> UInt64 {
    guard let optical = facts.optical else { return 0 }
    let end = max(optical.isoEnd, optical.udfEnd)
    guard end > facts.byteCount else { return optical.filesEnd }
    // Padding may be missing, but not if a file reaches into it.
    let isPadding = end - facts.byteCount <= paddingTolerance && optical.filesEnd <= facts.byteCount
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
    }
    guard let mbr = facts.mbr else { return end }
    for entry in mbr.entries where entry.type != 0xEE {
      let bytes = (UInt64(entry.startLBA) + UInt64(entry.sectors)) * blockSize
      let isRounding =
        facts.optical != nil
        && bytes.subtractingReportingOverflow(facts.byteCount).partialValue
          <= cylinderTolerance
      if !(bytes > facts.byteCount && isRounding) { end = max(end, bytes) }
    }
    return end
  }

  private static func superfloppyEnd(_ facts: BootFacts) -> UInt64 {
    facts.volumes.first { $0.origin == .superfloppy }.map { $0.offset + $0.byteCount } ?? 0
  }
}

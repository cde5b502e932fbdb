import BlockIO
import DiskFormats

/// Finds a partition that holds a whole disk or disc.
///
/// EDK2 looks into every partition as it does into the medium: for a GPT, a boot catalog and an MBR
/// (PartitionDriverBindingStart in MdeModulePkg/Universal/Disk/PartitionDxe/Partition.c).
enum NestedDetector {
  static func detect(in bytes: CachedBytes, _ facts: inout BootFacts) throws(FormatError) {
    // On a disc a second set of descriptors in a partition is the disc's own.
    let hasCatalog = facts.catalog != nil
    let places = partitions(facts)
    if places.count > FATVolumeDetector.partitionLimit { facts.hasUnopenedPartitions = true }
    for place in places.prefix(FATVolumeDetector.partitionLimit) {
      guard try isNested(place, bytes, mayBeDisc: !hasCatalog) else { continue }
      facts.nestedIndex = place.index
      break
    }
    for place in bootImages(facts, total: bytes.byteCount).prefix(FATVolumeDetector.partitionLimit) {
      guard try isNested(place, bytes, mayBeDisc: true) else { continue }
      facts.hasNestedBootImage = true
      break
    }
  }

  private struct Place {
    var index: Int
    var start: UInt64
    var byteCount: UInt64
    /// Whether it is the frame of logical partitions, whose table is followed elsewhere.
    var isFrame = false
  }

  /// The partitions that firmware looks into; one from block 0 is the medium itself.
  private static func partitions(_ facts: BootFacts) -> [Place] {
    var result: [Place] = []
    if let gpt = facts.gpt, gpt.summary.sectorSize == 512, gpt.isUsable || gpt.isCutOff {
      for partition in gpt.summary.partitions
      where partition.firstLBA > 0 && !gpt.hiddenIndexes.contains(partition.index) {
        guard let start = partition.firstLBA.multiplied(by: 512),
          let byteCount = partition.lastLBA.subtracting(partition.firstLBA)?.adding(1)?.multiplied(by: 512)
        else { continue }
        result.append(Place(index: partition.index, start: start, byteCount: byteCount))
      }
    }
    guard let mbr = facts.mbr else { return result }
    for entry in mbr.entries + mbr.logical where entry.startLBA > 0 && ![0x00, 0xEE].contains(entry.type) {
      result.append(
        Place(
          index: entry.index, start: UInt64(entry.startLBA) * 512, byteCount: UInt64(entry.sectors) * 512,
          isFrame: entry.isExtended))
    }
    return result
  }

  /// What the boot catalog names, whose lengths there are often wrong; one at block 0 is the disc itself.
  private static func bootImages(_ facts: BootFacts, total: UInt64) -> [Place] {
    (facts.catalog?.summary.entries ?? []).enumerated().compactMap { index, entry in
      let start = UInt64(entry.lba) * 2048
      guard start > 0, let rest = total.subtracting(start) else { return nil }
      return Place(index: index, start: start, byteCount: rest)
    }
  }

  private static func isNested(
    _ place: Place, _ bytes: CachedBytes, mayBeDisc: Bool
  ) throws(FormatError) -> Bool {
    let window = SubrangeBytes(bytes, start: place.start, byteCount: place.byteCount)
    let isNested = try unlessUnseen { () throws(FormatError) -> Bool in
      let sector = try window.prefixReader(at: 0, upTo: MasterBootRecord.byteCount)
      if try hasGPT(window, sector) { return true }
      if place.isFrame { return false }
      if let record = try? MasterBootRecord(parsing: sector),
        record.isTakenByUEFI(blockCount: window.byteCount / 512), try mayHoldLoader(record, place, bytes)
      {
        return true
      }
      guard mayBeDisc else { return false }
      return try VolumeDescriptorSet(reading: window).bootCatalogLBA != nil
    }
    return isNested == true
  }

  /// Whether a partition of a nested table is a FAT with a loader, or holds partitions of its own.
  private static func mayHoldLoader(
    _ record: MasterBootRecord, _ place: Place, _ bytes: CachedBytes
  ) throws(FormatError) -> Bool {
    for entry in record.usedEntries {
      if entry.isExtended { return true }
      var volume = FATVolumeFacts(
        origin: .mbrFAT(entry.index), offset: place.start + UInt64(entry.startLBA) * 512,
        byteCount: UInt64(entry.sectorCount) * 512, format: nil)
      try FATVolumeDetector.openAsSeen(&volume, bytes)
      if volume.isUnseen || !volume.architectures.isEmpty { return true }
    }
    return false
  }

  /// Whether a protective entry and one of both headers are there; 55 AA is not asked for (PartitionDxe/Gpt.c).
  private static func hasGPT(_ window: SubrangeBytes, _ sector: ByteReader) throws(FormatError) -> Bool {
    let types = stride(from: 446 + 4, to: 510, by: 16)
    guard sector.count >= 510, types.contains(where: { sector.bytes[$0] == 0xEE }) else { return false }
    if try window.prefixReader(at: 512, upTo: 8).has("EFI PART", at: 0) { return true }
    guard let last = window.byteCount.subtracting(512) else { return false }
    return try window.prefixReader(at: last / 512 * 512, upTo: 8).has("EFI PART", at: 0)
  }
}

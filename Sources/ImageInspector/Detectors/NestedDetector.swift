import BlockIO
import DiskFormats

/// Finds a partition that holds a whole disk or disc.
///
/// EDK2 looks into every partition as it does into the medium: for a GPT, a boot catalog and an MBR
/// (PartitionDriverBindingStart in MdeModulePkg/Universal/Disk/PartitionDxe/Partition.c).
enum NestedDetector {
  static func detect(in bytes: CachedBytes, _ facts: inout BootFacts) throws(FormatError) {
    for place in places(facts).prefix(FATVolumeDetector.partitionLimit) {
      let window = SubrangeBytes(bytes, start: place.start, byteCount: place.byteCount)
      let isHybrid = facts.optical != nil
      let isNested = try unlessUnseen { () throws(FormatError) -> Bool in
        if try holdsTable(window) { return true }
        // On a hybrid image a second set of descriptors in a partition is the disc's own.
        if isHybrid { return false }
        return try VolumeDescriptorSet(reading: window).bootCatalogLBA != nil
      }
      guard isNested == true else { continue }
      facts.nestedIndex = place.index
      return
    }
  }

  private struct Place {
    var index: Int
    var start: UInt64
    var byteCount: UInt64
  }

  /// The partitions that firmware looks into; one from block 0 is the medium itself.
  private static func places(_ facts: BootFacts) -> [Place] {
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
    // The frames of logical partitions hold a table by design, which is followed elsewhere.
    for entry in mbr.entries + mbr.logical
    where entry.startLBA > 0 && ![0x00, 0xEE].contains(entry.type) && !entry.isExtended {
      result.append(
        Place(
          index: entry.index, start: UInt64(entry.startLBA) * 512, byteCount: UInt64(entry.sectors) * 512))
    }
    return result
  }

  /// Whether a GPT or an MBR begins there whose partitions lie behind it and within the partition.
  private static func holdsTable(_ window: SubrangeBytes) throws(FormatError) -> Bool {
    let sector = try window.prefixReader(at: 0, upTo: MasterBootRecord.byteCount)
    let blockCount = window.byteCount / 512
    guard let record = try? MasterBootRecord(parsing: sector),
      record.isTablePlausible(blockCount: blockCount)
    else { return false }
    if record.hasProtectiveEntry, try window.prefixReader(at: 512, upTo: 8).has("EFI PART", at: 0) {
      return true
    }
    let used = record.usedEntries.filter { !$0.isProtective && $0.type != 0 }
    return !used.isEmpty && used.allSatisfy { $0.startLBA > 0 && $0.endLBA <= blockCount }
  }
}

import BlockIO
import DiskFormats

/// Compares the chains of logical partitions with what firmware makes of them.
enum LogicalChainDetector {
  static func detect(in bytes: CachedBytes, _ facts: inout BootFacts) throws(FormatError) {
    guard let mbr = facts.mbr, mbr.entries.contains(where: \.isExtended) else { return }
    let sector = try bytes.reader(at: 0, count: MasterBootRecord.byteCount)
    guard let record = try? MasterBootRecord(parsing: sector) else { return }
    var found: Set<UInt64> = []
    for container in record.usedEntries where container.isExtended {
      let seen = try unlessUnseen { () throws(FormatError) in
        try (
          LogicalPartitions(in: bytes, container: container).isCutShort,
          LogicalPartitions.firmwareStarts(in: bytes, container: container)
        )
      }
      guard let (isCutShort, starts) = seen else { continue }
      if isCutShort { facts.mbr?.isChainCutShort = true }
      found.formUnion(starts)
    }
    // Of a chain that leads out of sight no partition is known.
    let others = mbr.logical.filter { !found.contains(UInt64($0.startLBA)) }
    facts.mbr?.passedOver = Set(others.map(\.index))
  }
}

import BlockIO
import DiskFormats

/// Finds an Apple partition map.
enum APMDetector {
  static func detect(in bytes: CachedBytes, _ facts: inout BootFacts) throws(FormatError) {
    guard let map = try ApplePartitionMap(in: bytes) else { return }
    facts.apm = ImageReport.APMSummary(
      blockSize: map.statedBlockSize,
      partitions: map.entries.map { entry in
        ImageReport.APMSummary.Partition(
          name: entry.name, type: entry.type, start: entry.start, blocks: entry.blockCount)
      })
  }
}

import BlockIO
import DiskFormats

extension FuzzTarget {
  /// Apple partition maps.
  public static let apm = FuzzTarget(
    "apm",
    seeds: {
      [512, 2048].map { size in
        var writer = ByteWriter(count: 4 * size)
        writer.put("ER".utf8, at: 0)
        writer.putBigEndian(UInt16(size), at: 2)
        for index in 1...3 {
          writer.put("PM".utf8, at: index * size)
          writer.putBigEndian(UInt32(3), at: index * size + 4)
          writer.putBigEndian(UInt32(index), at: index * size + 8)
          writer.putBigEndian(UInt32(1), at: index * size + 12)
          writer.put((index == 1 ? "Apple_partition_map" : "Apple_HFS").utf8, at: index * size + 48)
        }
        return writer.bytes
      }
    },
    run: { bytes in
      guard let map = try? ApplePartitionMap(in: bytes) else { return }
      precondition(map.entries.count <= ApplePartitionMap.entryLimit)
      for entry in map.entries { _ = (map.offset(of: entry), map.endOffset(of: entry)) }
    })
}

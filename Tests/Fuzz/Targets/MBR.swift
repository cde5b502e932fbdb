import BlockIO
import DiskFormats

extension FuzzTarget {
  /// Master boot records, their boot code and chains of logical partitions.
  public static let mbr = FuzzTarget(
    "mbr",
    seeds: {
      typealias Entry = MasterBootRecord.Entry
      let chain = MasterBootRecord(entries: [
        Entry(index: 1, type: 0x83, startLBA: 1, sectorCount: 1),
        Entry(index: 2, type: 0x05, startLBA: 2, sectorCount: 2),
      ])
      let table = MasterBootRecord(
        bootCode: [0x33, 0xC0, 0x8E, 0xD0, 0xBC, 0x00, 0x7C] + Array("Invalid partition table".utf8),
        diskSignature: 1,
        entries: [
          Entry(index: 1, status: 0x80, type: 0x0C, startLBA: 1, sectorCount: 1),
          Entry(index: 2, type: 0x0F, startLBA: 1, sectorCount: 8),
        ])
      return [
        MasterBootRecord().serialised(), table.serialised() + chain.serialised() + table.serialised(),
        signed([(0, [0x33, 0xED]), (0x140, Array("isolinux".utf8)), (0x1B0, [0x48, 7])]),
        signed([
          (0, [0xEB, 0x63]), (0x180, Array("GRUB \0Geom\0Hard Disk\0Read".utf8)), (0x1B0, [0xCC, 0x15]),
        ]),
        signed([(0, [0xEA, 5, 0, 0xC0, 7]), (0x100, Array("Memtest86+".utf8)), (0x1B0, [0x90])]),
      ]
    },
    run: { bytes in
      _ = BootCode(ByteReader(bytes))
      guard let record = try? MasterBootRecord(parsing: ByteReader(bytes)) else { return }
      precondition(record.serialised() == Array(bytes[..<512]))
      let blocks = UInt64(bytes.count / 512)
      _ = record.tableDefects(blockCount: blocks)
      for entry in record.entries {
        for size in [512, 4096] {
          let logical = try? LogicalPartitions(in: bytes, container: entry, blockSize: size)
          precondition((logical?.partitions.count ?? 0) <= 4 * LogicalPartitions.limit)
        }
      }
    })
}

/// A sector of some parts that ends in 55 AA.
private func signed(_ parts: [(Int, [UInt8])]) -> [UInt8] {
  var writer = ByteWriter(count: 512)
  for (offset, bytes) in parts { writer.put(bytes, at: offset) }
  writer.put([0x55, 0xAA], at: 510)
  return writer.bytes
}

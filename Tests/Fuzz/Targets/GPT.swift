import BlockIO
import DiskFormats

extension FuzzTarget {
  /// GUID partition tables of both block sizes.
  public static let gpt = FuzzTarget(
    "gpt",
    seeds: {
      GUIDPartitionTable.blockSizes.compactMap { blockSize in
        let entries = [
          GPTEntry(
            index: 1, typeGUID: .efiSystem, uniqueGUID: .basicData, firstLBA: 40, lastLBA: 49, name: "EFI"),
          GPTEntry(index: 2, typeGUID: .basicData, uniqueGUID: .biosBoot, firstLBA: 45, lastLBA: 60),
        ]
        guard
          let layout = GPTLayout(blockSize: blockSize, blockCount: 80, diskGUID: .linuxData, entries: entries)
        else { return nil }
        return layout.head + [UInt8](repeating: 0, count: Int(layout.tailOffset) - layout.head.count)
          + layout.tail
      }.map { SparseImage.records(of: $0, blockSize: 512) }
    },
    run: { input in
      // Checksums would stop every mutation, so they are not asked for here: all fields are used regardless.
      for blocks in [80, 640, 8192] as [UInt64] {
        let image = SparseImage(input, blockSize: 512, blockCount: blocks)
        for blockSize in GUIDPartitionTable.blockSizes {
          let head = (try? image.prefix(at: 0, upTo: GPTRelocation.headByteCount)) ?? []
          let relocation = try? GPTRelocation(
            head: head, byteCount: image.byteCount + 1 << 20, blockSize: blockSize,
            imageByteCount: image.byteCount)
          precondition(relocation.map { $0.front.count == 2 * blockSize } ?? true)
        }
        guard let tables = try? GUIDPartitionTable.all(in: image) else { continue }
        for table in tables {
          precondition((table.primary?.entries.count ?? 0) <= 8192)
          _ = (table.best, table.copiesAgree, table.isValidForUEFI)
          for entry in table.best?.entries ?? [] { precondition(entry.serialised().count == 128) }
        }
      }
    })
}

import BlockIO
import DeviceProbe
import UndoStore

extension FuzzTarget {
  /// What was saved before a write: whoever owns the state directory may have changed it, digests and all.
  public static let undo = FuzzTarget(
    "undo",
    seeds: {
      let disk = DiskFingerprint(
        kind: .disk(HardwareIdentity(vendor: "A", model: "B", serial: "4C53", wwn: nil)), transport: "usb",
        port: "1-2", path: "/dev/sdb", byteCount: 1 << 30, logicalBlockSize: 512, physicalBlockSize: 4096,
        diskSequence: 7, bootID: "0")
      var record = UndoRecord(
        id: "undo-00000000", disk: disk, time: 1, image: "a.iso", writtenByteCount: 4 << 20,
        erased: ByteRanges([0..<1_048_576]), table: "gpt",
        partitions: [
          UndoRecord.Partition(number: 1, range: 1_048_576..<8_388_608, fileSystem: "vfat", name: nil)
        ])
      record.pieces = [
        UndoRecord.Piece(range: 0..<65_536, content: .zeros),
        UndoRecord.Piece(
          range: 65_536..<131_072, content: .stored(at: 12_288, sha256: [UInt8](repeating: 7, count: 32))),
      ]
      let first = record.bytes
      record.disk.kind = .virtualStick(fileSystem: 1, inode: 2)
      record.unreadable = ByteRanges([2_097_152..<2_101_248])
      return [first, record.bytes]
    },
    run: { bytes in
      _ = try? StoredRecord(parsing: bytes, id: "undo-00000000")
      guard let record = try? UndoRecord(parsing: bytes, dataEnd: 1 << 30) else { return }
      // What was accepted stays on the disk, and is weighed without a trap.
      precondition(record.pieces.allSatisfy { $0.range.upperBound <= record.disk.byteCount })
      for stage in UndoProgress.Stage.allCases {
        let balance = UndoBalance(record, UndoProgress(stage: stage, upTo: record.writtenByteCount / 2))
        precondition(balance.lost.byteCount + balance.restorable.byteCount == balance.changed.byteCount)
      }
      let again = try? UndoRecord(parsing: record.bytes, dataEnd: 1 << 30)
      precondition(again?.pieces == record.pieces, "what was written is not read back")
    })
}

import BlockIO
import DeviceProbe
import TestSupport

@testable import UndoStore

let mebibyte = 1 << 20

/// A disk with an old system, and a write that is about to destroy some of it.
struct Situation {
  let before: [UInt8]
  let written: UInt64
  let erased: ByteRanges
  let partitions: [UndoRecord.Partition]

  /// A disk of random bytes and zeros, with a length that is no multiple of anything but its blocks.
  init(byteCount: Int = 9 * mebibyte + 512, written: Int = 5 * mebibyte, seed: UInt64 = 65) {
    var random = SeededGenerator(seed: seed)
    // Noise that is the same in every 64 KiB, which is made fast, and the number of each 4 KiB in it.
    let noise = [UInt8].random(64 << 10, seed: seed)
    var content: [UInt8] = []
    while content.count < byteCount { content += noise }
    content.removeLast(content.count - byteCount)
    for start in stride(from: 0, to: byteCount, by: 4096) {
      content[start] = UInt8(truncatingIfNeeded: start >> 12)
      content[start + 1] = UInt8(truncatingIfNeeded: start >> 20)
    }
    // Zeros of many lengths, so that runs begin and end everywhere.
    for _ in 0..<12 {
      let start = Int.random(in: 0..<byteCount, using: &random)
      let end = min(byteCount, start + Int.random(in: 1...mebibyte, using: &random))
      content.replaceSubrange(start..<end, with: [UInt8](repeating: 0, count: end - start))
    }
    before = content
    self.written = UInt64(written)
    let tail = UInt64(byteCount - mebibyte) / 512 * 512
    erased = ByteRanges([0..<UInt64(mebibyte), tail..<UInt64(byteCount)])
    partitions = [
      UndoRecord.Partition(number: 1, range: 1_048_576..<3_145_728, fileSystem: "vfat", name: "EFI"),
      UndoRecord.Partition(number: 2, range: 3_145_728..<8_388_608, fileSystem: "ext4", name: nil),
    ]
  }

  var disk: DiskFingerprint {
    DiskFingerprint(
      kind: .disk(HardwareIdentity(vendor: "SanDisk", model: "Ultra", serial: "4C5300012305", wwn: nil)),
      transport: "usb", port: "1-2", path: "/dev/sdb", byteCount: UInt64(before.count),
      logicalBlockSize: 512, physicalBlockSize: 512, diskSequence: 21, bootID: "start")
  }

  var record: UndoRecord {
    UndoRecord(
      id: "undo-test0000", disk: disk, time: 1_763_713_812, image: "a.iso", writtenByteCount: written,
      erased: erased, table: "gpt", partitions: partitions)
  }

  func wish(_ limit: UndoLimit) -> UndoWish {
    UndoWish(
      capacity: UInt64(before.count), alignment: 512, written: written, erased: erased,
      partitions: partitions, limit: limit)
  }

  /// Saves, and gives the record.
  func save(
    _ limit: UndoLimit = .standard, from disk: MemoryDisk, into sink: MemorySink
  ) throws(UndoError) -> UndoRecord {
    try UndoSaver.save(record, wish(limit), from: disk, into: sink, path: "/state")
  }

  /// What the write does up to a byte.
  func overwrite(_ disk: MemoryDisk, upTo end: Int) {
    disk.overwrite(erased.ranges.map { Int($0.lowerBound)..<Int($0.upperBound) } + [0..<end])
  }
}

extension [UInt8] {
  /// The bytes of some ranges.
  func bytes(of ranges: ByteRanges) -> [ArraySlice<UInt8>] {
    ranges.ranges.map { self[Int($0.lowerBound)..<Int($0.upperBound)] }
  }
}

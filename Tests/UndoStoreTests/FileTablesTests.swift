import BlockIO
import TestSupport
import Testing

@testable import UndoStore

@Suite("What files are found by")
struct FileTablesTests {
  /// How to make a file system with files in its root directory in `disk`, and to list them in `copy`.
  struct Example: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let tools: [String]
    let make: String
    let list: String
    /// Where it begins, in bytes.
    var start: UInt64 = 0
  }

  static let examples = [
    Example(
      testDescription: "FAT32 in a partition", tools: ["mkfs.vfat", "mcopy"],
      make: """
        mkfs.vfat -F 32 --offset 2048 disk
        for n in $(seq 300); do echo $n >"a file with a long name, $n"; done; mcopy -i disk@@1M a* ::
        """,
      list: "mdir -b -i copy@@1M :: | sort", start: 1 << 20),
    Example(
      testDescription: "FAT16 on the whole disk", tools: ["mkfs.vfat", "mcopy"],
      make: "mkfs.vfat -F 16 disk; for n in $(seq 90); do echo $n >f$n; done; mcopy -i disk f* ::",
      list: "mdir -b -i copy :: | sort"),
    Example(
      testDescription: "exFAT", tools: ["mkfs.exfat", "dump.exfat"],
      make: "mkfs.exfat -L LABEL disk", list: "dump.exfat copy; tune.exfat -l copy"),
  ]

  @Test("with nothing but that, the names are there", arguments: examples)
  func listing(example: Example) throws {
    for tool in example.tools { try #require(ScratchDirectory.hasTool(tool), "install \(tool)") }
    let scratch = try ScratchDirectory()
    try scratch.run("truncate -s 96M disk; (\(example.make)); cp disk copy")
    let listed = try scratch.run(example.list)
    let before = try scratch.contents("disk")
    let capacity = UInt64(before.count)
    let found = FileTables.ranges(
      of: [0..<capacity, example.start..<capacity], alignment: 512, on: MemoryDisk(before))
    #expect(found.byteCount < 6 << 20)
    // The first MiB of a volume is saved in any case.
    let saved = found.union(ByteRanges([example.start..<example.start + UInt64(mebibyte)]))
    var copy = [UInt8](repeating: 0, count: before.count)
    for range in saved.ranges.map({ Int($0.lowerBound)..<Int($0.upperBound) }) {
      copy.replaceSubrange(range, with: before[range])
    }
    try scratch.write(copy, to: "copy")
    #expect(try scratch.run(example.list) == listed)
  }

  /// The boot sector of a FAT32 volume of 1 TiB with tables of 64 MiB, and its root directory behind both.
  private static var large: [UInt8] {
    var head = [UInt8](repeating: 0, count: 4096)
    func put(_ value: UInt32, at offset: Int, bytes: Int) {
      for index in 0..<bytes { head[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
    }
    put(512, at: 11, bytes: 2)
    put(128, at: 13, bytes: 1)
    put(32, at: 14, bytes: 2)
    put(2, at: 16, bytes: 1)
    put(0xF8, at: 21, bytes: 1)
    put(0x8000_0000, at: 32, bytes: 4)
    put(131_072, at: 36, bytes: 4)
    put(2, at: 44, bytes: 4)
    return head
  }

  @Test("more than 16 MiB are not saved, the root directory before the table; nothing beyond the volume")
  func limits() {
    let (disk, start) = (MemoryDisk(Self.large), UInt64(32 * 512))
    let root = start + 2 * 131_072 * 512
    let most = FileTables.ranges(of: [0..<1 << 40], alignment: 512, on: disk)
    #expect(most.byteCount == FileTables.mostByteCount)
    #expect(most == ByteRanges([root..<root + 65536, start..<start + (16 << 20) - 65536]))
    let short = FileTables.ranges(of: [0..<8192 + 16384], alignment: 4096, on: disk)
    #expect(short == ByteRanges([start..<24576]))
    #expect(FileTables.ranges(of: [0..<2048, 1 << 41..<1 << 42], alignment: 512, on: disk).isEmpty)
  }

  @Test("whatever a boot sector says, what is found lies in the volume, in whole blocks")
  func hostile() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    let names = ["", "EXFAT   "]
    for round in 0..<3000 {
      var head = Self.large
      let name = names[round % 2]
      head.replaceSubrange(3..<3 + name.utf8.count, with: Array(name.utf8))
      if round % 2 == 1 { (head[108], head[109]) = (9, 8) }
      for _ in 0..<Int.random(in: 1...24, using: &random) {
        head[Int.random(in: 11..<120, using: &random)] = .random(in: 0...255, using: &random)
      }
      let volume = UInt64.random(in: 0..<64, using: &random) * 4096
      let end = volume + UInt64.random(in: 1...(1 << 30), using: &random) * 4096
      let disk = MemoryDisk([UInt8](repeating: 0, count: Int(volume)) + head)
      let found = FileTables.ranges(of: [volume..<end], alignment: 4096, on: disk)
      #expect(found.byteCount <= FileTables.mostByteCount + 4 * 4096, "seed \(seed)")
      #expect(found.subtracting(ByteRanges([volume..<end])).isEmpty, "seed \(seed)")
      #expect(
        found.ranges.allSatisfy { $0.lowerBound % 4096 == 0 && $0.upperBound % 4096 == 0 }, "seed \(seed)")
    }
  }

  @Test("they are part of what is saved, wherever they lie, as far as the image reaches")
  func wish() {
    let disk = MemoryDisk(Self.large)
    func wish(written: UInt64) -> UndoWish {
      UndoWish(
        capacity: 1 << 40, alignment: 512, written: written, erased: ByteRanges([0..<UInt64(mebibyte)]),
        partitions: [], limit: .standard
      ).includingFileTables(of: disk)
    }
    let start = UInt64(32 * 512)
    let root = start + 2 * 131_072 * 512
    #expect(wish(written: 1 << 30).structure.overlaps(root..<root + 1))
    #expect(wish(written: 1 << 30).data.isEmpty, "what the first 4 MiB hold is the table")
    #expect(!wish(written: 100 << 20).structure.overlaps(root..<root + 1))
    #expect(wish(written: 1 << 30).byteCount == (16 << 20) + start)
  }
}

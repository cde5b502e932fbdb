import BlockIO
import DiskFormats
import TestSupport
import Testing

/// The layout of an ordinary empty stick, by its own numbers; other programs judge it in EmptyDiskOracleTests.
@Suite("an empty disk")
struct EmptyDiskTests {
  private static let numbers = EmptyDisk.Identifiers(disk: 0x1234_5678, volume: 0xCAFE_F00D)

  private func disk(
    _ byteCount: UInt64, _ blockSize: Int = 512, _ fileSystem: EmptyDisk.FileSystem? = nil,
    label: String? = nil
  ) throws(EmptyDiskError) -> EmptyDisk {
    try EmptyDisk(
      byteCount: byteCount, blockSize: blockSize, fileSystem: fileSystem, label: label,
      identifiers: Self.numbers)
  }

  private func bytes(of disk: EmptyDisk, at offset: UInt64, count: Int) -> [UInt8] {
    var buffer = AlignedBuffer(byteCount: 1 << 20)
    disk.content.copy(from: offset, into: &buffer, range: 0..<count)
    return buffer.copied(0..<count)
  }

  @Test(
    "FAT32 where it fits and cameras expect it, exFAT for all others",
    arguments: [
      (8 << 20, 512, EmptyDisk.FileSystem.exfat), (30 << 20, 512, .exfat), (64 << 20, 512, .fat32),
      (64 << 20, 4096, .exfat), (512 << 20, 4096, .fat32), (32 << 30, 512, .fat32),
      ((32 << 30) + 512, 512, .exfat), (2 << 40, 512, .exfat),
    ])
  func usualFileSystem(byteCount: Int, blockSize: Int, expected: EmptyDisk.FileSystem) throws {
    #expect(try disk(UInt64(byteCount), blockSize).fileSystem == expected)
  }

  @Test("one partition of the right type, aligned as flash is, up to the end")
  func table() throws {
    for fileSystem in EmptyDisk.FileSystem.allCases {
      let disk = try disk(1 << 30, 512, fileSystem)
      let record = try MasterBootRecord(parsing: ByteReader(bytes(of: disk, at: 0, count: 512), base: 0))
      #expect(record.diskSignature == 0x1234_5678)
      #expect(record.tableDefects(blockCount: 1 << 21) == [])
      let entry = try #require(record.usedEntries.first)
      #expect(record.usedEntries.count == 1)
      #expect(entry.type == (fileSystem == .fat32 ? 0x0C : 0x07))
      #expect(!entry.isActive)
      #expect(UInt64(entry.startLBA) * 512 == 4 << 20)
      #expect(entry.endLBA * 512 == 1 << 30)
      #expect(disk.partition == 4 << 20..<1 << 30)
    }
  }

  @Test("a table that counts blocks in 32 bits holds as much of a larger disk as it can")
  func largest() throws {
    let (byteCount, tail): (UInt64, UInt64) = (3 << 40, 4 << 20)
    let disk = try disk(byteCount)
    let end: UInt64 = UInt64(UInt32.max) * 512 / tail * tail
    #expect(disk.partition.upperBound == end)
    let tails: [Range<UInt64>] = [(end - tail)..<end, (byteCount - tail)..<byteCount]
    #expect(disk.zeroed.suffix(2) == tails[...])
  }

  @Test(
    "what is overwritten does not grow with the disk beyond what its table can address",
    arguments: [2 << 40, 3 << 40, 16 << 40, 200 << 40] as [UInt64])
  func bounded(byteCount: UInt64) throws {
    let disk = try disk(byteCount)
    #expect(disk.zeroed.reduce(disk.written.count) { $0 + $1.count } < 128 << 20)
  }

  @Test("clusters begin on a multiple of 4 MiB of the disk", arguments: [1 << 30, 5_000_000_512, 34 << 30])
  func aligned(byteCount: Int) throws {
    for fileSystem in EmptyDisk.FileSystem.allCases {
      let disk = try disk(UInt64(byteCount) / 512 * 512, 512, fileSystem)
      let start = disk.partition.lowerBound
      let boot = ByteReader(bytes(of: disk, at: start, count: 512), base: 0)
      let clusters: UInt64 =
        switch fileSystem {
        case .fat32: UInt64(try FATBootSector(parsing: boot).firstDataSector) * 512
        case .exfat: UInt64(try ExFATBootSector(parsing: boot).heapSector) * 512
        }
      #expect((start + clusters) % (4 << 20) == 0)
    }
  }

  @Test("our own readers find an empty volume of that name")
  func readBack() throws {
    let fat = try disk(256 << 20, 512, .fat32, label: "my stick")
    let boot = try FATBootSector(parsing: ByteReader(bytes(of: fat, at: 4 << 20, count: 512), base: 0))
    #expect(boot.kind == .fat32)
    #expect(boot.label == "MY STICK")
    #expect(boot.volumeID == 0xCAFE_F00D)
    #expect(boot.byteCount == UInt64(fat.partition.count))
    #expect(boot.hiddenSectors == 8192)
    let exfat = try disk(256 << 20, 512, .exfat, label: "my stück")
    let second = try ExFATBootSector(parsing: ByteReader(bytes(of: exfat, at: 4 << 20, count: 512), base: 0))
    #expect(second.sectorCount * 512 == UInt64(exfat.partition.count))
    #expect(second.percentInUse == 0)
  }

  @Test("what is not written holds nothing of the new file system, for any size")
  func everythingIsWritten() throws {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<25 {
      let blockSize = [512, 1024, 2048, 4096].randomElement(using: &random) ?? 512
      let byteCount =
        (UInt64(8 << 20)..<(UInt64(1) << UInt64.random(in: 24...41, using: &random)))
        .randomElement(using: &random).map { $0 / UInt64(blockSize) * UInt64(blockSize) }
      let disk = try disk(#require(byteCount), blockSize)
      for part in disk.content.parts {
        let place = part.offset..<(part.offset + UInt64(part.bytes.count))
        #expect(disk.written.upperBound >= place.upperBound)
      }
      let ranges = [disk.written] + disk.zeroed
      #expect(disk.written.lowerBound == 0)
      #expect(ranges.last?.upperBound == disk.content.byteCount)
      for (first, second) in zip(ranges, ranges.dropFirst()) {
        #expect(first.upperBound <= second.lowerBound)
      }
      for range in ranges.dropLast() {
        #expect(range.lowerBound % 4096 == 0 && range.upperBound % 4096 == 0)
      }
    }
  }

  @Test("the places of second super blocks, of the disk and of the partition, are zeroed")
  func staleCopies() throws {
    let disk = try disk(300 << 30)
    let places: [UInt64] = [
      64 << 20, 68 << 20, 256 << 30, (256 << 30) + (4 << 20), (300 << 30) - 1, (4 << 20) + 65_536,
      (12 << 20) - 1,
    ]
    for place in places {
      #expect(([disk.written] + disk.zeroed).contains { $0.contains(place) })
    }
  }

  @Test("bytes come out the same, however they are asked for")
  func pieces() throws {
    let disk = try disk(8 << 20, 512, .exfat)
    var whole = AlignedBuffer(byteCount: 8 << 20)
    disk.content.copy(from: 0, into: &whole, range: 0..<(8 << 20))
    var random = SeededGenerator(seed: 3)
    for _ in 0..<300 {
      let start = Int.random(in: 0..<(2 << 20), using: &random)
      let count = Int.random(in: 0...70_000, using: &random)
      #expect(bytes(of: disk, at: UInt64(start), count: count) == whole.copied(start..<(start + count)))
    }
  }

  @Test("names that a file system cannot have")
  func labels() {
    #expect(VolumeLabel("stick", for: .fat32)?.text == "STICK")
    #expect(VolumeLabel("Stück 1", for: .exfat)?.text == "Stück 1")
    for text in ["", "twelve chars", " x", "x ", "a/b", "a\u{7}b"] {
      #expect(VolumeLabel(text, for: .fat32) == nil)
      #expect(VolumeLabel(text, for: .exfat) == nil)
    }
    for text in ["Stück", "a.b", "a+b", "a;b"] { #expect(VolumeLabel(text, for: .fat32) == nil) }
    #expect(VolumeLabel("a.b", for: .exfat) != nil)
  }

  @Test("what cannot be laid out is refused")
  func refusals() {
    #expect(throws: EmptyDiskError.blockSize(8192)) { try disk(1 << 30, 8192) }
    #expect(throws: EmptyDiskError.tooSmall(least: 8 << 20, found: (8 << 20) - 512)) {
      try disk((8 << 20) - 512)
    }
    #expect(throws: EmptyDiskError.unfit(.fat32, byteCount: 16 << 20)) { try disk(16 << 20, 512, .fat32) }
    #expect(throws: EmptyDiskError.label("a/b", .fat32)) { try disk(64 << 20, label: "a/b") }
  }
}

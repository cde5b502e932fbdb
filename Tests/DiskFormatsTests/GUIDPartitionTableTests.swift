import BlockIO
import DiskFormats
import TestSupport
import Testing

@Suite("GUID partition tables")
struct GUIDPartitionTableTests {
  static let diskGUID = GUID(first: 1, second: 2, third: 3, rest: 4)

  static func layout(
    blockSize: Int = 512, blocks: UInt64 = 200, entries: [GPTEntry]? = nil
  ) throws -> GPTLayout {
    let esp = GPTEntry(
      index: 1, typeGUID: .efiSystem, uniqueGUID: diskGUID, firstLBA: 40, lastLBA: 99, name: "EFI 🥾")
    return try #require(
      GPTLayout(blockSize: blockSize, blockCount: blocks, diskGUID: diskGUID, entries: entries ?? [esp]))
  }

  static func disk(_ layout: GPTLayout) -> [UInt8] {
    var disk = [UInt8](repeating: 0, count: Int(layout.blockCount) * layout.blockSize)
    disk.replaceSubrange(0..<layout.head.count, with: layout.head)
    let tail = layout.tail
    disk.replaceSubrange((disk.count - tail.count)..., with: tail)
    return disk
  }

  static func table(_ disk: [UInt8], blockSize: Int = 512) throws -> GUIDPartitionTable {
    try #require(try GUIDPartitionTable(in: disk, blockSize: blockSize))
  }

  @Test("entries that EDK2 passes over, by their order and their range")
  func firmwareObjections() throws {
    /// What is said of each of these partitions of a disk whose usable blocks are 34 to 166.
    func objections(_ ranges: [(UInt64, UInt64)]) throws -> [GPTCopy.EntryObjection?] {
      let entries = ranges.enumerated().map { index, range in
        GPTEntry(
          index: index + 1, typeGUID: .basicData,
          uniqueGUID: GUID(first: UInt32(index), second: 0, third: 0, rest: 1), firstLBA: range.0,
          lastLBA: range.1, name: "")
      }
      let copy = try #require(try Self.table(Self.disk(Self.layout(entries: entries))).primary)
      return entries.map(copy.firmwareObjection)
    }
    #expect(try objections([(40, 99), (100, 110)]) == [nil, nil])
    #expect(try objections([(34, 99), (100, 166)]) == [nil, nil])
    #expect(try objections([(33, 99), (100, 167)]) == [.outsideUsable, .outsideUsable])
    #expect(try objections([(40, 99), (99, 110)]) == [.overlap(other: 2), .overlap(other: 1)])
    #expect(try objections([(0, 199), (40, 99)]) == [.outsideUsable, nil])
    #expect(try objections([(40, 99), (0, 199)]) == [.overlap(other: 2), .outsideUsable])
    #expect(try objections([(99, 40)]) == [.outsideUsable])
  }

  @Test("what is serialised is parsed again, whole and without complaint", arguments: [512, 4096])
  func roundTrip(_ blockSize: Int) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<20 {
      var next: UInt64 = 40
      let slots = Set((0..<8).map { _ in Int.random(in: 1...128, using: &generator) }).sorted()
      let entries = slots.map { slot in
        let first = next + .random(in: 0...3, using: &generator)
        next = first + .random(in: 1...5, using: &generator)
        return GPTEntry(
          index: slot, typeGUID: .basicData,
          uniqueGUID: GUID(first: .random(in: 0 ... .max, using: &generator), second: 0, third: 0, rest: 1),
          firstLBA: first, lastLBA: next - 1, attributes: .random(in: 0 ... .max, using: &generator),
          name: String(repeating: "ä", count: .random(in: 0...36, using: &generator)))
      }
      let layout = try Self.layout(blockSize: blockSize, entries: entries)
      let tables = try GUIDPartitionTable.all(in: Self.disk(layout))
      #expect(tables.count == 1, "seed: \(seed)")
      let table = try #require(tables.first)
      #expect(table.blockSize == blockSize)
      #expect(table.primary?.entries == entries, "seed: \(seed)")
      #expect(table.primary?.defects == [], "seed: \(seed)")
      #expect(table.backup?.defects == [], "seed: \(seed)")
      #expect(table.backupState == .ok)
      #expect(table.copiesAgree == true)
      #expect(table.isValidForUEFI)
      #expect(!table.hasOtherMBRPartitions)
    }
  }

  @Test("an image on a larger stick: valid, its backup misplaced")
  func largerStick() throws {
    let table = try Self.table(Self.disk(try Self.layout()) + [UInt8](repeating: 0, count: 51200))
    #expect(table.isValid)
    #expect(table.backupState == .misplaced)
    #expect(table.backup?.lba == 199)
  }

  @Test("a table without a backup, as FreeBSD's disc images have it")
  func noBackup() throws {
    var disk = Self.disk(try Self.layout())
    disk.replaceSubrange((disk.count - 512)..., with: [UInt8](repeating: 0, count: 512))
    let table = try Self.table(disk)
    #expect(table.isValid)
    #expect(table.backupState == .missing)
    #expect(table.copiesAgree == nil)
  }

  @Test("a destroyed primary leaves the backup to go by")
  func backupOnly() throws {
    var disk = Self.disk(try Self.layout())
    disk[512 + 60] ^= 1
    var table = try Self.table(disk)
    #expect(table.primary?.isHeaderValid == false)
    #expect(table.best?.role == .backup)
    disk.replaceSubrange(512..<1024, with: [UInt8](repeating: 0, count: 512))
    table = try Self.table(disk)
    #expect(table.primary == nil)
    #expect(table.backupState == .ok)
    #expect(table.isValid)
  }

  @Test("a flipped bit in the entries fails their checksum, not the header's")
  func entriesChecksum() throws {
    var disk = Self.disk(try Self.layout())
    disk[1024 + 50] ^= 1
    let primary = try #require(try Self.table(disk).primary)
    #expect(primary.isHeaderValid)
    #expect(!primary.areEntriesValid)
    #expect(primary.entries.count == 1)
  }

  @Test("a cut-off image: usable blocks and partitions beyond the end")
  func truncated() throws {
    let disk = Array(Self.disk(try Self.layout())[..<(90 * 512)])
    let table = try Self.table(disk)
    #expect(table.backupState == .missing)
    #expect(table.primary?.defects.contains(.usableBeyondEnd(lastUsableLBA: 166, lastLBA: 89)) == true)
    #expect(table.primary?.defects.contains(.partitionBeyondEnd(index: 1, lastLBA: 99)) == true)
    #expect(table.primary?.entries.first?.name == "EFI 🥾")
  }

  @Test("without an 0xEE entry from block 1 the table holds for systems but not for strict firmware")
  func noProtective() throws {
    var disk = Self.disk(try Self.layout())
    let record = MasterBootRecord(entries: [.init(index: 1, type: 0xEF, startLBA: 40, sectorCount: 60)])
    disk.replaceSubrange(0..<512, with: record.serialised())
    let table = try Self.table(disk)
    #expect(table.isValid)
    #expect(!table.isValidForUEFI)
    #expect(table.hasOtherMBRPartitions)
  }

  /// Puts a header with other fields in place, with the right checksum for them.
  private func primary(_ change: (inout GPTHeader) -> Void) throws -> GPTCopy {
    var disk = Self.disk(try Self.layout())
    var header = try GPTHeader(parsing: ByteReader(Array(disk[512..<1024])))
    change(&header)
    disk.replaceSubrange(512..<1024, with: header.serialised(blockSize: 512).prefix(512))
    return try #require(try Self.table(disk).primary)
  }

  @Test("every check of the header, one at a time")
  func checks() throws {
    #expect(try primary { $0.myLBA = 2 }.defects == [.myLBA(stored: 2, actual: 1)])
    #expect(try primary { $0.revision = 0x2_0000 }.isValid)
    #expect(try primary { $0.firstUsableLBA = 1 }.defects == [.headerInUsableRange])
    #expect(try primary { $0.firstUsableLBA = 167 }.isHeaderValid == false)
    #expect(try primary { $0.lastUsableLBA = .max }.isHeaderValid == false)
    #expect(try primary { $0.entrySize = 256 }.defects.contains(.entrySize(256)))
    #expect(try primary { $0.entryCount = .max }.defects.contains(.entriesBeyondEnd(entriesLBA: 2)))
    #expect(try primary { $0.entryCount = 0 }.defects.contains(.entryArraySize(bytes: 0)))
    #expect(try primary { $0.entriesLBA = .max }.defects.contains(.entriesBeyondEnd(entriesLBA: .max)))
    #expect(try primary { $0.headerSize = 91 }.isHeaderValid == false)
    #expect(try primary { $0.headerSize = .max }.isHeaderValid == false)
    #expect(try primary { $0.headerSize = 512 }.isValid)
  }

  /// The primary copy of a disk whose list has room for so many partitions, of which some are used.
  private func longCopy(entryCount: Int, used: Range<Int> = 0..<0) throws -> GPTCopy {
    let entry = GPTEntry(
      index: 1, typeGUID: .basicData, uniqueGUID: Self.diskGUID, firstLBA: 17_000, lastLBA: 17_000)
    var array = [UInt8](repeating: 0, count: entryCount * 128)
    for index in used { array.replaceSubrange((index * 128)..<(index * 128 + 128), with: entry.serialised()) }
    var header = GPTHeader(
      myLBA: 1, alternateLBA: 0, firstUsableLBA: 2 + UInt64(array.count / 512), lastUsableLBA: 17_000,
      diskGUID: Self.diskGUID, entriesLBA: 2)
    header.entryCount = UInt32(entryCount)
    header.entriesChecksum = CRC32.checksum(of: array)
    var disk = [UInt8](repeating: 0, count: 512) + header.serialised(blockSize: 512) + array
    disk += [UInt8](repeating: 0, count: 17_001 * 512 - disk.count)
    return try #require(try GPTCopy(in: disk, role: .primary, lba: 1, blockSize: 512))
  }

  @Test("a list of partitions is read as long as any tool makes it", arguments: [8192, 16_384, 65_536])
  func longArrays(_ entryCount: Int) throws {
    let copy = try longCopy(entryCount: entryCount, used: (entryCount - 1)..<entryCount)
    #expect(copy.defects == [])
    #expect(copy.entries.map(\.index) == [entryCount])
    #expect(copy.usedCount == 1)
  }

  @Test("of a list that is longer nothing is known, and it is no damage")
  func tooLongArray() throws {
    let copy = try longCopy(entryCount: 65_540)
    #expect(copy.defects == [.entryArrayTooLong(bytes: 65_540 * 128)])
    #expect(copy.isArrayTooLong && copy.isHeaderValid && copy.areEntriesValid && copy.isValidForUEFI)
    #expect(!copy.isValid)
  }

  @Test("all used entries are counted, and the first of them kept")
  func manyEntries() throws {
    let copy = try longCopy(entryCount: 16_384, used: 0..<8200)
    #expect(copy.usedCount == 8200)
    #expect(copy.entries.map(\.index) == Array(1...GPTCopy.entryLimit))
  }

  @Test("long entries, which UEFI allows and kernels do not read, are read all the same")
  func longEntries() throws {
    var disk = Self.disk(try Self.layout())
    let entry = Array(disk[1024..<1152])
    // The second of eight entries of 256 bytes, whose first half is as ever.
    disk.replaceSubrange(1024..<1152, with: [UInt8](repeating: 0, count: 128))
    disk.replaceSubrange(1280..<1408, with: entry)
    var header = try GPTHeader(parsing: ByteReader(Array(disk[512..<1024])))
    (header.entrySize, header.entryCount) = (256, 8)
    header.entriesChecksum = CRC32.checksum(of: Array(disk[1024..<(1024 + 2048)]))
    disk.replaceSubrange(512..<1024, with: header.serialised(blockSize: 512).prefix(512))
    let primary = try #require(try Self.table(disk).primary)
    #expect(primary.entries.map(\.index) == [2])
    #expect(primary.entries.first?.name == "EFI 🥾")
    #expect(primary.defects == [.entrySize(256)])
    #expect(!primary.isValid && primary.isValidForUEFI && primary.isHeaderValid && primary.areEntriesValid)
    disk[1290] ^= 1
    #expect(try Self.table(disk).primary?.isValidForUEFI == false)
    #expect(try Self.table(disk).primary?.areEntriesValid == false)
  }

  @Test("a backup with long entries is as good as a primary with them, and no good beside another")
  func longBackup() throws {
    var disk = Self.disk(try Self.layout())
    /// Makes 128 entries of 128 bytes 32 of 512, the first of which is where it was.
    func lengthen(at place: Int) throws {
      var header = try GPTHeader(parsing: ByteReader(Array(disk[place..<(place + 512)])))
      (header.entrySize, header.entryCount) = (512, 32)
      disk.replaceSubrange(place..<(place + 512), with: header.serialised(blockSize: 512))
    }
    try lengthen(at: disk.count - 512)
    var table = try Self.table(disk)
    #expect(table.backupState == .invalid && table.isValid)
    try lengthen(at: 512)
    table = try Self.table(disk)
    #expect(table.backupState == .ok && table.copiesAgree == true)
    #expect(table.best?.role == .primary && !table.isValid)
    disk[512 + 60] ^= 1
    table = try Self.table(disk)
    #expect(table.backupState == .ok && table.best?.role == .backup && !table.isValid)
  }

  @Test("partitions that are wrong among themselves are told without denying the table")
  func partitions() throws {
    func entry(_ index: Int, _ first: UInt64, _ last: UInt64) -> GPTEntry {
      GPTEntry(index: index, typeGUID: .basicData, uniqueGUID: Self.diskGUID, firstLBA: first, lastLBA: last)
    }
    let layout = try Self.layout(entries: [
      entry(1, 40, 60), entry(2, 60, 70), entry(3, 90, 80), entry(4, 3, 10),
    ])
    let primary = try #require(try Self.table(Self.disk(layout)).primary)
    #expect(primary.isValid)
    #expect(
      primary.defects == [
        .reversedPartition(index: 3), .partitionOutsideUsable(index: 4), .overlap(index: 1, other: 2),
      ])
  }

  @Test("nothing at all, or fewer than two blocks, is no table")
  func absent() throws {
    #expect(try GUIDPartitionTable.all(in: [UInt8](repeating: 0, count: 100_000)) == [])
    #expect(try GUIDPartitionTable.all(in: [UInt8]()) == [])
    #expect(try GUIDPartitionTable.all(in: [UInt8](repeating: 0, count: 600)) == [])
    #expect(GPTLayout(blockSize: 512, blockCount: 60, diskGUID: .zero, entries: []) == nil)
    #expect(GPTLayout(blockSize: 520, blockCount: 6000, diskGUID: .zero, entries: []) == nil)
  }
}

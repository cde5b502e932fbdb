import BlockIO
import DiskFormats
import TestSupport
import Testing

/// The backup of a GPT that comes to lie at the end of a larger disk.
@Suite("A GPT on a larger disk")
struct GPTRelocationTests {
  /// An image on a disk that is larger, before and after.
  private func moved(
    blockSize: Int, blocks: UInt64, entries: [GPTEntry]? = nil
  ) throws -> (before: [UInt8], after: [UInt8], GPTRelocation) {
    let layout = try GUIDPartitionTableTests.layout(blockSize: blockSize, entries: entries)
    var disk = GUIDPartitionTableTests.disk(layout)
    disk += [UInt8](repeating: 0, count: Int(blocks) * blockSize - disk.count)
    let relocation = try GPTRelocation(
      head: disk, byteCount: UInt64(disk.count), blockSize: blockSize, imageByteCount: 0)
    var after = disk
    after.replaceSubrange(0..<relocation.front.count, with: relocation.front)
    let place = Int(relocation.backup.lowerBound)..<Int(relocation.backup.upperBound)
    after.replaceSubrange(place, with: relocation.backupBytes)
    return (disk, after, relocation)
  }

  @Test("is whole, at the end, and names the same partitions", arguments: [(512, 4000), (4096, 700)])
  func whole(blockSize: Int, blocks: UInt64) throws {
    let (before, after, relocation) = try moved(blockSize: blockSize, blocks: blocks)
    let old = try GUIDPartitionTableTests.table(before, blockSize: blockSize)
    let new = try GUIDPartitionTableTests.table(after, blockSize: blockSize)
    #expect(old.backupState == .misplaced)
    #expect(new.backupState == .ok && new.isValid && new.copiesAgree == true)
    #expect(new.primary?.entries == old.primary?.entries)
    #expect(new.primary?.header.diskGUID == old.primary?.header.diskGUID)
    #expect(new.primary?.defects == [] && new.backup?.defects == [])
    // Nothing but what is named has changed.
    let places = relocation.changed + [relocation.backup]
    let differing = before.indices.filter { before[$0] != after[$0] }
    #expect(!differing.isEmpty)
    #expect(differing.allSatisfy { place in places.contains { $0.contains(UInt64(place)) } })
  }

  @Test("sgdisk finds no problem")
  func oracle() throws {
    try #require(ScratchDirectory.hasTool("sgdisk"), "install the package gdisk")
    let (before, after, _) = try moved(blockSize: 512, blocks: 8192)
    let scratch = try ScratchDirectory()
    try scratch.write(before, to: "before")
    try scratch.write(after, to: "after")
    #expect(try scratch.run("sgdisk -v before").contains("Identified"))
    #expect(try scratch.run("sgdisk -v after").contains("No problems found"))
  }

  @Test("is done once")
  func twice() throws {
    let (_, after, _) = try moved(blockSize: 512, blocks: 4000)
    #expect(throws: GPTRelocationError.atEnd) {
      try GPTRelocation(head: after, byteCount: UInt64(after.count), blockSize: 512, imageByteCount: 0)
    }
  }

  @Test("a hybrid MBR keeps its entries")
  func hybrid() throws {
    let layout = try GUIDPartitionTableTests.layout()
    var disk = GUIDPartitionTableTests.disk(layout) + [UInt8](repeating: 0, count: 1 << 20)
    disk.replaceSubrange(
      462..<478,
      with: MasterBootRecord.Entry(index: 2, type: 0x0C, startLBA: 40, sectorCount: 60).serialised())
    let relocation = try GPTRelocation(
      head: disk, byteCount: UInt64(disk.count), blockSize: 512, imageByteCount: 0)
    #expect(relocation.changed == [512..<1024])
  }

  @Test("an image, or a partition of the MBR, that reaches into the last blocks keeps what is there")
  func room() throws {
    let layout = try GUIDPartitionTableTests.layout()
    var disk = GUIDPartitionTableTests.disk(layout) + [UInt8](repeating: 0, count: 1 << 20)
    let backup = UInt64(disk.count) - 33 * 512
    func relocate(_ imageByteCount: UInt64) throws -> GPTRelocation {
      try GPTRelocation(
        head: disk, byteCount: UInt64(disk.count), blockSize: 512, imageByteCount: imageByteCount)
    }
    #expect(try relocate(backup).backup.lowerBound == backup)
    for more in [1, 512, 33 * 512] as [UInt64] {
      #expect(throws: GPTRelocationError.noRoom, "\(more)") { try relocate(backup + more) }
    }
    for (blocks, fits) in [(backup / 512 - 40, true), (backup / 512 - 39, false)] {
      let entry = MasterBootRecord.Entry(index: 2, type: 0x0C, startLBA: 40, sectorCount: UInt32(blocks))
      disk.replaceSubrange(462..<478, with: entry.serialised())
      #expect(((try? relocate(0)) != nil) == fits)
    }
  }

  @Test("long entries, which firmware reads, are moved as they are, and others are damage")
  func longEntries() throws {
    let layout = try GUIDPartitionTableTests.layout()
    var disk = GUIDPartitionTableTests.disk(layout) + [UInt8](repeating: 0, count: 1 << 20)
    var header = try GPTHeader(parsing: ByteReader(Array(disk[512..<1024])))
    func relocate(entrySize: UInt32, _ entryCount: UInt32) throws -> GPTRelocation {
      (header.entrySize, header.entryCount) = (entrySize, entryCount)
      disk.replaceSubrange(512..<1024, with: header.serialised(blockSize: 512))
      return try GPTRelocation(
        head: disk, byteCount: UInt64(disk.count), blockSize: 512, imageByteCount: 0)
    }
    #expect(throws: GPTRelocationError.damaged([.entrySize(136)])) { try relocate(entrySize: 136, 64) }
    // The array is as long as it was, and the only used entry where it was.
    let relocation = try relocate(entrySize: 512, 32)
    disk.replaceSubrange(0..<relocation.front.count, with: relocation.front)
    let place = Int(relocation.backup.lowerBound)..<Int(relocation.backup.upperBound)
    disk.replaceSubrange(place, with: relocation.backupBytes)
    let table = try GUIDPartitionTableTests.table(disk)
    #expect(table.backupState == .ok && table.copiesAgree == true)
    #expect(table.primary?.defects == [.entrySize(512)] && table.backup?.defects == [.entrySize(512)])
    #expect(table.backup?.entries.first?.name == "EFI 🥾")
  }

  @Test("a list of partitions behind what is looked at is called that, and the table is not called absent")
  func farEntries() throws {
    let layout = try GUIDPartitionTableTests.layout()
    let disk = GUIDPartitionTableTests.disk(layout) + [UInt8](repeating: 0, count: 1 << 20)
    #expect(throws: GPTRelocationError.farEntries) {
      try GPTRelocation(
        head: Array(disk.prefix(2048)), byteCount: UInt64(disk.count), blockSize: 512, imageByteCount: 0)
    }
  }

  @Test("R51: what another process has decided is taken only if it changes nothing but where the copy lies")
  func checked() throws {
    let (before, _, decided) = try moved(blockSize: 512, blocks: 4000)
    func checked(
      start: UInt64? = nil, _ bytes: [UInt8]? = nil, front: [UInt8]? = nil, imageByteCount: UInt64 = 0
    ) -> GPTRelocation? {
      let (start, bytes) = (start ?? decided.backup.lowerBound, bytes ?? decided.backupBytes)
      return GPTRelocation(
        backup: start..<(start + UInt64(bytes.count)), backupBytes: bytes, front: front ?? decided.front,
        head: before, byteCount: UInt64(before.count), blockSize: 512, imageByteCount: imageByteCount)
    }
    #expect(checked() == decided)
    #expect(checked(imageByteCount: decided.backup.lowerBound) == decided)
    #expect(checked(imageByteCount: decided.backup.lowerBound + 1) == nil)
    #expect(checked(start: decided.backup.lowerBound - 512) == nil)
    #expect(checked(start: 1024, Array(before[1024...])) == nil, "more than was erased")
    #expect(checked(front: Array(decided.front.dropLast())) == nil)
    let changing = [458..<462, 528..<532, 544..<552, 560..<568]
    for place in decided.front.indices {
      var front = decided.front
      front[place] ^= 0x10
      #expect((checked(front: front) != nil) == changing.contains { $0.contains(place) }, "byte \(place)")
    }
  }

  @Test("what is damaged, absent or without room stays as it is, for every bit of the header")
  func refusals() throws {
    let layout = try GUIDPartitionTableTests.layout()
    let disk = GUIDPartitionTableTests.disk(layout) + [UInt8](repeating: 0, count: 1 << 20)
    func relocate(_ disk: [UInt8], _ byteCount: Int? = nil, _ blockSize: Int = 512) throws {
      _ = try GPTRelocation(
        head: disk, byteCount: UInt64(byteCount ?? disk.count), blockSize: blockSize, imageByteCount: 0)
    }
    for bit in 0..<(92 * 8) {
      var flipped = disk
      flipped[512 + bit / 8] ^= 1 << (bit % 8)
      #expect(throws: GPTRelocationError.self, "bit \(bit)") { try relocate(flipped) }
    }
    var entry = disk
    entry[1024 + 40] ^= 1
    #expect(throws: GPTRelocationError.self) { try relocate(entry) }
    #expect(throws: GPTRelocationError.noTable) { try relocate([UInt8](repeating: 0, count: 1 << 20)) }
    #expect(throws: GPTRelocationError.noTable) { try relocate([]) }
    #expect(throws: GPTRelocationError.noTable) { try relocate(disk, nil, 4096) }
    // The partition ends at block 99.
    #expect(throws: GPTRelocationError.self) { try relocate(disk, 110 * 512) }
  }
}

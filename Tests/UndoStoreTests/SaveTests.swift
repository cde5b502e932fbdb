import BlockIO
import SystemPackage
import TestSupport
import Testing

@testable import UndoStore

@Suite("Saving what is about to be lost")
struct SaveTests {
  @Test("everything that a write within the limit changes is saved; the disk is only read")
  func everything() throws {
    let situation = Situation()
    let disk = MemoryDisk(situation.before)
    let record = try situation.save(from: disk, into: MemorySink())
    let changed = situation.erased.union(ByteRanges([0..<situation.written]))
    #expect(changed.subtracting(record.saved).isEmpty)
    #expect(disk.writes.isEmpty)
    #expect(disk.content == situation.before)
  }

  @Test("zeros take no room")
  func zeros() throws {
    let situation = Situation()
    let sink = MemorySink()
    let disk = MemoryDisk([UInt8](repeating: 0, count: situation.before.count))
    let record = try situation.save(from: disk, into: sink)
    #expect(record.pieces.allSatisfy { $0.content == .zeros })
    #expect((sink.lasting ?? []).count < 20_000)
  }

  @Test("--undo SIZE counts data in use; the structure comes besides, ends of partitions included")
  func limit() throws {
    let situation = Situation(byteCount: 24 * mebibyte, written: 20 * mebibyte)
    let before = [UInt8](repeating: 0xA5, count: 24 * mebibyte)
    let record = try situation.save(
      UndoLimit(inUse: UInt64(3 * mebibyte)), from: MemoryDisk(before), into: MemorySink())
    let data = record.saved.subtracting(situation.wish(.standard).structure)
    #expect(data.byteCount == UInt64(3 * mebibyte))
    for end in [1, 3, 7] {
      #expect(record.saved.overlaps(UInt64(end * mebibyte)..<UInt64(end * mebibyte + 512)))
    }
    let sparse = [UInt8](repeating: 0, count: 12 * mebibyte) + before.suffix(12 * mebibyte)
    let second = try situation.save(
      UndoLimit(inUse: UInt64(3 * mebibyte)), from: MemoryDisk(sparse), into: MemorySink())
    #expect(second.saved.overlaps(UInt64(14 * mebibyte)..<UInt64(14 * mebibyte + 512)), "zeros do not count")
  }

  @Test(
    "without --undo, an image of up to 64 MiB is saved whole, of a longer one a 256th part, but 4 MiB",
    arguments: [
      (0, 0), (1, 1), (64 << 20, 64 << 20), ((64 << 20) + 1, 4 << 20), (1 << 30, 4 << 20),
      (4 << 30, 16 << 20),
      ((4 << 30) + 4096, 16 << 20), (16 << 30, 64 << 20), (1 << 40, 64 << 20),
    ] as [(UInt64, UInt64)])
  func share(written: UInt64, saved: UInt64) {
    let wish = UndoWish(
      capacity: 2 << 40, alignment: 512, written: written, erased: ByteRanges(), partitions: [],
      limit: .standard)
    #expect(wish.data == ByteRanges([0..<saved]))
  }

  @Test("the key slots of LUKS are saved whole")
  func keySlots() {
    let partition = UndoRecord.Partition(
      number: 1, range: 1_048_576..<104_857_600, fileSystem: "crypto_LUKS", name: nil)
    let wish = UndoWish(
      capacity: 200 << 20, alignment: 512, written: 100 << 20, erased: ByteRanges(),
      partitions: [partition], limit: UndoLimit(inUse: 0))
    #expect(ByteRanges([1_048_576..<(17 << 20)]).subtracting(wish.structure).isEmpty)
  }

  @Test(
    "an error at any point of the save: no record, and the disk was only read",
    arguments: [
      Errno.noSpace, .ioError, .readOnlyFileSystem,
    ])
  func failures(errno: Errno) throws {
    let situation = Situation(byteCount: 4 * mebibyte, written: 2 * mebibyte)
    let whole = MemorySink()
    _ = try situation.save(from: MemoryDisk(situation.before), into: whole)
    #expect(whole.operations > 6)
    for failing in 0..<whole.operations {
      let disk = MemoryDisk(situation.before)
      let sink = MemorySink(failing: failing, errno: errno)
      let call =
        failing == whole.operations - 1 ? "renameat" : failing == whole.operations - 2 ? "fsync" : "pwrite"
      #expect(throws: UndoError.save(SystemCallError(call: call, errno: errno), path: "/state")) {
        try situation.save(from: disk, into: sink)
      }
      #expect(sink.lasting == nil, "operation \(failing)")
      #expect(disk.writes.isEmpty)
    }
  }

  @Test("what was not synchronized before the name was given would not last: it was")
  func order() throws {
    let situation = Situation(byteCount: 4 * mebibyte, written: 2 * mebibyte)
    let sink = MemorySink()
    let record = try situation.save(from: MemoryDisk(situation.before), into: sink)
    #expect(try sink.stored()?.record == record)
    #expect(try sink.stored()?.progress == UndoProgress(stage: .saved, upTo: 0))
  }

  @Test("a bad block is left out and named, and its neighbours are saved")
  func badBlock() throws {
    let situation = Situation()
    let bad = 2 * mebibyte + 8192..<2 * mebibyte + 8704
    let disk = MemoryDisk(situation.before) { request, _ in
      guard case .read(let range) = request else { return nil }
      return range.overlaps(bad) ? .ioError : nil
    }
    let record = try situation.save(from: disk, into: MemorySink())
    #expect(record.unreadable == ByteRanges([2_105_344..<2_109_440]))
    #expect(!record.saved.overlaps(2_105_344..<2_109_440))
    #expect(record.saved.overlaps(2_105_343..<2_105_344))
    #expect(record.saved.overlaps(2_109_440..<2_109_441))
  }

  @Test("a disk that is gone or falls apart is no reason to write to it")
  func deadDisk() throws {
    let situation = Situation()
    let gone = MemoryDisk(situation.before) { _, _ in .noSuchAddressOrDevice }
    #expect(
      throws: UndoError.disk(SystemCallError(call: "pread", errno: .noSuchAddressOrDevice), offset: 0)
    ) { try situation.save(from: gone, into: MemorySink()) }
    let rotten = MemoryDisk(situation.before) { request, _ in
      if case .read = request { .ioError } else { nil }
    }
    #expect(throws: UndoError.self) { try situation.save(from: rotten, into: MemorySink()) }
    let short = MemoryDisk(Array(situation.before.prefix(mebibyte)))
    #expect(throws: UndoError.self) { try situation.save(from: short, into: MemorySink()) }
  }
}

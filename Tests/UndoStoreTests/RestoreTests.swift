import BlockIO
import DeviceSafety
import SystemPackage
import TestSupport
import Testing

@testable import UndoStore

@Suite("Bringing back what was saved")
struct RestoreTests {
  private static func restore(
    _ record: UndoRecord, _ sink: MemorySink, upTo end: UInt64, onto disk: MemoryDisk
  ) throws(RestoreFailure) -> UInt64 {
    let changed = UndoProgress(stage: .stopped, upTo: end).changed(by: record)
    return try UndoRestorer.restore(record, from: sink, changed: changed, to: disk)
  }

  @Test("a write that was stopped at any byte within the limit is undone bit by bit")
  func bitByBit() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    for round in 0..<12 {
      let situation = Situation(seed: seed &+ UInt64(round))
      let sink = MemorySink()
      let disk = MemoryDisk(situation.before)
      let record = try situation.save(from: disk, into: sink)
      let end = Int.random(in: 0...Int(situation.written), using: &random) / 512 * 512
      situation.overwrite(disk, upTo: end)
      #expect(disk.content != situation.before)
      _ = try Self.restore(record, sink, upTo: UInt64(end), onto: disk)
      #expect(disk.content == situation.before, "seed \(seed), round \(round), stopped at \(end)")
    }
  }

  @Test("beyond the limit exactly what the balance calls lost is lost")
  func balance() throws {
    let situation = Situation(byteCount: 12 * mebibyte, written: 10 * mebibyte)
    let sink = MemorySink()
    let disk = MemoryDisk(situation.before)
    let record = try situation.save(UndoLimit(inUse: UInt64(mebibyte)), from: disk, into: sink)
    let progress = UndoProgress(stage: .completed, upTo: .max)
    let balance = UndoBalance(record, progress)
    #expect(!balance.isComplete)
    #expect(balance.restorable.union(balance.lost) == balance.changed)
    situation.overwrite(disk, upTo: Int(situation.written))
    let overwritten = disk.content
    let count = try Self.restore(record, sink, upTo: .max, onto: disk)
    #expect(count == balance.restorable.byteCount)
    #expect(disk.content.bytes(of: balance.lost) == overwritten.bytes(of: balance.lost))
    let rest = ByteRanges([0..<UInt64(situation.before.count)]).subtracting(balance.lost)
    #expect(disk.content.bytes(of: rest) == situation.before.bytes(of: rest))
    let lost = balance.partitions.map(\.lost).reduce(ByteRanges()) { $0.union($1) }
    let inside = ByteRanges(situation.partitions.map(\.range))
    #expect(lost == balance.lost.intersection(inside))
  }

  @Test("what the write did not reach is not touched")
  func untouchedRest() throws {
    let situation = Situation()
    let sink = MemorySink()
    let disk = MemoryDisk(situation.before)
    let record = try situation.save(from: disk, into: sink)
    situation.overwrite(disk, upTo: 2 * mebibyte)
    _ = try Self.restore(record, sink, upTo: UInt64(2 * mebibyte), onto: disk)
    let allowed = 0..<(3 * mebibyte)
    let tail = Int(situation.erased.ranges[1].lowerBound)
    #expect(disk.writes.allSatisfy { allowed.contains($0.lowerBound) || $0.lowerBound >= tail })
  }

  @Test("until everything else is read back the first blocks are zero")
  func headLast() throws {
    let situation = Situation()
    let sink = MemorySink()
    let disk = MemoryDisk(situation.before)
    let record = try situation.save(from: disk, into: sink)
    situation.overwrite(disk, upTo: Int(situation.written))
    _ = try Self.restore(record, sink, upTo: .max, onto: disk)
    let head = disk.writes.indices.filter { disk.writes[$0].lowerBound == 0 }
    #expect(head == [0, disk.writes.count - 1])
    #expect(disk.writes.first == 0..<65_536)
    // Once a request fails, nothing that follows can make it boot: the anchor stays zero.
    for failing in 2..<disk.log.count - 4 {
      let broken = MemoryDisk(situation.before) { _, number in number >= failing ? .ioError : nil }
      situation.overwrite(broken, upTo: Int(situation.written))
      #expect(throws: RestoreFailure.self) { try Self.restore(record, sink, upTo: .max, onto: broken) }
      #expect(broken.content.prefix(512).holdsOnly(0), "request \(failing)")
    }
  }

  @Test("a restore that fails at any request can be begun anew, and is whole then")
  func again() throws {
    let situation = Situation(byteCount: 5 * mebibyte, written: 3 * mebibyte)
    let sink = MemorySink()
    let record = try situation.save(from: MemoryDisk(situation.before), into: sink)
    let probe = MemoryDisk(situation.before)
    situation.overwrite(probe, upTo: 3 * mebibyte)
    _ = try Self.restore(record, sink, upTo: .max, onto: probe)
    for failing in 0..<probe.log.count {
      let disk = MemoryDisk(situation.before) { _, number in number == failing ? .ioError : nil }
      situation.overwrite(disk, upTo: 3 * mebibyte)
      let failure = #expect(throws: RestoreFailure.self, "request \(failing)") {
        try Self.restore(record, sink, upTo: .max, onto: disk)
      }
      #expect(failure?.isUntouched == false)
      _ = try Self.restore(record, sink, upTo: .max, onto: disk)
      #expect(disk.content == situation.before, "request \(failing)")
    }
  }

  @Test("a record that does not hold what was saved is found out before the disk is touched")
  func damaged() throws {
    let situation = Situation()
    let sink = MemorySink()
    let disk = MemoryDisk(situation.before)
    var record = try situation.save(from: disk, into: sink)
    situation.overwrite(disk, upTo: Int(situation.written))
    let index = try #require(record.pieces.lastIndex { $0.content != .zeros })
    guard case .stored(let offset, var sha256) = record.pieces[index].content else { return }
    sha256[0] ^= 1
    record.pieces[index].content = .stored(at: offset, sha256: sha256)
    let failure = #expect(throws: RestoreFailure.self) {
      try Self.restore(record, sink, upTo: .max, onto: disk)
    }
    #expect(failure == RestoreFailure(error: .damaged(.wrongDigest, id: sink.id), isUntouched: true))
    #expect(disk.writes.isEmpty)
  }

  @Test("another disk by now is not written to")
  func changed() throws {
    let situation = Situation()
    let sink = MemorySink()
    let record = try situation.save(from: MemoryDisk(situation.before), into: sink)
    let disk = MemoryDisk(situation.before, change: .changed(.medium(expected: 21, found: 22)))
    #expect(throws: RestoreFailure.self) { try Self.restore(record, sink, upTo: .max, onto: disk) }
    #expect(disk.writes.isEmpty)
  }

  @Test("a disk that drops a write or flips a bit is found out")
  func liar() throws {
    let situation = Situation()
    let sink = MemorySink()
    let record = try situation.save(from: MemoryDisk(situation.before), into: sink)
    for place in [100, 70_000, 4 * mebibyte + 3, situation.before.count - 1] {
      let disk = MemoryDisk(
        situation.before, corrupt: { content, range in if range.contains(place) { content[place] ^= 4 } })
      situation.overwrite(disk, upTo: Int(situation.written))
      let failure = #expect(throws: RestoreFailure.self) {
        try Self.restore(record, sink, upTo: .max, onto: disk)
      }
      guard case .mismatch(let range)? = failure?.error else {
        Issue.record("byte \(place): \(String(describing: failure))")
        continue
      }
      #expect(range.contains(UInt64(place)))
    }
  }
}

import BlockIO
import SystemPackage
import TestSupport
import Testing

@testable import UndoStore

@Suite("The journal of a write")
struct JournalTests {
  private static func begun(failing: Int? = nil) throws -> (MemorySink, UndoJournal) {
    let situation = Situation(byteCount: 3 * mebibyte, written: mebibyte)
    let sink = MemorySink(failing: failing)
    _ = try situation.save(from: MemoryDisk(situation.before), into: sink)
    return (sink, UndoJournal(sink))
  }

  @Test("after a power cut at any moment the record never claims less than what was allowed")
  func neverBehind() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    let (sink, journal) = try Self.begun()
    #expect(try sink.stored()?.progress.stage == .saved)
    try journal.willBegin()
    var end: UInt64 = 0
    var notes = 0
    var last = sink.operations
    while end < 40 << 30 {
      end += UInt64.random(in: 1...(200 << 20), using: &random)
      try journal.willWrite(upTo: end)
      let progress = try #require(try sink.stored()?.progress)
      #expect(progress.stage == .begun && progress.upTo >= end, "seed \(seed)")
      notes += sink.operations == last ? 0 : 1
      last = sink.operations
    }
    #expect(notes <= 6, "40 GiB cost \(notes) notes")
  }

  @Test("a run that is stopped says how far it came, to the byte")
  func stopped() throws {
    let (sink, journal) = try Self.begun()
    try journal.willBegin()
    try journal.willWrite(upTo: 8_388_608)
    try journal.willWrite(upTo: 4_194_304)
    try journal.didStop()
    #expect(try sink.stored()?.progress == UndoProgress(stage: .stopped, upTo: 8_388_608))
  }

  @Test("a write that is complete has changed what it says, and nothing of what it might have")
  func completed() throws {
    let (sink, journal) = try Self.begun()
    try journal.willBegin()
    try journal.didComplete(upTo: 262_144)
    let stored = try #require(try sink.stored())
    #expect(stored.progress == UndoProgress(stage: .completed, upTo: 262_144))
    let changed = UndoBalance(stored.record, stored.progress).changed
    #expect(changed == stored.record.erased.union(ByteRanges([0..<262_144])))
  }

  @Test("a run that never began has changed nothing")
  func neverBegun() throws {
    let (sink, journal) = try Self.begun()
    try journal.didStop()
    let stored = try #require(try sink.stored())
    #expect(stored.progress.stage == .saved)
    #expect(UndoBalance(stored.record, stored.progress).changed.isEmpty)
  }

  @Test("a note that does not last is an error, and the next one is tried again")
  func failing() throws {
    let situation = Situation(byteCount: 3 * mebibyte, written: mebibyte)
    let whole = MemorySink()
    _ = try situation.save(from: MemoryDisk(situation.before), into: whole)
    for operation in 0..<2 {
      let (sink, journal) = try Self.begun(failing: whole.operations + operation)
      #expect(throws: SystemCallError.self) { try journal.willBegin() }
      #expect(throws: SystemCallError.self) { try journal.willWrite(upTo: 1) }
      #expect(try sink.stored()?.progress.stage == .saved)
    }
  }
}

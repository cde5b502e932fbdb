import BlockIO
import DeviceProbe
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import UndoStore

@Suite("The state directory")
struct StoreTests {
  private let scratch: ScratchDirectory
  private let store: UndoStore

  init() throws {
    scratch = try ScratchDirectory()
    store = UndoStore(path: FilePath(scratch.path + "/a/state"))
  }

  /// Saves a small disk, as at a time.
  private func save(
    time: Int64 = 1, serial: String = "4C5300012305", begins: Bool = true
  ) throws -> UndoRecord {
    let situation = Situation(byteCount: 2 * mebibyte, written: mebibyte)
    var record = situation.record
    record.time = time
    record.disk.kind = .disk(.init(serial: serial))
    let (saved, journal) = try store.save(
      record, situation.wish(.standard), from: MemoryDisk(situation.before))
    if begins { try journal.willBegin() }
    return saved
  }

  @Test("is made for its owner alone, and so are the files; nothing else is left in it")
  func modes() throws {
    let record = try save()
    let listing = try scratch.run("stat -c '%a %n' a a/state a/state/* a/state/.[!.]* 2>/dev/null || true")
    #expect(listing == "700 a\n700 a/state\n600 a/state/\(record.id).undo\n")
    let found = try store.records()
    #expect(found.records.map(\.record) == [record])
    #expect(found.damaged.isEmpty)
  }

  @Test(
    "R33: several disks are saved at once: none waits for another, and none takes another's file for left over"
  )
  func severalAtOnce() async throws {
    let (situation, reading, count) = (Situation(byteCount: 2 * mebibyte, written: mebibyte), Monitor(0), 3)
    let disks = (0..<count).map { _ in
      MemoryDisk(situation.before) { _, number in
        if number == 0 { reading.change { $0 += 1 } }
        return reading.wait(upTo: .seconds(20)) { $0 >= count ? true : nil } == nil ? .timedOut : nil
      }
    }
    let saved = await withTaskGroup(of: (UndoRecord, UndoJournal)?.self) { group in
      for (index, disk) in disks.enumerated() {
        var record = situation.record
        record.disk.kind = .disk(.init(serial: "4C53000123\(index)"))
        group.addTask(executorPreference: LaneExecutor("test.save.\(index)")) { [record, store] in
          try? store.save(record, situation.wish(.standard), from: disk)
        }
      }
      return await group.reduce(into: [(UndoRecord, UndoJournal)]()) { $0 += [$1].compactMap(\.self) }
    }
    #expect(saved.count == count)
    #expect(Set(try store.records().records.map(\.id)) == Set(saved.map(\.0.id)))
  }

  @Test("tells what was in a place that was saved, and nothing of any other")
  func savedBytes() throws {
    let before = Situation(byteCount: 2 * mebibyte, written: mebibyte).before
    let record = try save()
    for start in stride(from: 0, to: mebibyte, by: 37 * 512) {
      let saved = store.savedBytes(of: record, in: UInt64(start)..<UInt64(start + 512))
      #expect(saved == Array(before[start..<(start + 512)]), "byte \(start)")
    }
    #expect(store.savedBytes(of: record, in: UInt64(8 * mebibyte)..<UInt64(8 * mebibyte + 512)) == nil)
    try scratch.run("rm a/state/\(record.id).undo")
    let stored = try #require(record.pieces.first { $0.content != .zeros }).range.lowerBound
    #expect(store.savedBytes(of: record, in: stored..<(stored + 512)) == nil)
  }

  @Test("that is not there holds nothing, and looking does not make it")
  func absent() throws {
    #expect(try store.records().records.isEmpty)
    #expect(try scratch.run("ls -A") == "output.text\n")
  }

  @Test("that others may write to, or that is a link, is not used")
  func notPrivate() throws {
    try scratch.run("mkdir -p a/state && chmod 770 a/state")
    #expect(throws: UndoError.notPrivate(path: store.path.string)) { try save() }
    try scratch.run("rmdir a/state && mkdir b && ln -s ../b a/state")
    #expect(throws: UndoError.self) { try save() }
    #expect(try scratch.run("ls b") == "")
  }

  @Test("files that are no records are named, never followed and never waited for")
  func strangers() throws {
    let record = try save()
    try scratch.run(
      """
      cd a/state && mkfifo pipe.undo && mkdir folder.undo && echo x >text.undo && : >empty.undo
      ln -s \(record.id).undo link.undo; cp \(record.id).undo copy.undo
      """)
    let found = try? store.records()
    // A link cannot be opened, which must not hide the others.
    #expect(found?.records.map(\.id) == [record.id])
    #expect(Set(found?.damaged.keys ?? [:].keys) == ["pipe", "folder", "text", "empty", "link", "copy"])
  }

  @Test("keeps the newest five of a disk, and those of others")
  func retention() throws {
    let other = try save(time: 0, serial: "OTHER-1234")
    var saved: [String] = []
    // The clock goes back meanwhile, as on a machine without one of its own.
    for time in 1...8 { saved.append(try save(time: Int64(9 - time)).id) }
    let kept = try store.records().records.map(\.id)
    #expect(kept == saved.suffix(5).reversed() + [other.id])
  }

  @Test("damaged ones take what room the others leave, the newest of them; a later burin's stay")
  func damaged() throws {
    let healthy = try save()
    try scratch.run(
      """
      cd a/state && for i in $(seq 10 34); do echo x >undo-000000$i.undo; touch -d @$i undo-000000$i.undo; done
      cp \(healthy.id).undo undo-later.undo && mkdir undo-00000000.undo
      cp \(healthy.id).undo undo-0000c0py.undo && echo 'my notes' >undo-notes.undo
      touch -d @1 undo-0000c0py.undo undo-notes.undo
      printf '\\377' | dd of=undo-later.undo bs=1 seek=\(RecordFormat.headerOffset + 8) conv=notrunc 2>/dev/null
      touch -d @1 undo-later.undo
      """)
    let newest = try save(serial: "OTHER-1234")
    let found = try store.records()
    #expect(Set(found.records.map(\.id)) == [healthy.id, newest.id], "no whole one goes for them")
    let kept = (17...34).map { "undo-000000\($0)" } + ["undo-0000c0py", "undo-later", "undo-notes"]
    #expect(found.damaged.keys.sorted() == ["undo-00000000"] + kept, "what may be whole, or another's, stays")
  }

  @Test("a record that is brought back stays until that has ended, whatever is saved meanwhile")
  func inUse() throws {
    let saved = try save(time: 1)
    do {
      let file = try store.open(try #require(try store.records().records.first))
      for time in 2...9 { _ = try save(time: Int64(time)) }
      #expect(try store.records().records.contains { $0.id == saved.id })
      #expect(throws: UndoError.inUse(path: "\(scratch.path)/a/state/\(saved.id).undo")) {
        let stored = try store.records().records.first { $0.id == saved.id }
        _ = try store.open(#require(stored))
      }
      #expect(file.id == saved.id)
    }
    _ = try save(time: 10)
    #expect(try !store.records().records.contains { $0.id == saved.id })
  }

  @Test("a record whose write never began goes with the next save, but not while its process runs")
  func unused() throws {
    let situation = Situation(byteCount: 2 * mebibyte, written: mebibyte)
    let (running, journal) = try store.save(
      situation.record, situation.wish(.standard), from: MemoryDisk(situation.before))
    let idle = try save(time: 2, begins: false)
    let next = try save(time: 3)
    #expect(Set(try store.records().records.map(\.id)) == [running.id, next.id], "\(idle.id) is gone")
    try journal.willBegin()
  }

  @Test("a process that shares a record's descriptor by accident does not keep it")
  func shared() throws {
    var shared: [CInt] = []
    defer { for descriptor in shared { close(descriptor) } }
    func saveAndShare() throws {
      let situation = Situation(byteCount: 2 * mebibyte, written: mebibyte)
      let (record, journal) = try store.save(
        situation.record, situation.wish(.standard), from: MemoryDisk(situation.before))
      // As one does that another thread has begun to start: it has a copy of every descriptor.
      let own = FilePath("/proc/self/fd")
      for name in try SmallFile.names(in: own) {
        guard let number = CInt(name), let file = try? SmallFile.link(at: own.appending(name)),
          file.hasSuffix("/\(record.id).undo")
        else { continue }
        shared.append(dup(number))
      }
      withExtendedLifetime(journal) { #expect(!shared.isEmpty) }
    }
    try saveAndShare()
    let next = try save(time: 2)
    #expect(try store.records().records.map(\.id) == [next.id])
  }

  @Test("what a run has put back itself takes no other record's place, neither while it runs nor afterwards")
  func passing() throws {
    var saved: [String] = []
    for time in 1...5 { saved.append(try save(time: Int64(time)).id) }
    let situation = Situation(byteCount: 2 * mebibyte, written: mebibyte)
    for time in 6...12 as ClosedRange<Int64> {
      var record = situation.record
      record.time = time
      record.disk.kind = .disk(.init(serial: "4C5300012305"))
      let (_, journal) = try store.save(
        record, situation.wish(.standard), from: MemoryDisk(situation.before), isPassing: true)
      try journal.willBegin()
      #expect(try store.records().records.count == 6)
      try journal.didRestore()
    }
    saved.append(try save(time: 13).id)
    #expect(try store.records().records.map(\.id) == saved.suffix(5).reversed())
  }

  @Test("what a killed process has half saved is cleared away")
  func leftovers() throws {
    _ = try save()
    try scratch.run("echo half >a/state/.saving-undo-00000000")
    _ = try save()
    #expect(try scratch.run("ls -A a/state | grep -c saving || true") == "0\n")
  }

  @Test("a failed save leaves nothing behind")
  func failed() throws {
    let situation = Situation(byteCount: 2 * mebibyte, written: mebibyte)
    let disk = MemoryDisk(situation.before) { _, number in number == 1 ? .noSuchAddressOrDevice : nil }
    #expect(throws: UndoError.self) {
      try store.save(situation.record, situation.wish(.standard), from: disk)
    }
    #expect(try scratch.run("ls -A a/state") == "")
  }

  @Test("a record that was brought back says so")
  func restored() throws {
    _ = try save()
    let stored = try #require(try store.records().records.first)
    #expect(stored.progress.stage == .begun)
    try store.open(stored).didRestore()
    #expect(
      try store.records().records.first?.progress
        == UndoProgress(stage: .restored, upTo: stored.progress.upTo))
  }
}

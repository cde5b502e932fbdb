import BlockIO
import DeviceProbe
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

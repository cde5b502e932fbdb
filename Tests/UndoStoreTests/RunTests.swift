import BlockIO
import DeviceProbe
import SystemPackage
import TestSupport
import Testing

@testable import UndoStore

@Suite("Runs in the state directory")
struct RunTests {
  private let scratch: ScratchDirectory
  private let store: UndoStore

  init() throws {
    scratch = try ScratchDirectory()
    store = UndoStore(path: FilePath(scratch.path + "/state"))
  }

  private func run(serial: String = "4C5300012305", undo: String? = nil) -> RunRecord {
    var disk = Situation(byteCount: 2 * mebibyte, written: mebibyte).disk
    disk.kind = .disk(.init(serial: serial))
    return RunRecord(
      disk: disk, time: 7, image: "/a/b.iso", undo: undo, order: Array("{\"a\": 1}".utf8))
  }

  @Test("are read as they were noted, with how far they came, the newest first")
  func roundTrip() throws {
    let first = try store.begin(run())
    try first.willBegin()
    let second = try store.begin(run(serial: "OTHER1", undo: "undo-00000000"))
    #expect(try scratch.run("stat -c %a state/*.run | uniq") == "600\n")
    let runs = try store.runs()
    #expect(runs.map(\.run.order) == [run().order, run().order])
    #expect(runs.map(\.run.undo) == ["undo-00000000", nil])
    #expect(runs.map(\.progress.stage) == [.saved, .begun])
    #expect(runs.map(\.isInterrupted) == [false, true])
    #expect(
      runs[1].run.disk == run().disk && runs[1].run.image == "/a/b.iso" && runs[1].run.time == 7)
    try second.willBegin()
    try second.willWrite(upTo: 100 << 20)
    try second.didStop()
    try first.didComplete(upTo: 5)
    #expect(try store.runs().map(\.progress.stage) == [.stopped, .completed])
    #expect(try store.runs()[0].progress.upTo == 100 << 20)
  }

  @Test("damaged ones take what room the others leave, the newest of them; a later burin's stay")
  func prunedDamage() throws {
    let first = try store.begin(run())
    let known = try #require(try store.runs().first).run.id
    try scratch.run(
      """
      cd state && for i in $(seq 10 69); do echo x >run-000000$i.run; touch -d @$i run-000000$i.run; done
      cp \(known).run run-later.run
      printf '\\377' | dd of=run-later.run bs=1 seek=\(RunFormat.headerOffset + 8) conv=notrunc 2>/dev/null
      touch -d @1 run-later.run
      """)
    try first.willBegin()
    _ = try store.begin(run(serial: "OTHER1"))
    #expect(try store.runs().count == 2 && store.runs().last?.run.id == known)
    let left = try scratch.run("cd state && ls run-000000[0-9][0-9].run run-later.run").split(separator: "\n")
    #expect(left.map(String.init) == (22...69).map { "run-000000\($0).run" } + ["run-later.run"])
  }

  /// Saves a record of the disk of a run, whose write begins.
  private func save(
    serial: String = "4C5300012305", writing byteCount: Int = mebibyte, stops: Bool = false
  ) throws -> UndoRecord {
    let situation = Situation(byteCount: 2 * mebibyte, written: mebibyte)
    var record = situation.record
    record.disk = run(serial: serial).disk
    record.writtenByteCount = UInt64(byteCount)
    let (saved, journal) = try store.save(
      record, situation.wish(.standard), from: MemoryDisk(situation.before))
    try journal.willBegin()
    if stops { try journal.didStop() }
    return saved
  }

  /// Notes that a record was brought back, as `burin undo` does.
  private func bringBack(_ record: UndoRecord) throws {
    let found = try store.records().records.first { $0.id == record.id }
    try store.open(try #require(found)).didRestore()
  }

  private func areInterrupted() throws -> [Bool] { try store.latestRuns().map(\.isInterrupted) }

  @Test("R8: that were undone, or whose disk was written since without a note, are not interrupted any more")
  func settled() throws {
    let own = try save()
    try store.begin(run(undo: own.id)).willBegin()
    #expect(try areInterrupted() == [true])
    _ = try save(writing: 0)
    #expect(try areInterrupted() == [true], "the marks of a test destroy no image")
    _ = try save(serial: "OTHER1")
    #expect(try areInterrupted() == [true], "another disk")
    let newer = try save()
    #expect(try areInterrupted() == [false])
    try bringBack(newer)
    #expect(try areInterrupted() == [true], "what was left there is there again")
    try bringBack(own)
    #expect(try areInterrupted() == [false])
  }

  @Test("R8: whose record was brought back stay known as undone, however little was written")
  func settledEarly() throws {
    let own = try save(stops: true)
    try store.begin(run(undo: own.id)).willBegin()
    try bringBack(own)
    _ = try save(serial: "OTHER1")
    #expect(try areInterrupted() == [false])
  }

  @Test("R8: whose record had to go for newer ones are replaced by what is saved of their disk")
  func recordGone() throws {
    try store.begin(run(undo: "undo-00000000")).willBegin()
    _ = try save(serial: "OTHER1")
    #expect(try areInterrupted() == [true])
    try scratch.run("echo x >state/undo-00000000.undo")
    #expect(try areInterrupted() == [true], "nothing says that a damaged one was brought back")
    _ = try save()
    #expect(try areInterrupted() == [false])
  }

  @Test("R8: that saved nothing are replaced by what was saved later, and where what was before comes back")
  func unsaved() throws {
    let older = try save()
    try store.begin(run()).willBegin()
    #expect(try areInterrupted() == [true], "it was saved before")
    let newer = try save()
    #expect(try areInterrupted() == [false])
    try bringBack(newer)
    #expect(try areInterrupted() == [true])
    try bringBack(older)
    #expect(try areInterrupted() == [false])
    #expect(try store.runs().map(\.progress.stage) == [.restored, .restored])
  }

  @Test("R8: stay replaced by what was saved of their disk when that is gone too, once it has begun")
  func replacedAndPruned() throws {
    let own = try save()
    let cases: [(resumed: Bool, isInterrupted: Bool)] = [(true, true), (false, false)]
    for undo in [nil, own.id] {
      try store.begin(run(undo: undo)).willBegin()
      let resumed = try #require(try store.latestRuns().first?.stored.run.id)
      let situation = Situation(byteCount: 2 * mebibyte, written: mebibyte)
      for (goesOn, isInterrupted) in cases {
        var record = situation.record
        record.disk = run().disk
        let (saved, journal) = try store.save(
          record, situation.wish(.standard), from: MemoryDisk(situation.before),
          resumed: goesOn ? resumed : nil)
        #expect(try areInterrupted() == [true], "nothing has begun yet")
        try journal.willBegin()
        try scratch.run("rm state/\(saved.id).undo")
        #expect(try areInterrupted() == [isInterrupted])
      }
      try scratch.run("rm state/*.run")
    }
  }

  @Test("R8: whose newest state cannot be read are interrupted, unless they are known to be over")
  func unreadableState() throws {
    let journal = try store.begin(run())
    let damage = "echo x | dd of=$(ls state/*.run) bs=1 conv=notrunc seek="
    try journal.willBegin()
    try scratch.run(damage + "4110")
    #expect(try areInterrupted() == [true])
    let stored = try #require(try store.runs().first)
    #expect(stored.progress == UndoProgress(stage: .begun, upTo: .max))
    // The third state lies in the first slot, so that the second one is still damaged.
    try journal.didComplete(upTo: 5)
    #expect(try areInterrupted() == [false])
    try scratch.run(damage + "14")
    #expect(try store.runs().isEmpty, "neither can be read")
  }

  @Test("R8: are gone on with by one that is not noted, and end with it")
  func resumedUnnoted() throws {
    try store.begin(run()).willBegin()
    let id = try #require(try store.runs().first?.run.id)
    do {
      let journal = try #require(store.resume(run: id))
      #expect(store.resume(run: id).map(\.progress) == nil, "a process is at it")
      try journal.willBegin()
      #expect(try areInterrupted() == [true])
      try journal.didComplete(upTo: 5)
    }
    #expect(try areInterrupted() == [false])
    #expect(store.resume(run: id).map(\.progress) == nil, "it is over")
    #expect(store.resume(run: "run-zzzzzzzz").map(\.progress) == nil)
  }

  @Test("R8: that were undone stay known so when the record is gone")
  func undoneAndPruned() throws {
    let own = try save()
    try store.begin(run(undo: own.id)).willBegin()
    try bringBack(own)
    try scratch.run("rm state/\(own.id).undo")
    #expect(try areInterrupted() == [false])
  }

  @Test("R8: that cannot be gone on with are never interrupted, and replace those before them")
  func withoutOrder() throws {
    try store.begin(run()).willBegin()
    #expect(try areInterrupted() == [true])
    var once = run()
    once.order = []
    try store.begin(once).willBegin()
    #expect(try store.runs().map(\.isInterrupted) == [true, true])
    #expect(try areInterrupted() == [false])
  }

  @Test("R8: the newest of each disk counts")
  func newest() throws {
    try store.begin(run()).willBegin()
    let newer = try store.begin(run())
    #expect(try areInterrupted() == [true], "it has not begun")
    try newer.willBegin()
    try newer.didComplete(upTo: 5)
    #expect(try areInterrupted() == [false])
  }

  @Test("R45: came no further than what they were to write, or than their disk")
  func bounded() throws {
    try store.begin(run()).willBegin()
    #expect(try store.latestRuns().map(\.upTo) == [UInt64(2 * mebibyte)])
    let own = try save()
    try store.begin(run(undo: own.id)).willBegin()
    #expect(try store.latestRuns().map(\.upTo) == [UInt64(mebibyte)])
    #expect(try store.runs().first?.progress.upTo == 64 << 20)
  }

  @Test("that are damaged in any byte but of their progress are none, and never a trap")
  func damaged() throws {
    var named = run()
    named.id = "run-00000000"
    let bytes = RunFormat.bytes(of: named)
    #expect(try StoredRun(parsing: bytes, id: named.id).run == named)
    for place in [8192, 8200, 8208, 8216, 8260, 12_288, 12_300, bytes.count - 1] {
      var changed = bytes
      changed[place] ^= 1
      #expect(throws: RecordDamage.self) { try StoredRun(parsing: changed, id: named.id) }
    }
    for length in [0, 100, 8191, 8200, 12_287, bytes.count - 1] {
      #expect(throws: RecordDamage.self) {
        try StoredRun(parsing: Array(bytes.prefix(length)), id: named.id)
      }
    }
    #expect(throws: RecordDamage.invalid) { try StoredRun(parsing: bytes, id: "run-11111111") }
  }

  @Test("are running as long as their process is at them, and interrupted afterwards")
  func running() throws {
    do {
      let journal = try store.begin(run())
      try journal.willBegin()
      #expect(try store.latestRuns().map(\.isRunning) == [true])
      _ = journal.progress
    }
    #expect(try store.latestRuns().map(\.isRunning) == [false])
  }

  @Test("are not kept forever, but as long as a process is at them")
  func pruned() throws {
    let kept = try store.begin(run(serial: "FIRST1"))
    for _ in 0..<UndoStore.mostRuns { _ = try store.begin(run()) }
    let runs = try store.runs()
    #expect(runs.count == UndoStore.mostRuns + 1)
    #expect(runs.last?.run.disk == run(serial: "FIRST1").disk)
    try kept.willBegin()
  }

  @Test("that cannot be read hide no others; without a directory there are none")
  func unreadable() throws {
    #expect(try store.runs().isEmpty)
    _ = try store.begin(run())
    try scratch.run(
      "cd state && echo x >run-x.run && ln -s /etc/passwd run-y.run && mkfifo run-z.run")
    #expect(try store.runs().count == 1)
  }

  @Test("go on with the record for undo: what was noted there before stays, and more is added")
  func continued() throws {
    let situation = Situation(byteCount: 2 * mebibyte, written: mebibyte)
    var id = ""
    do {
      let (record, journal) = try store.save(
        situation.record, situation.wish(.standard), from: MemoryDisk(situation.before))
      id = record.id
      try journal.willBegin()
      try journal.willWrite(upTo: 70 << 20)
      #expect(store.resume(id).map(\.0) == nil, "its process is still at it")
      try journal.didStop()
    }
    do {
      let (record, journal) = try #require(store.resume(id))
      #expect(record.id == id)
      try journal.willBegin()
      #expect(journal.progress.upTo == 70 << 20, "never less than before")
      try journal.willWrite(upTo: 1 << 20)
      try journal.didStop()
      let stored = try #require(try store.records().records.first)
      #expect(stored.progress == UndoProgress(stage: .stopped, upTo: 70 << 20))
    }
    do {
      let (_, journal) = try #require(store.resume(id))
      try journal.willWrite(upTo: 80 << 20)
      try journal.didComplete(upTo: 90 << 20)
    }
    let stored = try #require(try store.records().records.first)
    #expect(stored.progress == UndoProgress(stage: .completed, upTo: 90 << 20))
    #expect(store.resume(id).map(\.0) == nil, "it is complete")
    #expect(store.resume("undo-zzzzzzzz").map(\.0) == nil)
  }
}

import BlockIO
import SystemPackage

extension UndoStore {
  private static let runSuffix = ".run"
  private static let runPrefix = "run-"
  /// How many runs are kept.
  static let mostRuns = 50

  /// Notes a write that is about to begin.
  /// - Parameter run: what is known of it, without a name.
  /// - Returns: the journal that it is to keep from now on.
  public func begin(_ run: RunRecord) throws(UndoError) -> UndoJournal {
    do throws(SystemCallError) { try PrivateDirectory.make(path) } catch { throw UndoError(error, of: path) }
    let (known, damaged) = (try? allRuns()) ?? ([], [])
    var named = run
    named.id = Self.newID(Self.runPrefix)
    named.number = nextNumber(after: known)
    let sink = try sink(named.id, suffix: Self.runSuffix)
    do throws(SystemCallError) {
      try sink.write(RunFormat.bytes(of: named), at: 0)
      try sink.synchronize()
      try sink.publish()
    } catch { throw .save(error, path: path.string) }
    forget(known.dropFirst(Self.mostRuns - 1))
    if let directory = try? open() {
      // None that can be read goes for one that tells nothing.
      let room = Room(count: max(0, Self.mostRuns - 1 - known.count), byteCount: Self.byteLimit)
      Self.removeDamaged(damaged, leaving: room, in: directory)
    }
    return UndoJournal(sink)
  }

  /// Takes runs away that no process is at.
  private func forget(_ runs: some Sequence<StoredRun>) {
    guard let directory = try? open() else { return }
    for stored in runs {
      guard let name = FilePath.Component(stored.run.id + Self.runSuffix),
        Self.isIdle(name, in: directory)
      else { continue }
      try? directory.remove(name)
    }
  }

  /// Whether a running process holds the note of a run.
  func isHeld(_ stored: StoredRun) -> Bool {
    guard let directory = try? open(), let name = FilePath.Component(stored.run.id + Self.runSuffix),
      (try? directory.openForReading(name)) != nil
    else { return false }
    return !Self.isIdle(name, in: directory)
  }

  /// Every run that can be read, the newest first; none where there is no directory.
  public func runs() throws(UndoError) -> [StoredRun] { try allRuns().runs }

  /// Every run that can be read, the newest first, and the files of those that are damaged.
  private func allRuns() throws(UndoError) -> (runs: [StoredRun], damaged: [FilePath.Component]) {
    let directory: PrivateDirectory
    let names: [String]
    do throws(UndoError) { directory = try open() } catch {
      if case .directory(let cause, _) = error, cause.errno == .noSuchFileOrDirectory { return ([], []) }
      throw error
    }
    do throws(SystemCallError) { names = try directory.names() } catch {
      throw .directory(error, path: path.string)
    }
    var found: [StoredRun] = []
    var damaged: [FilePath.Component] = []
    for name in names where name.hasSuffix(Self.runSuffix) {
      // One that cannot be read is as good as not there: all that it tells can be said anew.
      guard let component = FilePath.Component(name), let file = try? directory.openForReading(component),
        let bytes = try? file.bytes(in: 0..<UInt64(RunFormat.fileLimit))
      else { continue }
      do throws(RecordDamage) {
        found.append(try StoredRun(parsing: bytes, id: String(name.dropLast(Self.runSuffix.count))))
      } catch {
        let isOwn = Self.isOwnName(name, Self.runPrefix, Self.runSuffix)
        if isOwn && error.isBeyondUse { damaged.append(component) }
      }
    }
    return (found.sorted { ($1.run.number, $1.run.id) < ($0.run.number, $0.run.id) }, damaged)
  }

  /// Goes on with the record of a write that is resumed, so that what it destroys besides is noted there.
  /// - Returns: nil where it is gone, damaged, brought back already or kept by another process.
  public func resume(_ id: String) -> (UndoRecord, UndoJournal)? {
    guard let stored = try? records().records.first(where: { $0.id == id }),
      [.begun, .stopped].contains(stored.progress.stage), let name = Self.file(of: id)
    else { return nil }
    guard let file = try? reopened(name) else { return nil }
    let journal = UndoJournal(ReopenedRecord(file), after: stored.sequence, upTo: stored.progress.upTo)
    return (stored.record, journal)
  }

  /// Goes on with the note of a run, for one that goes on with it and is not noted itself.
  /// - Returns: nil where it is gone, over already or kept by another process.
  public func resume(run id: String) -> UndoJournal? {
    guard let found = try? runs().first(where: { $0.run.id == id }), found.isInterrupted else { return nil }
    return journal(of: found)
  }

  /// The runs that were begun on a disk since a record of it was saved: once that is brought back, what they left there
  /// is undone, or its beginning overwritten.
  func runs(endedBy stored: StoredRecord) -> [UndoJournal] {
    ((try? runs()) ?? []).compactMap { found in
      guard found.run.number > stored.record.number, found.progress.stage != .saved,
        found.run.disk.isSameDisk(as: stored.record.disk)
      else { return nil }
      return journal(of: found)
    }
  }

  /// Opens the note of a run once more; nil where it is gone or kept by another process.
  private func journal(of found: StoredRun) -> UndoJournal? {
    guard let name = FilePath.Component(found.run.id + Self.runSuffix), let file = try? reopened(name) else {
      return nil
    }
    return UndoJournal(ReopenedRecord(file), after: found.sequence, upTo: found.progress.upTo)
  }

  /// Opens a file once more, for this process alone.
  private func reopened(_ name: FilePath.Component) throws -> OwnedDescriptor {
    let file = try open().openForUpdating(name)
    try file.lockAsItsUser()
    return file
  }
}

/// The file of a record or a run that is gone on with.
private final class ReopenedRecord: RecordSink {
  private let descriptor: OwnedDescriptor

  init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

  deinit { descriptor.unlockForProbes() }

  func write(
    _ buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64
  ) throws(SystemCallError) { try descriptor.write(buffer, range: range, at: offset) }

  func synchronize() throws(SystemCallError) { try descriptor.synchronize() }

  /// It has its name already.
  func publish() {}
}

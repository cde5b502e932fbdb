import BlockIO
import Synchronization
public import SystemPackage

/// The state directory, where records are kept.
public struct UndoStore: Sendable {
  /// The directory.
  public let path: FilePath

  /// How many records of one disk are kept.
  static let perDisk = 5
  /// How many are kept in all.
  static let inAll = 20
  /// How many bytes they may take in all besides the newest one.
  static let byteLimit: UInt64 = 4 << 30
  private static let suffix = ".undo"
  private static let prefix = "undo-"
  private static let temporaryPrefix = ".saving-"

  /// Names the directory; nothing is made or opened.
  public init(path: FilePath) { self.path = path }

  // MARK: Saving

  /// Saves what a write is about to destroy.
  ///
  /// - Parameters:
  ///   - record: what is known, without a name and without pieces.
  ///   - isPassing: whether it is needless once the run is over, and so takes no other record's place.
  ///   - resumed: the name of the run that is gone on with, and so does not end with the beginning of this write.
  /// - Returns: the record, and the journal that the write must keep from now on.
  public func save<Source: UndoSource & ~Copyable>(
    _ record: UndoRecord, _ wish: UndoWish, from source: borrowing Source, isPassing: Bool = false,
    resumed: String? = nil, advance: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws(UndoError) -> (UndoRecord, UndoJournal) {
    do throws(SystemCallError) { try PrivateDirectory.make(path) } catch { throw UndoError(error, of: path) }
    let (named, sink) = try Self.beginning.withLock { _ throws(UndoError) in try begin(record) }
    let saved = try UndoSaver.save(named, wish, from: source, into: sink, path: path.string, advance: advance)
    prune(keeping: saved.id, isPassing: isPassing)
    return (saved, UndoJournal(sink, with: successor(of: saved, resumed: resumed)))
  }

  /// Notes the write that a record was saved for, in place of the interrupted one that it ends: that it did is to be
  /// known when the record is not there any more.
  ///
  /// Its file is open from here on, as a process that writes can open none (R47).
  /// - Returns: nil where it ends none, or that cannot be noted.
  private func successor(of record: UndoRecord, resumed: String?) -> UndoJournal? {
    // The marks of a test destroy no image.
    guard record.writtenByteCount > 0,
      let newest = newestRuns(in: (try? runs()) ?? [])
        .first(where: { $0.run.disk.isSameDisk(as: record.disk) }),
      newest.isInterrupted, newest.run.id != resumed
    else { return nil }
    let run = RunRecord(
      disk: record.disk, time: record.time, image: record.image, undo: record.id, order: [])
    return try? Self.beginning.withLock { _ throws(UndoError) in try begin(run) }
  }

  /// Several disks may be saved at once: what one has made and not locked yet is not left behind for another.
  private static let beginning = Mutex(())

  /// Names a record, and makes its file.
  private func begin(_ record: UndoRecord) throws(UndoError) -> (UndoRecord, FileSink) {
    removeLeftovers(in: try open())
    var named = record
    named.id = Self.newID(Self.prefix)
    named.number = nextNumber(after: (try? runs()) ?? [])
    return (named, try sink(named.id, suffix: Self.suffix))
  }

  /// A number behind those of all records and runs, so that it is known which of them came first.
  func nextNumber(after runs: [StoredRun]) -> UInt64 {
    // Nothing fails because of records that cannot be listed; they cannot be brought back either.
    let records = (try? records().records) ?? []
    return 1 &+ max(records.map(\.record.number).max() ?? 0, runs.map(\.run.number).max() ?? 0)
  }

  /// A file in the directory that is not there yet.
  func sink(_ id: String, suffix: String) throws(UndoError) -> FileSink {
    guard let temporary = FilePath.Component(Self.temporaryPrefix + id),
      let name = FilePath.Component(id + suffix)
    else {
      throw .save(SystemCallError(call: "openat", errno: .invalidArgument), path: path.string)
    }
    let directory = try open()
    do throws(SystemCallError) {
      return try FileSink(in: directory, temporary: temporary, name: name)
    } catch { throw .save(error, path: path.string) }
  }

  /// Takes away what a process that was killed while it saved has left behind.
  private func removeLeftovers(in directory: borrowing PrivateDirectory) {
    for name in (try? directory.names()) ?? [] where name.hasPrefix(Self.temporaryPrefix) {
      guard let component = FilePath.Component(name), Self.isIdle(component, in: directory) else { continue }
      try? directory.remove(component)
    }
  }

  /// Takes the oldest records away until the limits are kept, and those that nobody needs; one that a running write
  /// keeps stays.
  /// - Parameter isPassing: whether the one that is kept does not count.
  private func prune(keeping id: String, isPassing: Bool) {
    guard let directory = try? open(), let (all, damaged) = try? records() else { return }
    let needless = Set(all.filter { $0.isNeedless && $0.id != id }.map(\.id))
    for entry in all where needless.contains(entry.id) { remove(entry, in: directory) }
    let entries = all.filter { !needless.contains($0.id) && (!isPassing || $0.id != id) }
    var disks: [DiskFingerprint] = []
    var counts: [Int] = []
    var total: UInt64 = 0
    var kept = 0
    var room = Room(count: Self.inAll, byteCount: Self.byteLimit)
    for entry in entries {
      let index = disks.firstIndex { $0.isSameDisk(as: entry.record.disk) } ?? disks.count
      if index == disks.count {
        disks.append(entry.record.disk)
        counts.append(0)
      }
      counts[index] += 1
      kept += 1
      if entry.id != id { total += entry.byteCount }
      guard
        counts[index] > Self.perDisk || kept > Self.inAll || total > Self.byteLimit, entry.id != id
      else {
        room.take(entry.id == id ? 0 : entry.byteCount)
        continue
      }
      remove(entry, in: directory)
    }
    // Only what room the others leave: none that may be needed goes for one that brings nothing back.
    let names = damaged.filter { $0.value.isBeyondUse }.keys.compactMap(Self.file(of:))
      .filter { Self.isOwnName($0.string, Self.prefix, Self.suffix) }
    Self.removeDamaged(names, leaving: room, in: directory)
  }

  /// How many files may stay, beside others.
  struct Room {
    private(set) var count: Int
    /// How many bytes they may take in all.
    private(set) var byteCount: UInt64

    init(count: Int, byteCount: UInt64) { (self.count, self.byteCount) = (count, byteCount) }

    /// Takes the place of one file.
    mutating func take(_ byteCount: UInt64) {
      count -= min(1, count)
      self.byteCount -= min(byteCount, self.byteCount)
    }
  }

  /// Takes the oldest of damaged files away, as the file system keeps their time, unless a running process holds them.
  static func removeDamaged(
    _ names: [FilePath.Component], leaving room: Room, in directory: borrowing PrivateDirectory
  ) {
    var files: [(name: FilePath.Component, state: FileState)] = []
    for name in names {
      // What cannot be opened, or is no regular file, was never one of these.
      guard let file = try? directory.openForReading(name), let state = try? FileState(of: file),
        state.kind == .regular
      else { continue }
      files.append((name, state))
    }
    files.sort { left, right in
      let (old, new) = (right.state.modified, left.state.modified)
      return (old.seconds, old.nanoseconds, right.name.string)
        < (new.seconds, new.nanoseconds, left.name.string)
    }
    var room = room
    for file in files {
      if room.count > 0, file.state.byteCount <= room.byteCount {
        room.take(file.state.byteCount)
      } else if isIdle(file.name, in: directory) {
        try? directory.remove(file.name)
      }
    }
  }

  /// Takes a record away, unless a running process holds it.
  private func remove(_ entry: StoredRecord, in directory: borrowing PrivateDirectory) {
    guard let name = Self.file(of: entry.id), Self.isIdle(name, in: directory) else { return }
    try? directory.remove(name)
  }

  /// Whether no running process holds a file's lock; that is looked at by taking it for a moment.
  static func isIdle(
    _ name: FilePath.Component, in directory: borrowing PrivateDirectory
  ) -> Bool {
    do throws(SystemCallError) {
      let file = try directory.openForReading(name)
      try file.lockAgainstProbes()
      file.unlockForProbes()
      return true
    } catch { return false }
  }

  // MARK: Finding

  /// Every record, the newest first, and the names of those that cannot be read, with the reason.
  ///
  /// Where there is no directory there are none.
  public func records() throws(UndoError) -> (records: [StoredRecord], damaged: [String: RecordDamage]) {
    let directory: PrivateDirectory
    do throws(UndoError) { directory = try open() } catch {
      if case .directory(let cause, _) = error, cause.errno == .noSuchFileOrDirectory { return ([], [:]) }
      throw error
    }
    var found: [StoredRecord] = []
    var damaged: [String: RecordDamage] = [:]
    let names: [String]
    do throws(SystemCallError) { names = try directory.names() } catch {
      throw .directory(error, path: path.string)
    }
    for name in names where name.hasSuffix(Self.suffix) {
      let id = String(name.dropLast(Self.suffix.count))
      guard let component = FilePath.Component(name) else { continue }
      do throws(RecordDamage) {
        // One that cannot be opened, such as a link, must not hide the others.
        guard let file = try? directory.openForReading(component) else { throw .notARecord }
        found.append(try StoredRecord(reading: file, id: id))
      } catch { damaged[id] = error }
    }
    found.sort { ($1.record.number, $1.id) < ($0.record.number, $0.id) }
    return (found, damaged)
  }

  /// Opens a record to bring it back.
  public func open(_ record: StoredRecord) throws(UndoError) -> RecordFile {
    let directory = try open()
    guard let name = Self.file(of: record.id) else {
      throw .directory(SystemCallError(call: "openat", errno: .invalidArgument), path: path.string)
    }
    let file: OwnedDescriptor
    do throws(SystemCallError) { file = try directory.openForUpdating(name) } catch {
      throw .directory(error, path: path.string)
    }
    // Others must not take it away for want of room while it is brought back.
    do throws(SystemCallError) { try file.lockAsItsUser() } catch {
      throw error.errno == .wouldBlock
        ? .inUse(path: path.appending(name).string) : .directory(error, path: path.string)
    }
    return RecordFile(file, record, runs(endedBy: record))
  }

  /// What a record has saved of a range of its disk; nil where it has not, or where that cannot be read.
  ///
  /// Nothing is opened for writing, so that a process that writes to a disk can ask too.
  public func savedBytes(of record: UndoRecord, in range: Range<UInt64>) -> [UInt8]? {
    guard let piece = record.pieces.first(where: { $0.range.clamped(to: range) == range }) else { return nil }
    guard case .stored(let offset, _) = piece.content else {
      return [UInt8](repeating: 0, count: range.count)
    }
    let start = offset + (range.lowerBound - piece.range.lowerBound)
    guard let name = Self.file(of: record.id), let directory = try? open(),
      let bytes = try? directory.openForReading(name).bytes(in: start..<(start + UInt64(range.count)))
    else { return nil }
    return bytes.count == range.count ? bytes : nil
  }

  /// Opens the directory.
  func open() throws(UndoError) -> PrivateDirectory {
    let directory: PrivateDirectory
    do throws(SystemCallError) { directory = try PrivateDirectory(opening: path) } catch {
      throw UndoError(error, of: path)
    }
    guard directory.isPrivate else { throw .notPrivate(path: path.string) }
    return directory
  }

  /// The name of a record's file.
  static func file(of id: String) -> FilePath.Component? { FilePath.Component(id + suffix) }

  /// The characters of names: digits and small letters without those that look like others.
  private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")

  /// Whether a file is called as only burin calls its own.
  static func isOwnName(_ name: String, _ prefix: String, _ suffix: String) -> Bool {
    let part = name.dropFirst(prefix.count).dropLast(suffix.count)
    return name == prefix + part + suffix && part.count == 8 && part.allSatisfy(alphabet.contains)
  }

  /// A name that no other record has.
  static func newID(_ prefix: String) -> String {
    prefix + String((0..<8).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
  }
}

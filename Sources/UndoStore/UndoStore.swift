import BlockIO
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
  private static let temporaryPrefix = ".saving-"

  /// Names the directory; nothing is made or opened.
  public init(path: FilePath) { self.path = path }

  // MARK: Saving

  /// Saves what a write is about to destroy.
  ///
  /// - Parameter record: what is known, without a name and without pieces.
  /// - Returns: the record, and the journal that the write must keep from now on.
  public func save<Source: UndoSource & ~Copyable>(
    _ record: UndoRecord, _ wish: UndoWish, from source: borrowing Source,
    advance: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws(UndoError) -> (UndoRecord, UndoJournal) {
    do throws(SystemCallError) { try PrivateDirectory.make(path) } catch {
      throw .directory(error, path: path.string)
    }
    removeLeftovers(in: try open())
    var named = record
    named.id = Self.newID()
    // A save does not fail because of records that cannot be listed; they cannot be brought back either.
    named.number = 1 &+ ((try? records().records.map(\.record.number).max()) ?? 0)
    let sink = try sink(named.id)
    let saved = try UndoSaver.save(named, wish, from: source, into: sink, path: path.string, advance: advance)
    prune(keeping: saved.id)
    return (saved, UndoJournal(sink))
  }

  private func sink(_ id: String) throws(UndoError) -> FileSink {
    guard let temporary = FilePath.Component(Self.temporaryPrefix + id), let name = Self.file(of: id) else {
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

  /// Takes the oldest records away until the limits are kept, and those of writes that never began; one that
  /// a running write keeps stays.
  private func prune(keeping id: String) {
    guard let directory = try? open(), let entries = try? records().records else { return }
    var disks: [DiskFingerprint] = []
    var counts: [Int] = []
    var total: UInt64 = 0
    var kept = 0
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
        counts[index] > Self.perDisk || kept > Self.inAll || total > Self.byteLimit
          || entry.progress.stage == .saved, entry.id != id,
        let name = Self.file(of: entry.id), Self.isIdle(name, in: directory)
      else { continue }
      try? directory.remove(name)
    }
  }

  /// Whether no running process holds a file's lock.
  private static func isIdle(
    _ name: FilePath.Component, in directory: borrowing PrivateDirectory
  ) -> Bool {
    do throws(SystemCallError) {
      try directory.openForReading(name).lockAgainstProbes()
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
    do throws(SystemCallError) {
      return RecordFile(try directory.openForUpdating(name), record)
    } catch { throw .directory(error, path: path.string) }
  }

  private func open() throws(UndoError) -> PrivateDirectory {
    let directory: PrivateDirectory
    do throws(SystemCallError) { directory = try PrivateDirectory(opening: path) } catch {
      throw .directory(error, path: path.string)
    }
    guard directory.isPrivate else { throw .notPrivate(path: path.string) }
    return directory
  }

  private static func file(of id: String) -> FilePath.Component? { FilePath.Component(id + suffix) }

  /// A name that no other record has.
  private static func newID() -> String {
    let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
    return "undo-" + String((0..<8).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
  }
}

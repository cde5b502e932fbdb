public import BlockIO
import Glibc
import Synchronization
public import SystemPackage

/// A receipt that is being kept: its file has its name before anything is written to a disk, since a process that
/// writes can create and rename nothing (R47).
public final class ReceiptFile: Sendable {
  private let descriptor: OwnedDescriptor
  private let held = Mutex<[UInt8]>([])
  /// The path of the file.
  public let path: String

  /// How many receipts the state directory keeps.
  public static let mostKept = 200
  /// How many bytes the older ones of them may have in all.
  public static let mostKeptBytes: UInt64 = 64 << 20
  private static let prefix = "receipt-"
  private static let suffix = ".json"
  private static let temporaryPrefix = ".receipt-"
  private static let temporarySuffix = ".new"

  init(_ descriptor: consuming OwnedDescriptor, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  /// Creates a file that is not there yet, for this user alone (mode 0600).
  public static func create(at path: FilePath) throws(SystemCallError) -> ReceiptFile {
    guard let name = path.lastComponent, name.kind == .regular else {
      throw SystemCallError(call: "open", errno: .invalidArgument, path: path.string)
    }
    let folder = path.removingLastComponent()
    let directory = try PrivateDirectory(opening: folder.isEmpty ? "." : folder)
    let file = ReceiptFile(try directory.create(name), path.string)
    do throws(SystemCallError) { try directory.synchronize() } catch {
      file.discard()
      throw error
    }
    return file
  }

  /// Creates the next one in the state directory, and takes the oldest away where there are too many.
  ///
  /// It comes behind all others, whatever the clock says: one that was set back must not have the newest taken away.
  /// It has its name only with what it holds, so that a process that is killed leaves none that tells nothing.
  /// - Parameters:
  ///   - time: in seconds since 1970-01-01 UTC.
  ///   - text: what it holds at first.
  public static func create(
    inState path: FilePath, time: Int64, holding text: String
  ) throws(SystemCallError) -> ReceiptFile {
    try PrivateDirectory.make(path)
    let directory = try PrivateDirectory(opening: path)
    guard directory.isPrivate else {
      throw SystemCallError(call: "openat", errno: .notPermitted, path: path.string)
    }
    let all = try directory.names()
    let old = names(among: all)
    let name = Self.name(at: time, behind: old.last)
    remove(tooMany(of: old, in: path) + leftOver(among: all), in: directory)
    guard let component = FilePath.Component(name),
      let temporary = FilePath.Component("\(temporaryPrefix)\(getpid())\(temporarySuffix)")
    else {
      throw SystemCallError(call: "openat", errno: .invalidArgument, path: path.string)
    }
    let file = ReceiptFile(try directory.create(temporary), path.appending(component).string)
    do throws(SystemCallError) {
      try file.store(text)
      try directory.rename(temporary, to: component)
      // The name is on the disk only with its folder.
      try directory.synchronize()
    } catch {
      try? directory.remove(temporary)
      try? directory.remove(component)
      throw error
    }
    return file
  }

  /// The paths of those that are in the state directory, the newest first; none where there is no directory.
  public static func paths(inState path: FilePath) throws(SystemCallError) -> [FilePath] {
    do throws(SystemCallError) {
      return names(among: try PrivateDirectory(opening: path).names()).reversed().map { path.appending($0) }
    } catch {
      if error.errno == .noSuchFileOrDirectory { return [] }
      throw error
    }
  }

  /// Those names that a receipt of the state directory has, the oldest first.
  private static func names(among names: [String]) -> [String] {
    names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
      .map { (stamp(of: $0), $0) }.sorted { $0 < $1 }.map(\.1)
  }

  /// Those names under which a process that was killed, or had this one's number, has left what never got its own.
  private static func leftOver(among names: [String]) -> [String] {
    names.filter { name in
      guard name.hasPrefix(temporaryPrefix), name.hasSuffix(temporarySuffix) else { return false }
      let process = String(name.dropFirst(temporaryPrefix.count).dropLast(temporarySuffix.count))
      // One that runs may be about to rename its own.
      return process == String(getpid()) || (try? FileState(at: FilePath("/proc/\(process)"))) == nil
    }
  }

  /// The number in the name of a receipt; 0 where it has none that the next one could follow.
  private static func stamp(of name: String) -> UInt64 {
    let stamp = UInt64(name.dropFirst(prefix.count).prefix { $0 != "-" }) ?? 0
    return stamp < 1 << 48 ? stamp : 0
  }

  /// A name for a receipt of a time that comes behind another one.
  private static func name(at time: Int64, behind last: String?) -> String {
    let digits = String(max(UInt64(max(0, time)), last.map { stamp(of: $0) + 1 } ?? 0))
    return prefix + String(repeating: "0", count: max(0, 12 - digits.count)) + digits + "-"
      + String(UInt32.random(in: 0 ... .max), radix: 16) + suffix
  }

  /// Those of them that make room for one more.
  private static func tooMany(of names: [String], in path: FilePath) -> [String] {
    var total: UInt64 = 0
    let kept = names.reversed().prefix(mostKept - 1).prefix { name in
      total += min((try? FileState(at: path.appending(name)))?.byteCount ?? 0, mostKeptBytes + 1)
      return total <= mostKeptBytes
    }
    return Array(names.dropLast(kept.count))
  }

  private static func remove(_ names: [String], in directory: borrowing PrivateDirectory) {
    for component in names.compactMap(FilePath.Component.init(_:)) { try? directory.remove(component) }
  }

  /// Takes the file away again, of which nothing came.
  public func discard() {
    let path = FilePath(path)
    let folder = path.removingLastComponent()
    guard let name = path.lastComponent,
      let directory = try? PrivateDirectory(opening: folder.isEmpty ? "." : folder)
    else { return }
    try? directory.remove(name)
  }

  /// Writes text in place of what the file holds, durably; spaces stand where that was longer.
  ///
  /// Where the file has no room for it, it goes on saying what it said: it grows by spaces first, which change nothing
  /// of what JSON says (RFC 8259 section 2), and only what has its place is written over. A new file that is renamed
  /// would need a name, which a process that writes cannot give (R47).
  public func store(_ text: String) throws(SystemCallError) {
    let before = held.withLock { $0 }
    let new = Array(text.utf8) + [0x0A]
    let count = max(before.count, new.count)
    let padded = { (bytes: [UInt8]) -> [UInt8] in bytes + repeatElement(0x20, count: count - bytes.count) }
    if count > before.count {
      try write(Array(repeating: 0x20, count: count - before.count), at: UInt64(before.count))
      try descriptor.synchronize()
    }
    let after = padded(new)
    do throws(SystemCallError) {
      try write(after, at: 0)
      try descriptor.synchronize()
    } catch {
      // A file system that never writes in place (btrfs) may lack room even then.
      try? write(padded(before), at: 0)
      try? descriptor.synchronize()
      throw error
    }
    held.withLock { $0 = after }
  }

  private func write(_ bytes: [UInt8], at offset: UInt64) throws(SystemCallError) {
    var buffer = AlignedBuffer(byteCount: 1 << 20)
    for start in stride(from: 0, to: bytes.count, by: buffer.byteCount) {
      let part = Array(bytes[start..<min(start + buffer.byteCount, bytes.count)])
      buffer.copy(from: part.span, at: 0)
      try descriptor.write(buffer, range: 0..<part.count, at: offset + UInt64(start))
    }
  }
}

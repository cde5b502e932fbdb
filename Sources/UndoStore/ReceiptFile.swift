public import BlockIO
import Synchronization
public import SystemPackage

/// A receipt that is being kept: its file has its name before anything is written to a disk, since a process that
/// writes can create and rename nothing (R47).
public final class ReceiptFile: Sendable {
  private let descriptor: OwnedDescriptor
  private let length = Mutex(0)
  /// The path of the file.
  public let path: String

  /// How many receipts the state directory keeps.
  public static let mostKept = 200
  /// How many bytes the older ones of them may have in all.
  public static let mostKeptBytes: UInt64 = 64 << 20
  private static let prefix = "receipt-"
  private static let suffix = ".json"

  private init(_ descriptor: consuming OwnedDescriptor, _ path: String) {
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
    let descriptor = try directory.create(name)
    try directory.synchronize()
    return ReceiptFile(descriptor, path.string)
  }

  /// Creates the next one in the state directory, and takes the oldest away where there are too many.
  ///
  /// It comes behind all others, whatever the clock says: one that was set back must not have the newest taken away.
  /// - Parameter time: in seconds since 1970-01-01 UTC.
  public static func create(inState path: FilePath, time: Int64) throws(SystemCallError) -> ReceiptFile {
    try PrivateDirectory.make(path)
    let directory = try PrivateDirectory(opening: path)
    guard directory.isPrivate else {
      throw SystemCallError(call: "openat", errno: .notPermitted, path: path.string)
    }
    let old = names(among: try directory.names())
    let name = Self.name(at: time, behind: old.last)
    remove(tooMany(of: old, in: path), in: directory)
    guard let component = FilePath.Component(name) else {
      throw SystemCallError(call: "openat", errno: .invalidArgument, path: path.string)
    }
    let descriptor = try directory.create(component)
    try directory.synchronize()
    return ReceiptFile(descriptor, path.appending(component).string)
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
      .sorted { (stamp(of: $0), $0) < (stamp(of: $1), $1) }
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
  public func store(_ text: String) throws(SystemCallError) {
    var bytes = Array(text.utf8) + [0x0A]
    let before = length.withLock { length in
      defer { length = max(length, bytes.count) }
      return length
    }
    bytes += repeatElement(0x20, count: max(0, before - bytes.count))
    var buffer = AlignedBuffer(byteCount: 1 << 20)
    for start in stride(from: 0, to: bytes.count, by: buffer.byteCount) {
      let part = Array(bytes[start..<min(start + buffer.byteCount, bytes.count)])
      buffer.copy(from: part.span, at: 0)
      try descriptor.write(buffer, range: 0..<part.count, at: UInt64(start))
    }
    try descriptor.synchronize()
  }
}

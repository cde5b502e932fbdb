import CLinuxBlock
import Glibc
import Synchronization
public import SystemPackage

/// A regular file that grows under a temporary name, and gets its own only when it is whole.
///
/// It is gone with this value if it was not given its name.
public final class GrowingFile: Sendable {
  private let folder: OwnedDescriptor
  private let file: OwnedDescriptor
  private let name: String
  private let temporary: String
  private let isNamed = Atomic<Bool>(false)
  private let unsettled = Atomic<UInt64>(0)
  /// The path that it will have.
  public let path: FilePath

  /// How much may wait in the page cache, in bytes: errors show early, and others keep their memory.
  private static let unsettledLimit: UInt64 = 64 << 20

  /// Creates the file, for this user alone (mode 0600), in the folder of its path, which must be there.
  /// - Throws: ``SystemCallError``; `EINVAL` for a path without a name.
  public init(for path: FilePath) throws(SystemCallError) {
    guard let last = path.lastComponent, last.kind == .regular else {
      throw SystemCallError(call: "open", errno: .invalidArgument, path: path.string)
    }
    let folderPath = path.removingLastComponent()
    let folder = try OwnedDescriptor(opening: folderPath.isEmpty ? "." : folderPath, [.directory])
    let temporary = ".burin-\(getpid()).new"
    // One that a process of the same number left when it was killed.
    _ = unsafe unlinkat(folder.rawValue, temporary, 0)
    // O_EXCL: neither somebody's file nor a link under this name is written through.
    let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = unsafe openat(folder.rawValue, temporary, flags, 0o600)
    guard descriptor >= 0 else {
      throw SystemCallError(call: "open", errno: Errno(rawValue: Glibc.errno), path: path.string)
    }
    file = OwnedDescriptor(adopting: descriptor)
    self.folder = folder
    self.temporary = temporary
    self.path = path
    name = last.string
  }

  deinit {
    guard !isNamed.load(ordering: .relaxed) else { return }
    _ = unsafe unlinkat(folder.rawValue, temporary, 0)
  }

  /// A path that leads to the file, whatever its name is.
  public var openPath: String { "/proc/self/fd/\(file.rawValue)" }

  /// Writes a range of a buffer at an offset in bytes.
  public func write(
    _ buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64
  ) throws(SystemCallError) {
    try file.write(buffer, range: range, at: offset)
    let waiting = unsettled.add(UInt64(range.count), ordering: .relaxed).newValue
    if waiting >= Self.unsettledLimit { try settle() }
  }

  /// Gives the file its length in bytes; what was not written below it is a hole.
  ///
  /// The corresponding C function is `ftruncate`.
  public func setLength(_ byteCount: UInt64) throws(SystemCallError) {
    guard ftruncate(file.rawValue, off_t(byteCount)) == 0 else {
      throw SystemCallError(call: "ftruncate", errno: Errno(rawValue: Glibc.errno), path: path.string)
    }
  }

  /// Waits until all that was written is on the disk, and gives the page cache back.
  public func settle() throws(SystemCallError) {
    unsettled.store(0, ordering: .relaxed)
    try file.synchronize()
    file.dropCached(0..<UInt64(off_t.max))
  }

  /// The length in bytes, and how many the file system keeps for it.
  public func size() throws(SystemCallError) -> (byteCount: UInt64, storedByteCount: UInt64) {
    var state = stat()
    guard unsafe fstat(file.rawValue, &state) == 0 else {
      throw SystemCallError(call: "fstat", errno: Errno(rawValue: Glibc.errno), path: path.string)
    }
    return (UInt64(state.st_size), UInt64(state.st_blocks) * 512)
  }

  /// Gives the file its name, durably.
  /// - Parameter replacing: whether a file that has the name already may be replaced.
  /// - Throws: ``SystemCallError``; `EEXIST` for a file that may not.
  public func publish(replacing: Bool) throws(SystemCallError) {
    try settle()
    let status =
      if replacing {
        unsafe renameat(folder.rawValue, temporary, folder.rawValue, name) == 0 ? 0 : -Glibc.errno
      } else {
        unsafe clb_rename_new(folder.rawValue, temporary, name)
      }
    try SystemCallError.check(status, "rename", path: path.string)
    isNamed.store(true, ordering: .relaxed)
    // The name is on the disk only with its folder.
    try folder.synchronize()
  }
}

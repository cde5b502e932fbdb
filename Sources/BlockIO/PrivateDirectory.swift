import Glibc
public import SystemPackage

/// A directory for files of this program, held open: the only place where burin creates files.
///
/// Everything in it is named relative to its descriptor, so that a path that somebody changes meanwhile leads
/// nowhere else.
public struct PrivateDirectory: ~Copyable, Sendable {
  private let descriptor: OwnedDescriptor
  /// The path that it was opened by.
  public let path: FilePath
  /// Whether it belongs to the user of this process and nobody else may write to it.
  public let isPrivate: Bool

  /// Opens an existing directory; a symbolic link in the last place is refused.
  ///
  /// The corresponding C function is `open` with `O_DIRECTORY`.
  public init(opening path: FilePath) throws(SystemCallError) {
    let descriptor = try OwnedDescriptor(opening: path, [.directory, .noFollow])
    var state = stat()
    guard unsafe fstat(descriptor.rawValue, &state) == 0 else {
      throw SystemCallError(call: "fstat", errno: Errno(rawValue: Glibc.errno), path: path.string)
    }
    isPrivate = state.st_uid == geteuid() && state.st_mode & 0o022 == 0
    self.descriptor = descriptor
    self.path = path
  }

  /// Makes a directory and those above it where they are missing, for this user alone (mode 0700).
  ///
  /// The corresponding C function is `mkdir`.
  public static func make(_ path: FilePath) throws(SystemCallError) {
    var prefix = FilePath(root: path.root, [])
    for component in path.components {
      prefix.append(component)
      let status = unsafe prefix.withPlatformString { unsafe mkdir($0, 0o700) }
      let code = status == 0 ? 0 : Glibc.errno
      // What is there is judged when it is opened; a parent on a read-only file system may well be there.
      guard code == 0 || code == EEXIST || (code == EROFS && Self.exists(prefix)) else {
        throw SystemCallError(call: "mkdir", errno: Errno(rawValue: code), path: prefix.string)
      }
    }
  }

  private static func exists(_ path: FilePath) -> Bool { (try? FileState(at: path)) != nil }

  /// The names in it, sorted.
  public func names() throws(SystemCallError) -> [String] {
    try SmallFile.names(in: FilePath("/proc/self/fd/\(descriptor.rawValue)"))
  }

  /// Creates a file that nobody else may read (mode 0600) and opens it for reading and writing.
  ///
  /// The corresponding C function is `openat`.
  /// - Throws: `EEXIST` where the name is taken, by a symbolic link too.
  public func create(_ name: FilePath.Component) throws(SystemCallError) -> OwnedDescriptor {
    try open(name, flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW)
  }

  /// Opens a file for reading; a FIFO does not block and a symbolic link is refused.
  public func openForReading(_ name: FilePath.Component) throws(SystemCallError) -> OwnedDescriptor {
    try open(name, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  }

  /// Opens a file that is there for reading and writing; a FIFO does not block and a symbolic link is refused.
  public func openForUpdating(_ name: FilePath.Component) throws(SystemCallError) -> OwnedDescriptor {
    try open(name, flags: O_RDWR | O_NOFOLLOW | O_NONBLOCK)
  }

  private func open(_ name: FilePath.Component, flags: CInt) throws(SystemCallError) -> OwnedDescriptor {
    var opened: CInt
    repeat {
      opened = unsafe name.withPlatformString {
        unsafe Glibc.openat(descriptor.rawValue, $0, flags | O_CLOEXEC | O_NOCTTY, 0o600)
      }
    } while opened < 0 && Glibc.errno == EINTR
    guard opened >= 0 else { throw failure("openat", name) }
    return OwnedDescriptor(adopting: opened)
  }

  /// Gives a file another name, in place of whatever has it.
  ///
  /// The corresponding C function is `renameat`.
  public func rename(_ old: FilePath.Component, to new: FilePath.Component) throws(SystemCallError) {
    let status = unsafe old.withPlatformString { old in
      unsafe new.withPlatformString { new in
        unsafe renameat(descriptor.rawValue, old, descriptor.rawValue, new)
      }
    }
    guard status == 0 else { throw failure("renameat", old) }
  }

  /// Takes a file's name away; that it has none already is no error.
  ///
  /// The corresponding C function is `unlinkat`.
  public func remove(_ name: FilePath.Component) throws(SystemCallError) {
    let status = unsafe name.withPlatformString { unsafe unlinkat(descriptor.rawValue, $0, 0) }
    guard status == 0 || Glibc.errno == ENOENT else { throw failure("unlinkat", name) }
  }

  /// Waits until the names are on the medium.
  ///
  /// The corresponding C name is `fsync`.
  public func synchronize() throws(SystemCallError) { try descriptor.synchronize() }

  private func failure(_ call: String, _ name: FilePath.Component) -> SystemCallError {
    SystemCallError(
      call: call, errno: Errno(rawValue: Glibc.errno), path: path.appending(name).string)
  }
}

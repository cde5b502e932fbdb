import CLinuxBlock
import Glibc
public import SystemPackage

/// What an open file is, and what shows that it has changed since.
public struct FileState: Hashable, Sendable {
  /// The kinds of file that burin tells apart.
  public enum Kind: Hashable, Sendable {
    /// A regular file.
    case regular
    /// A block device, with the number of the device behind the node.
    case blockDevice(DeviceNumber)
    /// A character device.
    case characterDevice
    /// A directory.
    case directory
    /// A FIFO or pipe.
    case fifo
    /// A socket.
    case socket
    /// Anything else, symbolic links opened by path included.
    case other
  }

  /// A moment in seconds and nanoseconds since 1970, as the file system keeps it.
  public struct Timestamp: Hashable, Sendable {
    /// Seconds since 1970-01-01 UTC.
    public let seconds: Int64
    /// Nanoseconds within the second, 0 to 999 999 999.
    public let nanoseconds: UInt32
  }

  /// What kind of file it is.
  public let kind: Kind
  /// The file system it lives on, for a device node the one of the node.
  public let fileSystem: DeviceNumber
  /// Its number in that file system.
  public let inode: UInt64
  /// Its length in bytes; 0 for devices, FIFOs and most of `/proc`.
  public let byteCount: UInt64
  /// The user that it belongs to.
  public let owner: UInt32
  /// Whether its mode lets anybody else write to it.
  public let isWritableByOthers: Bool
  /// When its content was last changed.
  public let modified: Timestamp
  /// When its content or its metadata was last changed.
  public let changed: Timestamp

  /// Asks the kernel about an open file.
  ///
  /// The corresponding C function is `fstat`.
  public init(of descriptor: borrowing OwnedDescriptor, path: String? = nil) throws(SystemCallError) {
    var state = clb_file_state()
    try SystemCallError.check(unsafe clb_file_state(descriptor.rawValue, &state), "fstat", path: path)
    self.init(state)
  }

  /// Asks the kernel about what a path leads to, without opening it.
  ///
  /// The corresponding C function is `stat`.
  public init(at path: FilePath) throws(SystemCallError) {
    var state = clb_file_state()
    let status = unsafe path.withPlatformString { unsafe clb_path_state($0, &state) }
    try SystemCallError.check(status, "stat", path: path.string)
    self.init(state)
  }

  /// Asks the kernel about what a path itself names, a symbolic link too, without opening it.
  ///
  /// The corresponding C function is `lstat`.
  public init(ofLink path: FilePath) throws(SystemCallError) {
    var state = clb_file_state()
    let status = unsafe path.withPlatformString { unsafe clb_link_state($0, &state) }
    try SystemCallError.check(status, "lstat", path: path.string)
    self.init(state)
  }

  /// Asks about what a path leads to, as far as the kernel knows it without asking a server.
  ///
  /// Its times are not known and its length may be old. The corresponding C function is `statx`.
  public init(cachedAt path: FilePath) throws(SystemCallError) {
    var state = clb_file_state()
    let status = unsafe path.withPlatformString { unsafe clb_path_state_cached($0, &state) }
    try SystemCallError.check(status, "statx", path: path.string)
    self.init(state)
  }

  private init(_ state: clb_file_state) {
    kind =
      switch state.mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFBLK: .blockDevice(DeviceNumber(deviceID: state.node_device))
      case S_IFCHR: .characterDevice
      case S_IFDIR: .directory
      case S_IFIFO: .fifo
      case S_IFSOCK: .socket
      default: .other
      }
    fileSystem = DeviceNumber(deviceID: state.device)
    inode = state.inode
    byteCount = state.size
    owner = state.owner
    isWritableByOthers = state.mode & 0o022 != 0
    modified = Timestamp(seconds: state.modified_seconds, nanoseconds: state.modified_nanoseconds)
    changed = Timestamp(seconds: state.changed_seconds, nanoseconds: state.changed_nanoseconds)
  }
}

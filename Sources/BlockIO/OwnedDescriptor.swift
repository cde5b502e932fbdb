import CLinuxBlock
import Glibc
public import SystemPackage

/// A file descriptor with one owner; it is closed when its owner goes.
///
/// It is `~Copyable`, so that nobody keeps a number whose file has been closed and reused.
public struct OwnedDescriptor: ~Copyable, Sendable {
  /// What a descriptor is opened for.
  public struct Options: OptionSet, Sendable {
    /// The bits as burin counts them, not the kernel's.
    public let rawValue: UInt8
    /// Creates a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Write as well as read.
    public static let write = Options(rawValue: 1 << 0)
    /// Claim a block device for this descriptor alone (`O_EXCL`).
    public static let exclusive = Options(rawValue: 1 << 1)
    /// Go past the page cache (`O_DIRECT`).
    public static let direct = Options(rawValue: 1 << 2)
    /// Fail on a symbolic link in the last component (`O_NOFOLLOW`).
    public static let noFollow = Options(rawValue: 1 << 3)
    /// Return at once, also for a FIFO without a writer or a drive without a medium (`O_NONBLOCK`).
    public static let nonBlocking = Options(rawValue: 1 << 4)
    /// Only name the file, neither read nor write it (`O_PATH`).
    public static let pathOnly = Options(rawValue: 1 << 5)
    /// Accept directories only (`O_DIRECTORY`).
    public static let directory = Options(rawValue: 1 << 6)
  }

  /// The kernel's number, valid as long as this value lives.
  public let rawValue: CInt

  /// Takes over a descriptor that the caller owned until now.
  public init(adopting rawValue: CInt) { self.rawValue = rawValue }

  /// Opens an existing file; never creates one, always `O_CLOEXEC|O_NOCTTY` (R32).
  ///
  /// The corresponding C function is `open`.
  /// - Throws: ``SystemCallError`` with the path.
  public init(opening path: FilePath, _ options: Options = []) throws(SystemCallError) {
    var flags = O_CLOEXEC | O_NOCTTY | (options.contains(.write) ? O_RDWR : O_RDONLY)
    if options.contains(.exclusive) { flags |= O_EXCL }
    if options.contains(.direct) { flags |= clb_O_DIRECT }
    if options.contains(.noFollow) { flags |= O_NOFOLLOW }
    if options.contains(.nonBlocking) { flags |= O_NONBLOCK }
    if options.contains(.pathOnly) { flags |= clb_O_PATH }
    if options.contains(.directory) { flags |= O_DIRECTORY }
    var opened: CInt
    repeat {
      opened = unsafe path.withPlatformString { unsafe Glibc.open($0, flags) }
    } while opened < 0 && Glibc.errno == EINTR
    guard opened >= 0 else {
      throw SystemCallError(call: "open", errno: Errno(rawValue: Glibc.errno), path: path.string)
    }
    rawValue = opened
  }

  deinit { _ = Glibc.close(rawValue) }
}

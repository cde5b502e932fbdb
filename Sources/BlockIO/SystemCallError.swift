import Glibc
public import SystemPackage

/// A system call that failed, with what it was done to.
public struct SystemCallError: Error, Hashable, Sendable {
  /// The name of the call as its manual page has it, such as `open` or `ioctl BLKGETSIZE64`.
  public let call: String
  /// What the kernel answered.
  public let errno: Errno
  /// The path that was opened, where one is known.
  public let path: String?

  /// Creates an error from the call, the kernel's answer and the path concerned.
  public init(call: String, errno: Errno, path: String? = nil) {
    self.call = call
    self.errno = errno
    self.path = path
  }

  /// Turns the return value of a `clb_` function, 0 or a negative errno, into an error.
  package static func check(_ status: CInt, _ call: String, path: String? = nil) throws(SystemCallError) {
    guard status < 0 else { return }
    throw SystemCallError(call: call, errno: Errno(rawValue: -status), path: path)
  }
}

extension SystemCallError {
  /// Whether a place on the medium is the trouble, and not the device as a whole.
  ///
  /// What the kernel makes of an I/O error, a medium error, a failed target, a failed protection check, a
  /// timeout and a transport that failed for once (block/blk-core.c, `blk_errors`), and another medium (``OwnedDescriptor/requireMedium(_:)``).
  public var isMediumTrouble: Bool {
    isOtherMedium || [EIO, ENODATA, EREMOTEIO, EILSEQ, ETIMEDOUT, ENOLINK].contains(errno.rawValue)
  }

  /// Whether no request was made, because another medium is in the drive, or the drive is gone
  /// (``OwnedDescriptor/requireMedium(_:)``).
  public var isOtherMedium: Bool { errno.rawValue == EMEDIUMTYPE }
}

import CLinuxBlock
import Glibc
public import SystemPackage

/// An attribute of sysfs that is open, so that it can be set when nothing can be opened any more.
///
/// It writes nowhere else: what is not a file of sysfs is not opened. Writing to a disk through one is not possible.
public struct SysfsSwitch: ~Copyable, Sendable {
  private let descriptor: OwnedDescriptor
  private let path: FilePath

  /// Opens an attribute for writing; no link is followed in its last component.
  /// - Throws: ``SystemCallError``; `EINVAL` for what is no file of sysfs.
  public init(opening path: FilePath) throws(SystemCallError) {
    let flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    let opened = unsafe path.withPlatformString { unsafe Glibc.open($0, flags) }
    guard opened >= 0 else {
      throw SystemCallError(call: "open", errno: Errno(rawValue: Glibc.errno), path: path.string)
    }
    let descriptor = OwnedDescriptor(adopting: opened)
    var isSysfs = false
    try SystemCallError.check(
      unsafe clb_is_sysfs(descriptor.rawValue, &isSysfs), "fstatfs", path: path.string)
    guard isSysfs else { throw SystemCallError(call: "open", errno: .invalidArgument, path: path.string) }
    self.descriptor = descriptor
    self.path = path
  }

  /// Writes `1`.
  public func set() throws(SystemCallError) {
    var digit = UInt8(ascii: "1")
    var count: Int
    repeat {
      count = unsafe Glibc.write(descriptor.rawValue, &digit, 1)
    } while count < 0 && Glibc.errno == EINTR
    guard count == 1 else {
      throw SystemCallError(call: "write", errno: Errno(rawValue: Glibc.errno), path: path.string)
    }
  }
}

import CLinuxBlock
import Glibc
import SystemPackage

/// A descriptor that somebody else has opened, and what of its opening the kernel shows.
extension OwnedDescriptor {
  /// What a broker passes to `open` besides the access mode: as exclusive and as direct as an opening of our own.
  public static let brokeredFlags: Int32 = O_EXCL | clb_O_DIRECT | O_CLOEXEC

  /// Whether it is open for reading and writing, past the page cache, and closed in programs that are started.
  ///
  /// `O_EXCL` is not among it: the kernel forgets that flag once it has done what it asks for.
  public func isDirectAndPrivate() throws(SystemCallError) -> Bool {
    let status = fcntl(rawValue, F_GETFL)
    let own = fcntl(rawValue, F_GETFD)
    guard status >= 0, own >= 0 else {
      throw SystemCallError(call: "fcntl", errno: Errno(rawValue: Glibc.errno))
    }
    return status & O_ACCMODE == O_RDWR && status & clb_O_DIRECT != 0 && own & FD_CLOEXEC != 0
  }
}

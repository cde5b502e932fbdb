import CLinuxBlock
import Glibc
import SystemPackage

/// What readers need that know nothing of alignment, on a descriptor that is open past the page cache.
extension OwnedDescriptor {
  /// Another descriptor of the same opening: its flags, locks and exclusive claim last until both are closed.
  ///
  /// The corresponding C name is `F_DUPFD_CLOEXEC`.
  public func duplicate() throws(SystemCallError) -> OwnedDescriptor {
    let other = fcntl(rawValue, F_DUPFD_CLOEXEC, 0)
    guard other >= 0 else {
      throw SystemCallError(call: "fcntl F_DUPFD_CLOEXEC", errno: Errno(rawValue: Glibc.errno))
    }
    return OwnedDescriptor(adopting: other)
  }

  /// Lets a reader read through the page cache, of which nothing is left before and after.
  ///
  /// The switch is one of the opening: nobody else may use it meanwhile.
  /// - Parameters:
  ///   - byteCount: the length of the disk or the file, in bytes.
  ///   - read: what reads in any way it likes.
  /// - Throws: ``SystemCallError`` where `O_DIRECT` could not be switched; then nothing may be proven by it (R41).
  public func readingThroughCache<Result>(
    byteCount: UInt64, _ read: (borrowing OwnedDescriptor) -> Result
  ) throws(SystemCallError) -> Result {
    // What others have left there may be older than the medium.
    dropCached(0..<byteCount)
    try setDirect(false)
    let result = read(self)
    try setDirect(true)
    dropCached(0..<byteCount)
    return result
  }

  /// Switches `O_DIRECT`, and makes sure that it is as it shall be.
  private func setDirect(_ isDirect: Bool) throws(SystemCallError) {
    let flags = try statusFlags()
    let wanted = isDirect ? flags | clb_O_DIRECT : flags & ~clb_O_DIRECT
    guard fcntl(rawValue, F_SETFL, wanted) == 0 else {
      throw SystemCallError(call: "fcntl F_SETFL", errno: Errno(rawValue: Glibc.errno))
    }
    // The kernel leaves out flags that it does not want to set, without a word.
    guard try statusFlags() & clb_O_DIRECT == wanted & clb_O_DIRECT else {
      throw SystemCallError(call: "fcntl F_SETFL", errno: .notSupported)
    }
  }

  private func statusFlags() throws(SystemCallError) -> CInt {
    let flags = fcntl(rawValue, F_GETFL)
    guard flags >= 0 else {
      throw SystemCallError(call: "fcntl F_GETFL", errno: Errno(rawValue: Glibc.errno))
    }
    return flags
  }
}

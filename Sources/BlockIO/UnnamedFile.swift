import CLinuxBlock
import Glibc
import SystemPackage

extension OwnedDescriptor {
  /// Makes a file in memory that has no name, with this content.
  ///
  /// The corresponding C functions are `memfd_create` and `pwrite`.
  public static func unnamedFile(keeping bytes: [UInt8]) throws(SystemCallError) -> OwnedDescriptor {
    var number: CInt = -1
    try SystemCallError.check(unsafe clb_unnamed_file(&number), "memfd_create")
    let file = OwnedDescriptor(adopting: number)
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { content in
        guard let base = content.baseAddress else { return 0 }
        // Safe: `done` is less than the count.
        return unsafe pwrite(file.rawValue, base + done, content.count - done, off_t(done))
      }
      if count < 0, Glibc.errno == EINTR { continue }
      guard count > 0 else { throw SystemCallError(call: "pwrite", errno: Errno(rawValue: Glibc.errno)) }
      done += count
    }
    return file
  }
}

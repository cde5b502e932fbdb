import CLinuxBlock
import Glibc
import SystemPackage

extension OwnedDescriptor {
  /// Makes an empty file that has no name and lives in memory.
  ///
  /// The corresponding C function is `memfd_create`.
  public static func memoryFile() throws(SystemCallError) -> OwnedDescriptor {
    var number: CInt = -1
    try SystemCallError.check(unsafe clb_memory_file(&number), "memfd_create")
    return OwnedDescriptor(adopting: number)
  }

  /// Makes a file that has no name and lives in memory, for another program to read.
  ///
  /// The corresponding C functions are `memfd_create` and `pwrite`.
  public static func memoryFile(holding bytes: [UInt8]) throws(SystemCallError) -> OwnedDescriptor {
    let file = try memoryFile()
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

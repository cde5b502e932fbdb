import CLinuxBlock
public import SystemPackage

/// Asks a mounted btrfs for its name; mountinfo shows only one of its members, and a made-up device number.
public enum BtrfsIdentity {
  /// The UUID, in the form of `/sys/fs/btrfs`, of the btrfs that a file lies on; nil if it lies on none.
  ///
  /// The corresponding C name is `BTRFS_IOC_FS_INFO`.
  public static func uuid(of path: FilePath) -> String? {
    var uuid = [UInt8](repeating: 0, count: 16)
    do throws(SystemCallError) {
      let file = try OwnedDescriptor(opening: path, [.nonBlocking])
      let status = unsafe uuid.withUnsafeMutableBufferPointer { memory in
        unsafe clb_btrfs_uuid(file.rawValue, memory.baseAddress)
      }
      try SystemCallError.check(status, "ioctl BTRFS_IOC_FS_INFO")
    } catch { return nil }
    var text = uuid.hexadecimal
    for offset in [20, 16, 12, 8] { text.insert("-", at: text.index(text.startIndex, offsetBy: offset)) }
    return text
  }
}

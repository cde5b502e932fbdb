import CLinuxBlock
import Glibc
import SystemPackage

extension OwnedDescriptor {
  /// Makes sure, after a request has met the end of a device before its end, that the device is still there.
  ///
  /// The kernel takes all bytes of a disk away before it fails requests for it (`set_capacity(disk, 0)` in
  /// `__del_gendisk`, block/genhd.c): one in between is answered as if the disk were shorter than it is.
  /// - Parameter call: the request.
  /// - Throws: ``SystemCallError`` with `ENODEV` where the device has no bytes any more.
  public func requirePresent(after call: String) throws(SystemCallError) {
    var bytes: UInt64 = 0
    let status = unsafe clb_size_bytes(rawValue, &bytes)
    // A regular file is no device.
    guard status != -ENOTTY else { return }
    try SystemCallError.check(status, "ioctl BLKGETSIZE64")
    guard bytes > 0 else { throw SystemCallError(call: call, errno: Errno(rawValue: ENODEV)) }
  }

  /// Makes sure that the medium in the drive is still the one that was opened (R29).
  ///
  /// Requests go to whatever card is in the reader once somebody has opened the node and the kernel has seen the new
  /// one: only a request that comes before that fails.
  /// - Parameter sequence: the diskseq of the medium; nil where the kernel tells none (before Linux 5.15, or of a file).
  /// - Throws: ``SystemCallError`` with `EMEDIUMTYPE` where it is another one.
  public func requireMedium(_ sequence: UInt64?) throws(SystemCallError) {
    guard let sequence else { return }
    let call = "ioctl BLKGETDISKSEQ"
    var found: UInt64 = 0
    try SystemCallError.check(unsafe clb_disk_sequence(rawValue, &found), call)
    guard found == sequence else { throw SystemCallError(call: call, errno: Errno(rawValue: EMEDIUMTYPE)) }
  }
}

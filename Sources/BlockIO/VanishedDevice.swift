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

  /// Finds out whether a request failed because the medium is gone, or the device.
  ///
  /// For a card that was pulled the kernel answers `EIO`, as for a bad sector, and after that as if the disk had no bytes.
  /// It looks into the drive only when somebody opens the node (`sd_open`, drivers/scsi/sd.c), and from then on requests go
  /// to whatever is in it: this is for the end of a run that writes, with no other request under way.
  /// - Returns: the same error, with the kernel's answer to that opening (`ENOMEDIUM`, `ENXIO`, `ENODEV`) where it says so.
  public func cause(of failure: SystemCallError) -> SystemCallError {
    guard [EIO, ENODEV, EMEDIUMTYPE].contains(failure.errno.rawValue) else { return failure }
    do throws(SystemCallError) {
      _ = try OwnedDescriptor(opening: FilePath("/proc/self/fd/\(rawValue)"))
      return failure
    } catch {
      let isGone = error.errno.rawValue == ENOMEDIUM
      // That the device is gone is known of `ENODEV` already.
      let isUnplugged = failure.errno.rawValue != ENODEV && [ENXIO, ENODEV].contains(error.errno.rawValue)
      guard isGone || isUnplugged else { return failure }
      return SystemCallError(call: failure.call, errno: error.errno, path: failure.path)
    }
  }

  /// The same for a descriptor that is only read, and may ask at once: another medium is noticed as well.
  /// - Parameter sequence: the diskseq of the medium; nil where the kernel tells none.
  public func readingCause(of failure: SystemCallError, _ sequence: UInt64?) -> SystemCallError {
    let cause = cause(of: failure)
    guard cause == failure else { return cause }
    do throws(SystemCallError) { try requireMedium(sequence) } catch { return error }
    return failure
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

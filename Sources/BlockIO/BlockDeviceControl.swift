import CLinuxBlock
import Glibc
import SystemPackage

/// What a device answered to a request to empty its own write cache.
public enum CacheFlush: Hashable, Sendable {
  /// The device carried out SYNCHRONIZE CACHE.
  case confirmed
  /// The device does not know the command (most sticks, loop, NVMe); fsync is all there is.
  case notSupported
}

/// Requests that only block devices know, each one system call.
extension OwnedDescriptor {
  /// Takes the lock that makes udevd leave the disk alone (`flock LOCK_EX|LOCK_NB`).
  public func lockAgainstProbes() throws(SystemCallError) {
    guard flock(rawValue, LOCK_EX | LOCK_NB) != 0 else { return }
    throw SystemCallError(call: "flock", errno: Errno(rawValue: Glibc.errno))
  }

  /// Gives that lock back: a process that is about to be started shares the descriptor, and with it the lock, until it
  /// becomes its program, however long ago this one has closed it.
  public func unlockForProbes() { _ = flock(rawValue, LOCK_UN) }

  /// Takes the lock that virtual machines take on their disks (`F_OFD_SETLK`, whole file).
  public func lockAgainstMachines() throws(SystemCallError) {
    try SystemCallError.check(clb_lock_whole(rawValue), "fcntl F_OFD_SETLK")
  }

  /// The sense key of a unit attention (SPC-5 table 49).
  private static let unitAttention: UInt8 = 6

  /// Sends SYNCHRONIZE CACHE to the device itself (SBC-4 section 5.29).
  ///
  /// The kernel leaves out its own flush where it believes that the device has no write cache.
  public func synchronizeDeviceCache(timeoutMilliseconds: UInt32 = 120_000) throws(SystemCallError)
    -> CacheFlush
  {
    var senseKey: UInt8 = 0
    var status = unsafe clb_synchronize_cache(rawValue, timeoutMilliseconds, &senseKey)
    // A unit attention tells of something before the command, which was not carried out for it.
    if status != 0, senseKey == Self.unitAttention {
      status = unsafe clb_synchronize_cache(rawValue, timeoutMilliseconds, &senseKey)
    }
    if status == -EOPNOTSUPP { return .notSupported }
    try SystemCallError.check(status, "SYNCHRONIZE CACHE")
    return .confirmed
  }

  /// Sends START STOP UNIT to the device itself, with which it stops and gives its medium out (SBC-4 section 5.31).
  /// - Returns: false where the device does not know the command.
  public func eject(timeoutMilliseconds: UInt32 = 30_000) throws(SystemCallError) -> Bool {
    var senseKey: UInt8 = 0
    // The kernel has locked the medium of a drive that is open. Many know no lock, and the answer to what comes next
    // tells about the others.
    _ = unsafe clb_allow_removal(rawValue, timeoutMilliseconds, &senseKey)
    var status = unsafe clb_eject(rawValue, timeoutMilliseconds, &senseKey)
    if status != 0, senseKey == Self.unitAttention {
      status = unsafe clb_eject(rawValue, timeoutMilliseconds, &senseKey)
    }
    if status == -EOPNOTSUPP { return false }
    try SystemCallError.check(status, "START STOP UNIT")
    return true
  }

  /// Takes a partition's node away; EBUSY where somebody has it open.
  ///
  /// The corresponding C name is `BLKPG_DEL_PARTITION`.
  public func deletePartition(number: Int) throws(SystemCallError) {
    try SystemCallError.check(clb_delete_partition(rawValue, CInt(number)), "ioctl BLKPG_DEL_PARTITION")
  }

  /// Gives a partition its node back, as it was before ``deletePartition(number:)``; EBUSY where it has one.
  ///
  /// The corresponding C name is `BLKPG_ADD_PARTITION`.
  public func addPartition(number: Int, start: UInt64, byteCount: UInt64) throws(SystemCallError) {
    guard let first = Int64(exactly: start), let length = Int64(exactly: byteCount) else {
      throw SystemCallError(call: "ioctl BLKPG_ADD_PARTITION", errno: .overflow)
    }
    try SystemCallError.check(
      clb_add_partition(rawValue, CInt(number), first, length), "ioctl BLKPG_ADD_PARTITION")
  }

  /// Makes the kernel read the partition table anew.
  ///
  /// The corresponding C name is `BLKRRPART`.
  public func rereadPartitions() throws(SystemCallError) {
    try SystemCallError.check(clb_reread_partitions(rawValue), "ioctl BLKRRPART")
  }

  /// Writes back and forgets what the page cache holds of the device.
  ///
  /// The corresponding C name is `BLKFLSBUF`.
  public func flushBuffers() throws(SystemCallError) {
    try SystemCallError.check(clb_flush_buffers(rawValue), "ioctl BLKFLSBUF")
  }

  /// The devices that a loop device reads from: the file system of its file, and the device if it is backed by one.
  public func loopBacking() throws(SystemCallError) -> (fileSystem: DeviceNumber, node: DeviceNumber?) {
    var fileSystem: UInt64 = 0
    var node: UInt64 = 0
    try SystemCallError.check(
      unsafe clb_loop_backing(rawValue, &fileSystem, &node), "ioctl LOOP_GET_STATUS64")
    return (DeviceNumber(deviceID: fileSystem), node == 0 ? nil : DeviceNumber(deviceID: node))
  }

  /// The inode of the file that a loop device reads from, on the file system that ``loopBacking()`` names.
  public func loopBackingInode() throws(SystemCallError) -> UInt64 {
    var inode: UInt64 = 0
    try SystemCallError.check(unsafe clb_loop_inode(rawValue, &inode), "ioctl LOOP_GET_STATUS64")
    return inode
  }

  /// Gives back the page cache of a range that has been read once and is not needed again.
  public func dropCached(_ range: Range<UInt64>) {
    // No length means "to the end" (posix_fadvise(2)).
    guard !range.isEmpty else { return }
    // Advice: a kernel that does not take it costs memory, never correctness.
    _ = clb_drop_cached(rawValue, range.lowerBound, UInt64(range.count))
  }

  /// Has the kernel read a range into the page cache already, in requests as large as the device takes.
  public func willRead(_ range: Range<UInt64>) {
    // No length means everything.
    guard !range.isEmpty else { return }
    // Advice: without it every block is waited for.
    _ = clb_will_read(rawValue, range.lowerBound, UInt64(range.count))
  }

  /// Tells the kernel to read ahead.
  public func willReadSequentially() { _ = clb_will_read_sequentially(rawValue) }
}

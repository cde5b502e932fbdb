public import BlockIO

/// Why the gate lets nobody through; facts, the words for them are elsewhere.
public enum GateError: Error, Hashable, Sendable {
  /// Nothing is there.
  case notFound(path: String)
  /// A symbolic link that leads nowhere.
  case danglingLink(path: String)
  /// A regular file; `file:PATH` would make it a virtual stick.
  case regularFile(path: String)
  /// A directory.
  case directory(path: String)
  /// A character device, FIFO, socket or the like.
  case notBlockDevice(path: String, kind: FileState.Kind)
  /// A virtual stick must be a regular file, not a link or a device.
  case notRegularFile(path: String, kind: FileState.Kind)
  /// A partition; the disk that it is part of is never silently taken instead (R4).
  case partition(path: String, of: String)
  /// A block device that sysfs does not show.
  case unlistedDevice(path: String, number: DeviceNumber)
  /// No disk has this ID now: it was unplugged, replugged or never there.
  case unknownID(String)
  /// Several disks have this ID.
  case ambiguousID(String, paths: [String])
  /// The rules forbid it; what was lifted is left out.
  case refused(Assessment)
  /// There is no medium in the drive, or the virtual stick is empty.
  case noMedium(path: String)
  /// It refuses writes.
  case readOnly(path: String)
  /// The kernel does not permit it.
  case permission(SystemCallError)
  /// The kernel does not permit it, and the broker who was asked did not help either.
  case broker(BrokerError)
  /// The file's file system cannot go past the page cache (`O_DIRECT`).
  case noDirectAccess(path: String)
  /// The size of a virtual stick is not a multiple of its block size.
  case raggedSize(path: String, byteCount: UInt64, blockSize: Int)
  /// It is not, or no longer, what was chosen (R29).
  case changed(IdentityChange)
  /// The open device has another ID than the one that was named.
  case idMismatch(expected: String, found: String)
  /// The confirmation lacks something.
  case notConfirmed(ConsentLack)
  /// What is to be written does not fit (R34).
  case tooSmall(needed: UInt64, capacity: UInt64)
  /// The kernel could not be asked.
  case system(SystemCallError)
}

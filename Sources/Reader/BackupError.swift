public import BlockIO

/// Why a disk is not backed up.
public enum BackupError: Error, Hashable, Sendable {
  /// The disk could not be opened or asked, or failed as a whole; the offset in bytes where one is known.
  case device(SystemCallError, offset: UInt64?)
  /// The kernel says that somebody uses it.
  case busy
  /// It is not, or no longer, the medium that was looked up.
  case replaced
  /// It ends before the place where it should: both in bytes.
  case tooShort(expected: UInt64, found: UInt64)
  /// Parts of it could not be read, after so many bytes.
  case unreadable([Range<UInt64>], reached: UInt64)
  /// The file could not be written.
  case output(SystemCallError)
  /// The run was cancelled.
  case cancelled
}

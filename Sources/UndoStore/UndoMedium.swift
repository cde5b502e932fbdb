public import BlockIO
public import DeviceSafety

/// A disk that is read to be saved; nothing here can write to it.
public protocol UndoSource: ~Copyable {
  /// Reads past every cache until the range is full or the disk ends.
  func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int
}

/// A disk onto which a record is brought back; tests put faulty ones in its place.
public protocol UndoMedium: UndoSource, ~Copyable {
  /// Writes past the page cache.
  func write(_ buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64) throws(SystemCallError)
  /// Makes the medium keep what was written.
  func flush() throws(SystemCallError) -> CacheFlush
  /// Compares the disk with what was confirmed.
  func recheck() throws(RecheckError)
  /// Finds out, at the end of a run, whether a request failed because the medium is gone, or the device.
  func cause(of failure: SystemCallError) -> SystemCallError
}

extension UndoMedium where Self: ~Copyable {
  /// A medium that is always there.
  public func cause(of failure: SystemCallError) -> SystemCallError { failure }
}

extension PendingTarget: UndoSource {}

extension ApprovedTarget: UndoMedium {}

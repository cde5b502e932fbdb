public import BlockIO

/// Why an image cannot be used.
public enum ImageSourceError: Error, Hashable, Sendable {
  /// There is nothing at the path.
  case notFound(path: String)
  /// The kernel refuses to open or read it.
  case system(SystemCallError, offset: UInt64?)
  /// It is a directory, FIFO, socket or character device.
  case wrongKind(path: String, kind: FileState.Kind)
  /// It has no bytes.
  case empty(path: String)
  /// It became shorter while it was read: expected and found lengths in bytes.
  case shrank(expected: UInt64, found: UInt64)
  /// It was changed, replaced or grew while it was read.
  case changed(path: String)
}

/// Where the bytes of an image come from, in order and by place.
public protocol ImageSource: Sendable {
  /// The path, for messages.
  var path: String { get }
  /// The number of bytes it will give.
  var byteCount: UInt64 { get }
  /// What the file was when it was opened; the safety rules find the disk under it.
  var state: FileState { get }

  /// Reads into a buffer from a place until the range is full or the image ends.
  /// - Returns: the number of bytes read.
  func read(at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>) throws(ImageSourceError)
    -> Int

  /// Checks that the file is still the one that was opened, unchanged (R44).
  func requireUnchanged() throws(ImageSourceError)
}

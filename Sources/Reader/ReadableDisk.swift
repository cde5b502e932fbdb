public import BlockIO

/// What is read to its end; tests put faulty ones in its place.
public protocol ReadableDisk: Sendable {
  /// What can be read, in bytes.
  var byteCount: UInt64 { get }
  /// The smallest unit that can be read, in bytes.
  var blockSize: Int { get }
  /// Whether it is still there: some kernels answer for one that was unplugged as for one that cannot be read.
  var isPresent: Bool { get }

  /// Reads whole blocks.
  /// - Returns: the number of bytes; fewer than the range holds only where the disk ends.
  func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int
}

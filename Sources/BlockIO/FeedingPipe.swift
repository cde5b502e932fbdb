import CLinuxBlock
import Glibc
import SystemPackage

/// A pipe to a process that is started with its other end, and that need not be there any more when it is written.
///
/// Used by one thread at a time.
public struct FeedingPipe: ~Copyable, Sendable {
  private let writeEnd: OwnedDescriptor
  private var readEnd: OwnedDescriptor?

  /// How often somebody is asked whether the process is still to be fed, in milliseconds.
  private static let patience: CInt = 50

  /// Makes a pipe.
  ///
  /// The corresponding C function is `pipe2`.
  /// - Parameter room: how many bytes it may hold, as far as the system allows.
  public init(room: Int) throws(SystemCallError) {
    var (reading, writing): (CInt, CInt) = (0, 0)
    try SystemCallError.check(unsafe clb_pipe(&reading, &writing), "pipe2")
    // A user may have too many large pipes already; then it is a small one, and slower.
    _ = clb_set_pipe_size(writing, CInt(clamping: room))
    // Whoever writes must be able to give up.
    let status = fcntl(writing, F_SETFL, O_NONBLOCK)
    let code = Glibc.errno
    let readEnd = OwnedDescriptor(adopting: reading)
    let writeEnd = OwnedDescriptor(adopting: writing)
    guard status == 0 else {
      throw SystemCallError(call: "fcntl F_SETFL", errno: Errno(rawValue: code))
    }
    self.readEnd = .some(readEnd)
    self.writeEnd = writeEnd
  }

  /// Hands out the end for the process, once: when it has gone, and the process too, nothing can be written.
  public mutating func takeReadEnd() -> OwnedDescriptor? { readEnd.take() }

  /// Writes as much as the pipe takes at once.
  /// - Returns: the number of bytes; nil where nobody reads any more.
  public func writeAtOnce(_ buffer: borrowing AlignedBuffer, range: Range<Int>) -> Int? {
    let bytes = buffer.bytes.extracting(range)
    while true {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(writeEnd.rawValue, $0.baseAddress, $0.count)
      }
      if count >= 0 { return count }
      switch Glibc.errno {
      case EINTR: continue
      case EAGAIN: return 0
      default: return nil
      }
    }
  }

  /// Writes all of a range.
  /// - Parameter isCancelled: asked many times a second.
  /// - Returns: whether it was written; not where nobody reads any more, or nobody wants it to be read.
  public func write(
    _ buffer: borrowing AlignedBuffer, range: Range<Int>, unless isCancelled: () -> Bool
  ) -> Bool {
    var rest = range
    while !rest.isEmpty {
      guard !isCancelled(), let count = writeAtOnce(buffer, range: rest) else { return false }
      rest = rest.lowerBound + count..<rest.upperBound
      guard count == 0 else { continue }
      var room = pollfd(fd: writeEnd.rawValue, events: Int16(POLLOUT), revents: 0)
      _ = unsafe poll(&room, 1, Self.patience)
    }
    return true
  }
}

public import BlockIO
import Glibc
import Synchronization
import SystemPackage

/// What another program writes into a pipe or a socket, to its end.
///
/// The end is no proof: a program that fails ends its output like one that is done.
public final class PipeStream: ImageStream {
  private let descriptor: CInt
  private let offset = Atomic<UInt64>(0)
  private let isAbandoned = Atomic<Bool>(false)

  /// How often somebody is asked whether the bytes are still wanted, in milliseconds.
  private static let patience: CInt = 50

  /// Reads a descriptor that stays open as long as the process, such as standard input.
  public init(reading descriptor: CInt) { self.descriptor = descriptor }

  /// How much has come so far, in bytes.
  public var consumedByteCount: UInt64 { offset.load(ordering: .relaxed) }

  /// Lets a read that waits give up.
  public func abandon() { isAbandoned.store(true, ordering: .releasing) }

  /// Fills a range, and waits as long as that takes; fewer bytes only where the pipe ends.
  public func read(into buffer: inout AlignedBuffer, range: Range<Int>) throws(ImageSourceError) -> Int {
    var done = 0
    while done < range.count {
      try waitForMore()
      var bytes = buffer.mutableBytes
      var target = bytes._mutatingExtracting(range.lowerBound + done..<range.upperBound)
      let count = unsafe target.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if count == 0 { break }
      if count > 0 {
        done += count
        offset.add(UInt64(count), ordering: .relaxed)
      } else if ![EINTR, EAGAIN].contains(Glibc.errno) {
        throw failure("read")
      }
    }
    return done
  }

  private func waitForMore() throws(ImageSourceError) {
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      if isAbandoned.load(ordering: .acquiring) || Task.isCancelled { throw .abandoned }
      let count = unsafe poll(&wanted, 1, Self.patience)
      if count > 0 { return }
      if count < 0, Glibc.errno != EINTR { throw failure("poll") }
    }
  }

  private func failure(_ call: String) -> ImageSourceError {
    .system(SystemCallError(call: call, errno: Errno(rawValue: Glibc.errno)), offset: consumedByteCount)
  }
}

import BlockIO
import Glibc
import Reader
import Synchronization
import SystemPackage

/// A disk in memory with bad places, and a clock that runs only while a request fails.
final class FaultyDisk: ReadableDisk {
  private struct Log {
    var failed = 0
    var good = 0
    var smallest = Int.max
  }

  let content: [UInt8]
  let blockSize: Int
  /// Where a request fails that touches it.
  let bad: [Range<UInt64>]
  /// What the kernel says then.
  let errno: CInt
  let isPresent: Bool
  /// How long a request takes that fails.
  let delay: Duration
  /// Where it ends, although it claims more.
  let end: UInt64
  private let log = Mutex(Log())

  init(
    _ content: [UInt8], blockSize: Int = 512, bad: [Range<UInt64>] = [], errno: CInt = EIO,
    isPresent: Bool = true, delay: Duration = .zero, end: UInt64? = nil
  ) {
    self.content = content
    self.blockSize = blockSize
    self.bad = bad
    self.errno = errno
    self.isPresent = isPresent
    self.delay = delay
    self.end = end ?? UInt64(content.count)
  }

  var byteCount: UInt64 { UInt64(content.count) }
  var failedRequests: Int { log.withLock(\.failed) }
  var goodRequests: Int { log.withLock(\.good) }
  /// The smallest request, in bytes.
  var smallestRequest: Int { log.withLock(\.smallest) }

  /// What the clock shows.
  var now: @Sendable () -> Duration { { self.delay * self.failedRequests } }

  /// The content with zeros in the bad places.
  var readable: [UInt8] {
    var bytes = content
    for range in bad {
      let part = Int(range.lowerBound)..<min(Int(range.upperBound), bytes.count)
      bytes.replaceSubrange(part, with: [UInt8](repeating: 0, count: part.count))
    }
    return bytes
  }

  func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    precondition(offset % UInt64(blockSize) == 0 && range.count % blockSize == 0, "not whole blocks")
    let wanted = offset..<(offset + UInt64(range.count))
    let fails = bad.contains { $0.overlaps(wanted) }
    log.withLock {
      if fails { $0.failed += 1 } else { $0.good += 1 }
      $0.smallest = min($0.smallest, range.count)
    }
    guard !fails else { throw SystemCallError(call: "pread", errno: Errno(rawValue: errno)) }
    guard offset < end else { return 0 }
    let part = Array(content[Int(offset)..<Int(min(wanted.upperBound, end))])
    buffer.copy(from: part.span, at: range.lowerBound)
    return part.count
  }
}

import Glibc
import Synchronization

/// What some threads wait for until others have given it, each once.
public final class Signal: Sendable {
  private struct NoPipe: Error {}

  private let (reading, writing): (CInt, CInt)
  private let missing: Atomic<Int>

  /// Prepares to wait for so many.
  public init(of count: Int) throws {
    missing = Atomic(count)
    var ends: [CInt] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw NoPipe() }
    (reading, writing) = (ends[0], ends[1])
  }

  deinit {
    close(reading)
    close(writing)
  }

  /// Gives it; more often than was waited for does nothing.
  public func give() {
    guard missing.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
    var byte: UInt8 = 1
    _ = unsafe write(writing, &byte, 1)
  }

  /// Returns once all have given; not never, so that a test that fails ends.
  /// - Returns: whether they have.
  @discardableResult
  public func wait() -> Bool {
    // The byte stays: whoever comes later does not wait.
    var entry = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&entry, 1, 100_000) == 1
  }
}

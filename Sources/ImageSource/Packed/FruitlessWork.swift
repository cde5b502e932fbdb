import Glibc

/// How long a decoder works without a byte of the image: a file may hold layers that give nothing for days (R49).
///
/// Only its own work counts: it may wait for a server, or for somebody who is asked, as long as they take.
final class FruitlessWork {
  /// Processor time that is enough for whatever an archive of many gigabytes has before its image.
  static let longest = Duration.seconds(600)

  private let limit: Duration
  private let time: () -> Duration
  private var start: Duration

  /// Begins to count.
  /// - Parameters:
  ///   - limit: the longest work.
  ///   - time: how long this process has worked.
  init(limit: Duration = longest, time: @escaping () -> Duration = processorTime) {
    self.limit = limit
    self.time = time
    start = time()
  }

  /// Begins anew: some of the image has come.
  func begin() { start = time() }

  /// Whether to go on.
  var isWorthIt: Bool { time() - start < limit }

  /// What all threads of this process have used.
  static func processorTime() -> Duration {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
    return .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec)
  }
}

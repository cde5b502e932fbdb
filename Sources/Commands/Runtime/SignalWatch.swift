import Glibc
import Synchronization
import Terminal

/// Takes the signals that end a run, turns them into its cancellation, and notes that a run was stopped for a while.
///
/// They are masked before any other thread exists, so that no moment of the run is unprotected, and taken by
/// the main thread, which does nothing else. It must not run `dispatch_main`, as an `async` main function
/// does: that waits with an empty mask, and the first signal would end the process in the midst of a write.
final class SignalWatch: Sendable {
  private let first = Atomic<Int32>(0)

  /// Hears of SIGCONT, which ends nothing: the process was stopped and goes on.
  let standstill = Standstill()

  private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCONT]
  /// Within this time a second SIGINT means: at once.
  private static let patience = Duration.seconds(5)

  /// Masks the signals; to be called before anything else happens.
  init() {
    var set = Self.set
    _ = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// The signal that came first, if one came.
  var received: Int32? {
    let signal = first.load(ordering: .acquiring)
    return signal == 0 ? nil : signal
  }

  /// Waits for signals as long as the process lives; each calls `cancel`, an impatient second SIGINT ends it.
  func watch(_ cancel: () -> Void) -> Never {
    let clock = ContinuousClock()
    var firstTime: ContinuousClock.Instant?
    var set = Self.set
    while true {
      var signal: Int32 = 0
      guard unsafe sigwait(&set, &signal) == 0 else { continue }
      if signal == SIGCONT {
        standstill.didContinue()
        continue
      }
      if let earlier = firstTime, signal == SIGINT, earlier.duration(to: clock.now) < Self.patience {
        TerminalRestoration.shared.undoAll()
        _exit(128 + signal)
      }
      firstTime = clock.now
      _ = first.compareExchange(expected: 0, desired: signal, ordering: .acquiringAndReleasing)
      cancel()
    }
  }

  private static var set: sigset_t {
    var set = sigset_t()
    _ = unsafe sigemptyset(&set)
    for signal in signals { _ = unsafe sigaddset(&set, signal) }
    return set
  }
}

import BlockIO
import Documents
import Synchronization
import Terminal

/// How long a run stood still without its own doing: because the machine slept, or because somebody stopped the process.
///
/// Neither changes what is proven. But a stick may lose its power meanwhile, and times and rates are no longer the stick's.
final class Standstill: Sendable {
  private struct State {
    /// How long the machine had slept when the run began.
    var sleptBefore: Duration
    /// When somebody last said to be running, by a clock that stands while the machine sleeps.
    var beat: SuspendingClock.Instant?
    /// How long nobody said so, though it was due.
    var silence = Duration.zero
    /// Whether the process was told to go on, which stands for nothing in one that ran.
    var isContinued = false
  }

  private let slept: @Sendable () -> Duration
  private let now: @Sendable () -> SuspendingClock.Instant
  private let state: Mutex<State>

  /// Less is no standstill: a busy machine lets a process wait as long.
  private static let least = Duration.seconds(1)

  /// Begins to count.
  /// - Parameters:
  ///   - slept: how long the machine has slept, since some moment.
  ///   - now: a clock that stands while it sleeps.
  init(
    slept: @escaping @Sendable () -> Duration = SleepTime.now,
    now: @escaping @Sendable () -> SuspendingClock.Instant = { .now }
  ) {
    (self.slept, self.now) = (slept, now)
    state = Mutex(State(sleptBefore: slept()))
  }

  /// Begins anew: what was before does not count.
  func begin() { state.withLock { $0 = State(sleptBefore: slept(), beat: now()) } }

  /// Says that the process runs; whoever does so does it several times in a second.
  func beat() {
    state.withLock { state in
      let now = now()
      if let last = state.beat, now - last >= Self.least { state.silence += now - last }
      state.beat = now
    }
  }

  /// Notes that the process was told to go on (SIGCONT).
  func didContinue() { state.withLock { $0.isContinued = true } }

  /// How long the machine slept; zero where it did not.
  var asleep: Duration {
    let time = state.withLock { slept() - $0.sleptBefore }
    return time >= Self.least ? time : .zero
  }

  /// How long the process was stopped; zero where it was not.
  var stopped: Duration { state.withLock { $0.isContinued ? $0.silence : .zero } }

  /// What there is to tell, one clause each.
  var texts: [SanitizedText] {
    var texts: [SanitizedText] = []
    let (asleep, stopped) = (asleep, stopped)
    if asleep > .zero { texts.append("the machine slept for \(SanitizedText(time: asleep)) meanwhile") }
    if stopped > .zero { texts.append("burin was stopped for \(SanitizedText(time: stopped)) meanwhile") }
    return texts
  }

  /// The same for programs.
  var json: JSONValue {
    ["secondsAsleep": JSONValue(asleep / .seconds(1)), "secondsStopped": JSONValue(stopped / .seconds(1))]
  }
}

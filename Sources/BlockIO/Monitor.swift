import Glibc

/// What several threads share and wait for; for threads of their own, not for tasks.
@safe
public final class Monitor<State>: @unchecked Sendable {
  // Sendable: only who holds the lock touches the state.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let change: UnsafeMutablePointer<pthread_cond_t>
  private var state: State

  /// Shares a state, which nobody else may keep.
  public init(_ state: State) {
    unsafe mutex = .allocate(capacity: 1)
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe pthread_mutex_init(mutex, nil)
    unsafe change = .allocate(capacity: 1)
    unsafe change.initialize(to: pthread_cond_t())
    // The wall clock may be set while somebody waits.
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe pthread_cond_init(change, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
    self.state = state
  }

  deinit {
    unsafe pthread_cond_destroy(change)
    unsafe change.deallocate()
    unsafe pthread_mutex_destroy(mutex)
    unsafe mutex.deallocate()
  }

  /// Looks at the state and may change it, and wakes everybody who waits for that.
  public func change<Answer>(_ body: (inout State) -> Answer) -> Answer { wait { .some(body(&$0)) } }

  /// Waits until a look at the state has an answer; what it changes then wakes everybody who waits.
  ///
  /// The corresponding C function is `pthread_cond_wait`.
  /// - Parameter body: asked again after every change; changes nothing where it has no answer.
  public func wait<Answer>(for body: (inout State) -> Answer?) -> Answer {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while true {
      if let answer = body(&state) {
        unsafe pthread_cond_broadcast(change)
        return answer
      }
      unsafe pthread_cond_wait(change, mutex)
    }
  }

  /// Waits as ``wait(for:)`` does, but not for ever.
  ///
  /// The corresponding C function is `pthread_cond_timedwait`.
  /// - Parameter patience: how long at most, on a clock that stands still while the machine sleeps.
  /// - Returns: nil where there was no answer in time.
  public func wait<Answer>(upTo patience: Duration, for body: (inout State) -> Answer?) -> Answer? {
    var end = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &end)
    let (seconds, attoseconds) = patience.components
    let nanoseconds = end.tv_nsec + Int(attoseconds / 1_000_000_000)
    end.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
    end.tv_nsec = nanoseconds % 1_000_000_000
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while true {
      if let answer = body(&state) {
        unsafe pthread_cond_broadcast(change)
        return answer
      }
      guard unsafe pthread_cond_timedwait(change, mutex, &end) == 0 else { return nil }
    }
  }
}

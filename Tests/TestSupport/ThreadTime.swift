import Glibc

/// What the calling thread has used of a processor: what others do on a busy machine is not in it.
public func threadTime() -> Duration {
  var now = timespec()
  // Safe: the call fills what is its own.
  _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
  return .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec)
}

import Dispatch

/// One thread for blocking system calls, off the cooperative pool.
public final class LaneExecutor: TaskExecutor {
  private let queue: DispatchQueue

  /// Creates a lane; the label shows in debuggers.
  public init(_ label: String) { queue = DispatchQueue(label: label, qos: .userInitiated) }

  /// Runs a job on the lane, after those that came before it.
  public func enqueue(_ job: consuming ExecutorJob) {
    // Safe: a job is run exactly once, by the closure that owns it from here on.
    let job = UnownedJob(job)
    let executor = unsafe asUnownedTaskExecutor()
    queue.async { unsafe job.runSynchronously(on: executor) }
  }
}

import CLinuxBlock
import Glibc

/// A thread of its own for work that blocks: on a terminal that has stopped, or on signals.
///
/// The pool of Swift's tasks may have a single thread, which nothing may block while a stick is written.
public enum BackgroundThread {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Something that can be waited for.
  public struct Handle: Sendable {
    fileprivate let thread: pthread_t

    /// Waits for the end of the thread; to be called once.
    public func join() { _ = pthread_join(thread, nil) }
  }

  /// Has all threads share two heaps, where the address space is limited; before any is started.
  public static func shareHeaps() { clb_share_heaps() }

  /// The most threads that are ever tried at once.
  public static let most = Int(clb_most_threads)

  /// How many of some threads can exist at once, `most` at most: starts them, and waits for their ends.
  public static func startable(_ count: Int) -> Int { Int(clb_startable_threads(CInt(min(count, most)))) }

  /// Starts a thread.
  @discardableResult
  public static func start(_ body: @escaping @Sendable () -> Void) -> Handle {
    var thread = pthread_t()
    // Safe: the retained box is released by the thread, which alone uses it.
    let argument = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
    let status = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, argument)
    precondition(status == 0, "no thread can be started")
    return Handle(thread: thread)
  }
}

import DeviceSafety
import Synchronization

/// Keeps a target that is held open until it is approved, as one of several.
final class PendingBox: Sendable {
  private let content: Mutex<PendingTarget?>

  init(_ pending: consuming PendingTarget) { content = Mutex(pending) }

  /// Lends the target, to one at a time; nil once it was taken.
  func lend<Result: Sendable, Failure: Error>(
    _ body: (borrowing PendingTarget) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    try content.withLock { content throws(Failure) -> Result? in
      switch content {
      case .none: return nil
      case .some(let pending): return try body(pending)
      }
    }
  }

  /// The target, the first time.
  func take() -> PendingTarget? {
    content.withLock { content in
      var taken: PendingTarget? = nil
      swap(&taken, &content)
      return taken
    }
  }
}

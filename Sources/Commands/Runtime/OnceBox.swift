import Synchronization

/// Hands something that cannot be copied into a closure, once; a closure may not consume what it captures.
final class OnceBox<Content: ~Copyable & Sendable>: Sendable {
  private let content: Mutex<Content?>

  init(_ content: consuming Content) { self.content = Mutex(content) }

  /// The content, the first time.
  func take() -> Content? {
    content.withLock { content in
      var taken: Content? = nil
      swap(&taken, &content)
      return taken
    }
  }
}

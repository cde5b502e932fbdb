import Synchronization

/// A queue between tasks; its length is bounded by the buffers that exist, not by itself.
///
/// Unlike an `AsyncStream`, it gives what is in it to a task that was cancelled too.
package final class Channel<Element: Sendable>: Sendable {
  private struct State {
    var queue: [Element] = []
    var waiting: [CheckedContinuation<Element?, Never>] = []
    var isFinished = false
    var isAbandoned = false
  }

  private let state = Mutex(State())

  /// Creates an empty queue.
  package init() {}

  /// How many receivers wait for an element.
  var waitingCount: Int { state.withLock(\.waiting.count) }

  /// Hands an element to the longest waiting receiver, or queues it; drops it once the channel is abandoned.
  package func send(_ element: Element) {
    let receiver = state.withLock { state -> CheckedContinuation<Element?, Never>? in
      if state.isAbandoned { return nil }
      if !state.waiting.isEmpty { return state.waiting.removeFirst() }
      state.queue.append(element)
      return nil
    }
    receiver?.resume(returning: element)
  }

  /// The next element in order; nil once the channel is finished and empty.
  package func next() async -> Element? {
    await withCheckedContinuation { continuation in
      let answer = state.withLock { state -> Element?? in
        if !state.queue.isEmpty { return .some(state.queue.removeFirst()) }
        if state.isFinished || state.isAbandoned { return .some(nil) }
        state.waiting.append(continuation)
        return nil
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }

  /// Says that no more elements come.
  package func finish() { close { $0.isFinished = true } }

  /// Says that nobody takes elements any more: what is queued is let go, with its buffers.
  func abandon() {
    close {
      $0.isAbandoned = true
    }
  }

  private func close(_ change: (inout State) -> Void) {
    // What is dropped may send its buffer to another channel when it goes: outside the lock.
    let (receivers, dropped) = state.withLock { state in
      change(&state)
      defer { state.waiting = [] }
      guard state.isAbandoned else { return (state.waiting, [Element]()) }
      defer { state.queue = [] }
      return (state.waiting, state.queue)
    }
    for receiver in receivers { receiver.resume(returning: nil) }
    _ = dropped
  }
}

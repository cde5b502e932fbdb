import Glibc

/// The end of a terminal: of the connection or the window that it was.
enum HangUp {
  /// How long the signal may take at most, in steps of so many milliseconds.
  private static let steps: (count: Int, milliseconds: CInt) = (50, 20)

  /// Waits for the cancellation that the end of a terminal brings, where `events` of poll(2) tell of such an end.
  ///
  /// The kernel sends SIGHUP before anybody reads that nothing comes any more (`__tty_hangup` in tty_io.c), but
  /// another thread takes it. Who goes on at once takes the end of a connection for an answer, and ends the run
  /// with the status of one.
  static func awaitSignal(after events: Int16) {
    guard events & Int16(POLLHUP) != 0 else { return }
    for _ in 0..<steps.count where !Task.isCancelled { _ = poll(nil, 0, steps.milliseconds) }
  }
}

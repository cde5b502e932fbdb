import Synchronization
import Terminal

/// How long a run has worked, which is what somebody may have walked away from; time at a question does not count.
final class WorkTime: Sendable {
  private let spent = Mutex(Duration.zero)

  /// Adds the time of a part of the run.
  func add(_ time: Duration) { spent.withLock { $0 += time } }

  /// The time so far, which is forgotten with that: of a command within another one only one end is told.
  func take() -> Duration {
    spent.withLock { time in
      defer { time = .zero }
      return time
    }
  }
}

/// The end of a run that took so long that somebody may have looked away.
struct EndOfRun: Hashable, Sendable {
  /// What is told in a few words.
  let summary: SanitizedText
  /// What is told besides.
  let body: SanitizedText

  /// A run that worked at least this long is worth a bell.
  private static let patience = Duration.seconds(30)

  /// Tells of a run; nil where nobody has to be called.
  init?(of command: String, _ status: ExitStatus, after time: Duration) {
    // Who stopped it is there.
    guard time >= Self.patience, status.rawValue < 128, status != .cancelled else { return nil }
    let name: SanitizedText = "burin \(command)"
    let taken = SanitizedText(time: time)
    switch status {
    case .done:
      summary = "\(name) is done"
      body = "It took \(taken). The report is in the terminal."
    default:
      summary = "\(name) has failed"
      body = "It ended with status \(status.rawValue) after \(taken). What is wrong is in the terminal."
    }
  }
}

extension Context {
  /// Calls whoever has looked away from a run that took long: a bell in the terminal, a message on the desktop.
  func tellEnd(of command: String, _ status: ExitStatus) {
    guard let end = EndOfRun(of: command, status, after: workTime.take()), wantsCall,
      stderr.capabilities.isTerminal
    else { return }
    stderr.write(SanitizedText(vouchedFor: "\u{7}"))
    herald(end)
  }
}

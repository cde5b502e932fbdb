import Synchronization
import Terminal
import Writer

/// One run of several that are shown together.
final class ProgressTrack: Sendable {
  /// What it moves.
  let meter: ProgressMeter
  /// What it is called in a line.
  let name: SanitizedText
  /// What it is called in JSON.
  let id: String
  /// How it has ended.
  private let ending = Mutex<SanitizedText?>(nil)
  /// What is to be said besides, by whoever draws the lines.
  private let notices = Mutex<[SanitizedText]>([])

  init(_ meter: ProgressMeter, name: SanitizedText = "", id: String = "") {
    self.meter = meter
    self.name = name
    self.id = id
  }

  /// Says how the run has ended; nothing of its progress is printed from then on.
  func end(_ word: SanitizedText) { ending.withLock { $0 = word } }

  /// Does something as long as the run has not ended, which it cannot meanwhile.
  func unlessEnded(_ body: () -> Void) { ending.withLock { if $0 == nil { body() } } }

  /// Has something said on a line of its own.
  func say(_ text: SanitizedText) { notices.withLock { $0.append(text) } }

  /// What is to be said; each of it once.
  func takeNotices() -> [SanitizedText] {
    notices.withLock { notices in
      defer { notices = [] }
      return notices
    }
  }

  /// How the run has ended, or nothing of it.
  var momentUnlessRunning: ProgressBoard.Moment { ending.withLock(\.self).map { .ended($0) } ?? .waiting }

  /// Where the run is.
  var moment: ProgressBoard.Moment {
    if let word = ending.withLock(\.self) { return .ended(word) }
    return ProgressSample(meter.reading).map { .running($0) } ?? .waiting
  }
}

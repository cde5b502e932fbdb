/// Turns samples of several runs at once into what is printed: a line for each that is redrawn, or one plain line a
/// second for all of them together.
///
/// It has no clock and prints nothing itself.
public struct ProgressBoard: Sendable {
  /// Where a run is.
  public enum Moment: Hashable, Sendable {
    /// It has not begun.
    case waiting
    /// It moves.
    case running(ProgressSample)
    /// It has ended, and how.
    case ended(SanitizedText)
  }

  private struct Row: Sendable {
    let name: SanitizedText
    var line: ProgressLine
    var isOver = false
  }

  private let capabilities: Capabilities
  private var rows: [Row]
  /// How many lines are drawn that the next ones replace.
  private var drawnCount = 0
  /// Which run the next plain line is about.
  private var next = 0
  private var lastPrint: Duration?

  /// How long plain lines are apart.
  private static let plainInterval = Duration.seconds(1)
  private static let clearLine: SanitizedText = "\r\u{1B}[K"

  /// Creates a board for an output, with the names of the runs.
  public init(_ names: [SanitizedText], for capabilities: Capabilities) {
    self.capabilities = capabilities
    let width = names.map(\.width).max() ?? 0
    rows = names.map { Row(name: $0.padded(to: width), line: ProgressLine(for: capabilities)) }
  }

  /// Takes the moments of all runs, in the order of their names.
  /// - Returns: what is to be printed now; often nothing where lines are not redrawn.
  public mutating func update(_ moments: [Moment], at now: Duration) -> SanitizedText {
    let texts = rows.indices.map { text(of: moments[$0], in: $0, at: now) }
    defer {
      for (index, moment) in moments.enumerated() { if case .ended = moment { rows[index].isOver = true } }
    }
    return capabilities.redraws ? redrawn(texts) : plain(texts, moments, at: now)
  }

  /// Says something besides, on a line of its own.
  /// - Returns: what is to be printed; the lines that are redrawn come again below it.
  public mutating func notice(_ text: SanitizedText) -> SanitizedText {
    finish() + text.lines(within: capabilities.width)
  }

  /// Takes what is drawn away: the report follows.
  public mutating func finish() -> SanitizedText {
    defer { drawnCount = 0 }
    return drawnCount == 0 ? "" : "\u{1B}[\(drawnCount)A\r\u{1B}[J"
  }

  private mutating func text(of moment: Moment, in index: Int, at now: Duration) -> SanitizedText {
    let name = rows[index].name
    switch moment {
    case .waiting: return "\(name)  waiting"
    case .running(let sample):
      // The last column stays free: behind it, some terminals begin a new line.
      let room = capabilities.width.map { max(8, $0 - name.width - 3) }
      return "\(name)  \(rows[index].line.line(of: sample, at: now, within: room))"
    case .ended(let word): return "\(name)  \(word)"
    }
  }

  private mutating func redrawn(_ texts: [SanitizedText]) -> SanitizedText {
    let width = (capabilities.width ?? 80) - 1
    let up: SanitizedText = drawnCount == 0 ? "" : "\u{1B}[\(drawnCount)A"
    drawnCount = texts.count
    return texts.reduce(up) { $0 + Self.clearLine + $1.truncated(to: width) + "\n" }
  }

  /// What has ended at once, and of those that move one after the other.
  private mutating func plain(
    _ texts: [SanitizedText], _ moments: [Moment], at now: Duration
  ) -> SanitizedText {
    var text: SanitizedText = ""
    for (index, moment) in moments.enumerated() {
      if case .ended = moment, !rows[index].isOver { text = text + texts[index] + "\n" }
    }
    // A run that is over within the second is not worth a line of its own.
    guard now - (lastPrint ?? now) >= Self.plainInterval else {
      lastPrint = lastPrint ?? now
      return text
    }
    let order = rows.indices.map { (next + $0) % rows.count }
    let moving = order.first { if case .running = moments[$0] { true } else { false } }
    guard let moving else { return text }
    lastPrint = now
    next = moving + 1
    return text + texts[moving] + "\n"
  }
}

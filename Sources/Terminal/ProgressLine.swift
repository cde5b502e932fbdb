/// How far one phase of a run is.
public struct ProgressSample: Hashable, Sendable {
  /// What is being done: one word.
  public var label: SanitizedText
  /// Bytes done.
  public var done: UInt64
  /// Bytes in all; 0 where the phase has no length.
  public var total: UInt64

  /// Creates a sample; more than everything is never done.
  public init(label: SanitizedText, done: UInt64, total: UInt64) {
    self.label = label
    self.done = min(done, total)
    self.total = total
  }
}

/// Turns samples into what is printed: a line that is redrawn, or a plain line a second.
///
/// It has no clock and prints nothing itself.
public struct ProgressLine: Sendable {
  private let capabilities: Capabilities
  private var rate = ProgressRate()
  private var label: SanitizedText?
  private var last: ProgressSample?
  private var phaseStart = Duration.zero
  private var lastPrint: Duration?
  private var isLineOpen = false

  /// How long plain lines are apart.
  private static let plainInterval = Duration.seconds(1)
  private static let clearLine: SanitizedText = "\r\u{1B}[K"

  /// Creates a line for an output.
  public init(for capabilities: Capabilities) { self.capabilities = capabilities }

  /// Takes a sample at a moment.
  /// - Returns: what is to be printed now; often nothing where lines are not redrawn.
  public mutating func update(_ sample: ProgressSample, at now: Duration) -> SanitizedText {
    var text: SanitizedText = ""
    if sample.label != label {
      // What follows it proves that a phase came to its end.
      text = endPhase(at: now, isComplete: true)
      label = sample.label
      phaseStart = now
      rate = ProgressRate()
      lastPrint = nil
    }
    last = sample
    rate.add(sample.done, at: now)
    if capabilities.redraws {
      let line = description(of: sample, at: now).truncated(to: (capabilities.width ?? 80) - 1)
      isLineOpen = true
      return text + Self.clearLine + line
    }
    // A phase that is over within the second is not worth a line of its own.
    guard now - (lastPrint ?? phaseStart) >= Self.plainInterval else { return text }
    lastPrint = now
    return text + description(of: sample, at: now) + "\n"
  }

  /// Ends the last phase.
  /// - Parameter isComplete: whether the run came to its end.
  /// - Returns: what is to be printed before anything else is.
  public mutating func finish(at now: Duration, isComplete: Bool) -> SanitizedText {
    let text = endPhase(at: now, isComplete: isComplete)
    label = nil
    return text
  }

  /// A phase that moved bytes to its end leaves a line; any other vanishes.
  private mutating func endPhase(at now: Duration, isComplete: Bool) -> SanitizedText {
    var text: SanitizedText = isLineOpen ? Self.clearLine : ""
    isLineOpen = false
    if let last, last.total > 0, isComplete {
      let elapsed = now - phaseStart
      text =
        text
        + "\(last.label.padded(to: 10)) \(SanitizedText(size: last.total)) in \(SanitizedText(time: elapsed))"
      if elapsed >= .milliseconds(100) {
        text = text + ", \(SanitizedText(rate: Double(last.total) / (elapsed / .seconds(1))))"
      }
      text = text + "\n"
    }
    last = nil
    return text
  }

  private func description(of sample: ProgressSample, at now: Duration) -> SanitizedText {
    let label = sample.label.padded(to: 10)
    guard sample.total > 0 else { return "\(label) \(SanitizedText(time: now - phaseStart))" }
    let percent =
      sample.done == sample.total ? 100 : min(99, Int(Double(sample.done) / Double(sample.total) * 100))
    var text: SanitizedText =
      "\(label) \(SanitizedText("\(percent)").padded(to: 3, alignment: .right)) %  \(SanitizedText(size: sample.done)) of \(SanitizedText(size: sample.total))"
    if let stall = rate.stall(at: now), sample.done < sample.total {
      text = text + "  no byte for \(SanitizedText(time: stall))"
    } else if let speed = rate.bytesPerSecond {
      text = text + "  \(SanitizedText(rate: speed))"
      if sample.done < sample.total {
        let left = Duration.seconds(Double(sample.total - sample.done) / speed)
        text = text + "  \(SanitizedText(time: left)) left"
      }
    }
    return text
  }
}

/// The rate of the last seconds, so that it follows a stick that becomes slow.
struct ProgressRate: Sendable {
  private var points: [(time: Duration, done: UInt64)] = []
  private var lastChange: Duration?

  private static let window = Duration.seconds(8)
  private static let stallAfter = Duration.seconds(3)

  mutating func add(_ done: UInt64, at now: Duration) {
    if points.last?.done != done { lastChange = now }
    points.append((now, done))
    // One point beyond the window stays, to measure from.
    while points.count > 2, now - points[1].time > Self.window { points.removeFirst() }
  }

  /// The rate; nil before there is one.
  var bytesPerSecond: Double? {
    guard let first = points.first, let last = points.last, last.done > first.done,
      last.time - first.time >= .milliseconds(200)
    else { return nil }
    return Double(last.done - first.done) / ((last.time - first.time) / .seconds(1))
  }

  /// How long nothing has moved, if that is worth telling.
  func stall(at now: Duration) -> Duration? {
    guard let lastChange, now - lastChange >= Self.stallAfter else { return nil }
    return now - lastChange
  }
}

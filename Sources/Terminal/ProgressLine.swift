/// How far one phase of a run is.
public struct ProgressSample: Hashable, Sendable {
  /// What the end of a phase is known by.
  public enum Extent: Hashable, Sendable {
    /// Nothing.
    case none
    /// So many bytes in all.
    case bytes(UInt64)
    /// So many bytes of a file, and how many of them were consumed for what is done.
    case file(consumed: UInt64, of: UInt64)
  }

  /// What is being done: one word.
  public var label: SanitizedText
  /// Bytes done.
  public var done: UInt64
  /// What the end is known by.
  public var extent: Extent

  /// Creates a sample; more than everything is never done.
  public init(label: SanitizedText, done: UInt64, of extent: Extent) {
    self.label = label
    switch extent {
    case .none: (self.done, self.extent) = (done, .none)
    case .bytes(let total): (self.done, self.extent) = (min(done, total), .bytes(total))
    case .file(let consumed, let total):
      (self.done, self.extent) = (done, .file(consumed: min(consumed, total), of: total))
    }
  }

  /// What the end is measured in: how much of it is done, and how much there is.
  package var measure: (done: UInt64, total: UInt64)? {
    switch extent {
    case .bytes(let total) where total > 0: (done, total)
    case .file(let consumed, let total) where total > 0: (consumed, total)
    case .none, .bytes, .file: nil
    }
  }

  /// Whether nothing is left; of a file that is consumed, much may still come.
  package var isComplete: Bool { extent == .bytes(done) }
}

/// Turns samples into what is printed: a line that is redrawn, or a plain line a second.
///
/// It has no clock and prints nothing itself.
public struct ProgressLine: Sendable {
  private let capabilities: Capabilities
  private var rate = ProgressRate()
  /// How fast the end comes nearer, in its own measure.
  private var pace = ProgressRate()
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
    let text = take(sample, at: now)
    if capabilities.redraws {
      let line = description(of: sample, at: now, within: (capabilities.width ?? 80) - 1)
      isLineOpen = true
      return text + Self.clearLine + line
    }
    // A phase that is over within the second is not worth a line of its own.
    guard now - (lastPrint ?? phaseStart) >= Self.plainInterval else { return text }
    lastPrint = now
    return text + description(of: sample, at: now, within: capabilities.width) + "\n"
  }

  /// Takes a sample at a moment, and tells it in a line of its own.
  mutating func line(of sample: ProgressSample, at now: Duration, within columns: Int?) -> SanitizedText {
    _ = take(sample, at: now)
    return description(of: sample, at: now, within: columns)
  }

  /// - Returns: what is to be printed of the phase before, if another one has begun.
  private mutating func take(_ sample: ProgressSample, at now: Duration) -> SanitizedText {
    var text: SanitizedText = ""
    if sample.label != label {
      // What follows it proves that a phase came to its end.
      text = endPhase(at: now, isComplete: true)
      label = sample.label
      phaseStart = now
      (rate, pace) = (ProgressRate(), ProgressRate())
      lastPrint = nil
    }
    last = sample
    rate.add(sample.done, at: now)
    pace.add(sample.measure?.done ?? 0, at: now)
    return text
  }

  /// Says something besides, on a line of its own.
  /// - Returns: what is to be printed; the line that is redrawn comes again with the next sample.
  public mutating func notice(_ text: SanitizedText) -> SanitizedText {
    let clearing: SanitizedText = isLineOpen ? Self.clearLine : ""
    isLineOpen = false
    return clearing + text.lines(within: capabilities.width)
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
    if isComplete, let last, let summary = summary(of: last, after: now - phaseStart) {
      text =
        text + ("\(last.label.padded(to: 10)) \(summary)" as SanitizedText).lines(within: capabilities.width)
    }
    last = nil
    return text
  }

  /// What a phase that came to its end has done; nil where that was no moving of bytes.
  private func summary(of sample: ProgressSample, after elapsed: Duration) -> SanitizedText? {
    switch sample.extent {
    case .bytes(let total) where total > 0:
      let text: SanitizedText = "\(SanitizedText(size: total)) in \(SanitizedText(time: elapsed))"
      guard elapsed >= .milliseconds(100) else { return text }
      return text + ", \(SanitizedText(rate: Double(total) / (elapsed / .seconds(1))))"
    // The last sample is older than the end, so it does not say how many bytes there were.
    case .file: return "all of the file in \(SanitizedText(time: elapsed))"
    case .none, .bytes: return nil
    }
  }

  /// The line in as much detail as fits: the rate is left out first, then how many bytes there are.
  private func description(of sample: ProgressSample, at now: Duration, within columns: Int?) -> SanitizedText
  {
    let whole = description(of: sample, at: now)
    guard let columns, whole.width > columns else { return whole }
    let shorter = [description(of: sample, at: now, .time), description(of: sample, at: now, .share)]
    return shorter.first { $0.width <= columns } ?? shorter[1].truncated(to: columns)
  }

  /// What a line has.
  private enum Detail { case all, time, share }

  private func description(
    of sample: ProgressSample, at now: Duration, _ detail: Detail = .all
  ) -> SanitizedText {
    let label = sample.label.padded(to: 10)
    guard let measure = sample.measure else { return "\(label) \(SanitizedText(time: now - phaseStart))" }
    let share = Int(Double(measure.done) / Double(measure.total) * 100)
    let percent = SanitizedText("\(sample.isComplete ? 100 : min(99, share))")
      .padded(to: 3, alignment: .right)
    let done = SanitizedText(size: sample.done)
    var text: SanitizedText =
      switch sample.extent {
      case _ where detail == .share: "\(label) \(percent) %"
      case .file: "\(label) \(percent) % of the file  \(done)"
      case .none, .bytes: "\(label) \(percent) %  \(done) of \(SanitizedText(size: measure.total))"
      }
    if let stall = rate.stall(at: now), !sample.isComplete {
      text = text + "  no byte for \(SanitizedText(time: stall))"
    } else if let speed = rate.bytesPerSecond {
      if detail == .all { text = text + "  \(SanitizedText(rate: speed))" }
      if let pace = pace.bytesPerSecond, measure.done < measure.total {
        let left = Duration.seconds(Double(measure.total - measure.done) / pace)
        text = text + "  \(SanitizedText(time: left)) left"
      }
    }
    return text
  }
}

extension SanitizedText {
  /// The text in lines that fit, each with its end.
  func lines(within columns: Int?) -> SanitizedText {
    folded(to: columns).map { $0 + "\n" }.joined()
  }
}

/// The rate of the last seconds, so that it follows a stick that becomes slow.
package struct ProgressRate: Sendable {
  private var points: [(time: Duration, done: UInt64)] = []
  private var lastChange: Duration?

  private static let window = Duration.seconds(8)
  private static let stallAfter = Duration.seconds(3)

  /// Starts without a point.
  package init() {}

  /// Takes how much is done at a moment.
  package mutating func add(_ done: UInt64, at now: Duration) {
    if points.last?.done != done { lastChange = now }
    points.append((now, done))
    // One point beyond the window stays, to measure from.
    while points.count > 2, now - points[1].time > Self.window { points.removeFirst() }
  }

  /// The rate; nil before there is one.
  package var bytesPerSecond: Double? {
    guard let first = points.first, let last = points.last, last.done > first.done,
      last.time - first.time >= .milliseconds(200)
    else { return nil }
    return Double(last.done - first.done) / ((last.time - first.time) / .seconds(1))
  }

  /// How long nothing has moved, if that is worth telling.
  package func stall(at now: Duration) -> Duration? {
    guard let lastChange, now - lastChange >= Self.stallAfter else { return nil }
    return now - lastChange
  }
}

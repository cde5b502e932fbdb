import Terminal
import Writer

/// How far a run is, as a screen shows it: a value that takes readings and gives lines.
struct ProgressPicture: Sendable {
  private(set) var reading: ProgressReading?
  private var phaseStart = Duration.zero
  private var now = Duration.zero
  private var rate = ProgressRate()
  private var pace = ProgressRate()
  private var history = RateHistory()
  /// What phases that came to their end have done, a line each.
  private(set) var summaries: [SanitizedText] = []

  /// Takes a reading at a moment.
  mutating func update(_ reading: ProgressReading, at now: Duration) {
    self.now = now
    guard let sample = ProgressSample(reading) else { return }
    if reading.phase != self.reading?.phase {
      // What follows a phase proves that it came to its end.
      endPhase(isComplete: true)
      phaseStart = now
      (rate, pace, history) = (ProgressRate(), ProgressRate(), RateHistory())
    }
    self.reading = reading
    rate.add(sample.done, at: now)
    pace.add(sample.measure?.done ?? 0, at: now)
    history.add(sample.done, at: now)
  }

  /// Ends the last phase.
  /// - Parameter isComplete: whether the run came to its end.
  mutating func finish(at now: Duration, isComplete: Bool) {
    self.now = now
    endPhase(isComplete: isComplete)
    reading = nil
  }

  private mutating func endPhase(isComplete: Bool) {
    guard isComplete, let reading, let sample = ProgressSample(reading) else { return }
    let elapsed = now - phaseStart
    guard case .bytes(let total) = sample.extent, total > 0 else { return }
    let moved: SanitizedText =
      "\(sample.label.padded(to: 10)) \(SanitizedText(size: total)) in \(SanitizedText(time: elapsed))"
    let isMeasured = elapsed >= .milliseconds(100)
    summaries.append(
      isMeasured ? moved + ", \(SanitizedText(rate: Double(total) / (elapsed / .seconds(1))))" : moved)
  }

  /// Whole percents of the phase, 100 only where nothing is left; nil where its end is not known.
  var percent: Int? {
    guard let reading, let sample = ProgressSample(reading), let measure = sample.measure else { return nil }
    return sample.isComplete ? 100 : min(99, Int(Double(measure.done) / Double(measure.total) * 100))
  }

  /// How long nothing has moved, in words; nil where something has.
  var stall: SanitizedText? {
    guard let reading, let sample = ProgressSample(reading), !sample.isComplete, sample.extent != .none,
      let time = rate.stall(at: now)
    else { return nil }
    return reading.phase.stallText(SanitizedText(time: time))
  }

  /// One line: how much, how fast, how long still.
  var amounts: SanitizedText {
    guard let reading, let sample = ProgressSample(reading) else { return "" }
    let elapsed = SanitizedText(time: now - phaseStart)
    var text: SanitizedText =
      switch sample.extent {
      case .none: "for \(elapsed), nobody can tell how long still"
      case .bytes(let total): "\(SanitizedText(size: sample.done)) of \(SanitizedText(size: total))"
      case .file: "\(SanitizedText(size: sample.done)) so far, by how much of the file is read"
      }
    guard stall == nil, let speed = rate.bytesPerSecond else { return text }
    text = text + ", \(SanitizedText(rate: speed))"
    if let measure = sample.measure, let pace = pace.bytesPerSecond, measure.done < measure.total {
      text = text + ", \(SanitizedText(time: .seconds(Double(measure.total - measure.done) / pace))) left"
    }
    return text
  }

  /// The picture.
  /// - Parameter title: what is written where.
  func lines(_ title: SanitizedText, at size: ScreenSize, _ style: ScreenStyle) -> [SanitizedText] {
    let isLow = size.rows < 16
    let gap: [SanitizedText] = isLow ? [] : [""]
    var head = title.wrapped(to: size.columns).prefix(isLow ? 1 : 3).map {
      $0.styled(.bold, if: style.hasColor)
    }
    head += gap
    guard let reading else {
      return (head + ["Getting ready ..."]).map { style.fitted($0, to: size.columns) }
    }
    head += reading.phase.sentence.wrapped(to: size.columns).prefix(isLow ? 2 : 4)
    head += bar(size.columns, style).map { [$0] } ?? []
    head += amounts.wrapped(to: size.columns)
    head += (stall?.wrapped(to: size.columns) ?? []).map { $0.styled(.yellow, if: style.hasColor) }
    let foot = reading.phase.stopText.wrapped(to: size.columns).prefix(isLow ? 2 : 3)
      .map { $0.styled(.dim, if: style.hasColor) }
    let done = isLow ? [] : summaries.suffix(4).map { $0.styled(.dim, if: style.hasColor) }
    let room = size.rows - head.count - foot.count - done.count - 2 * gap.count
    let graph = graph(size.columns, min(8, room - 1), style)
    return (head + gap + graph + gap + done + foot).prefix(size.rows).map {
      style.fitted($0, to: size.columns)
    }
  }

  private func bar(_ columns: Int, _ style: ScreenStyle) -> SanitizedText? {
    guard let percent, let reading, let measure = ProgressSample(reading)?.measure else { return nil }
    let room = max(8, min(columns, 100) - 9)
    let filled = min(room, Int(Double(measure.done) / Double(measure.total) * Double(room)))
    let (full, empty): (String, String) = style.isUnicode ? ("█", "░") : ("#", ".")
    let text = String(repeating: full, count: filled) + String(repeating: empty, count: room - filled)
    let number = SanitizedText("\(percent)").padded(to: 3, alignment: .right)
    return "[\(SanitizedText(foreign: text))] \(number) %"
  }

  /// The rates with the highest of them as the scale; nothing where there is no room.
  private func graph(_ columns: Int, _ rows: Int, _ style: ScreenStyle) -> [SanitizedText] {
    let rates = history.rates(columns: min(columns, 200))
    guard rows > 0, rates.count > 1, let top = rates.max(), top > 0 else { return [] }
    let scale: SanitizedText = "highest \(SanitizedText(rate: top))"
    return RateGraph(rates: rates, style: style).rows(rows) + [scale.styled(.dim, if: style.hasColor)]
  }
}

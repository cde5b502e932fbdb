import Terminal
import Writer

/// How the newest state of a run is shown to a person; used by one thread.
protocol ProgressView {
  /// Shows a reading.
  mutating func update(_ reading: ProgressReading, at now: Duration)
  /// Says something that is not progress, and stays.
  mutating func notice(_ text: SanitizedText)
  /// Ends it; nothing is shown afterwards.
  mutating func finish(at now: Duration, isComplete: Bool)
}

/// One line that is redrawn, or a plain line a second.
struct LineView: ProgressView {
  private let output: any TextSink
  private let redraws: Bool
  private var line: ProgressLine

  /// Shows progress at an output.
  init(_ output: any TextSink, _ capabilities: Capabilities) {
    self.output = output
    redraws = capabilities.redraws
    line = ProgressLine(for: capabilities)
  }

  mutating func update(_ reading: ProgressReading, at now: Duration) {
    // That a person is waited for is no news each second.
    guard redraws || !reading.phase.awaitsPerson else { return }
    if let sample = ProgressSample(reading) { output.write(line.update(sample, at: now)) }
  }

  mutating func notice(_ text: SanitizedText) { output.write(line.notice(text)) }

  mutating func finish(at now: Duration, isComplete: Bool) {
    output.write(line.finish(at: now, isComplete: isComplete))
  }
}

/// The whole screen; what phases have done stays among the shell's text.
struct ScreenView: ProgressView {
  private let screen: FullScreen
  private let output: any TextSink
  private let style: ScreenStyle
  private let title: SanitizedText
  private var picture = ProgressPicture()
  private var notices: [SanitizedText] = []

  /// Takes a screen.
  /// - Parameter title: what is written where.
  init(_ screen: FullScreen, _ output: any TextSink, _ style: ScreenStyle, title: SanitizedText) {
    self.screen = screen
    self.output = output
    self.style = style
    self.title = title
    screen.open()
  }

  mutating func update(_ reading: ProgressReading, at now: Duration) {
    picture.update(reading, at: now)
    let size = screen.size
    let told = notices.flatMap { $0.wrapped(to: size.columns) }
    // What it is about stays; the rows at the end are the graph's and the hints'.
    let rows = picture.lines(title, at: size, style).prefix(max(size.rows - told.count, 0))
    screen.draw(rows + told, at: size)
  }

  mutating func notice(_ text: SanitizedText) { notices.append(text) }

  mutating func finish(at now: Duration, isComplete: Bool) {
    picture.finish(at: now, isComplete: isComplete)
    screen.close()
    for line in notices + picture.summaries { output.writeLine(line) }
  }
}

/// Few lines, for who hears them: each phase, each tenth of it, and when nothing moves.
struct SpokenView: ProgressView {
  private let output: any TextSink
  private var picture = ProgressPicture()
  private var phase: WritePhase?
  private var nextTenth = 10
  private var lastLine = Duration.zero

  /// As long as there is silence at most.
  private static let silence = Duration.seconds(30)

  /// Shows progress at an output.
  init(_ output: any TextSink) { self.output = output }

  mutating func update(_ reading: ProgressReading, at now: Duration) {
    picture.update(reading, at: now)
    guard reading.word != nil else { return }
    if reading.phase != phase {
      (phase, nextTenth) = (reading.phase, 10)
      say(reading.phase.sentence, at: now)
    } else if let percent = picture.percent, percent >= nextTenth {
      nextTenth = (percent / 10 + 1) * 10
      say("\(percent) %, \(picture.amounts)", at: now)
    } else if now - lastLine >= Self.silence {
      say(picture.stall ?? picture.amounts, at: now)
    }
  }

  mutating func notice(_ text: SanitizedText) { output.writeLine(text) }

  mutating func finish(at now: Duration, isComplete: Bool) {
    picture.finish(at: now, isComplete: isComplete)
    for line in picture.summaries { output.writeLine(line) }
  }

  private mutating func say(_ text: SanitizedText, at now: Duration) {
    output.writeLine(text)
    lastLine = now
  }
}

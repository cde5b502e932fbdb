import BlockIO
import Glibc
import Synchronization
import Terminal
import Writer

/// Shows the newest state of a run, from a thread of its own, until it is told to stop.
final class ProgressReporter: Sendable {
  /// How progress is shown.
  enum Form: Hashable, Sendable {
    /// Not at all.
    case none
    /// As lines on standard error.
    case text
    /// As JSON Lines on standard output.
    case json
  }

  private let meter: ProgressMeter
  private let context: Context
  private let form: Form
  private let isDone = Atomic<Bool>(false)

  private static let redrawInterval: UInt32 = 100_000
  /// JSON Lines come this far apart.
  private static let jsonInterval = Duration.seconds(1)

  private init(_ meter: ProgressMeter, _ context: Context, _ form: Form) {
    self.meter = meter
    self.context = context
    self.form = form
  }

  /// Shows progress while a body runs; everything is printed when it returns.
  static func showing<Result>(
    _ meter: ProgressMeter, in context: Context, as form: Form, _ body: () async -> Result
  ) async -> Result {
    guard form != .none else { return await body() }
    let reporter = ProgressReporter(meter, context, form)
    let thread = BackgroundThread.start { reporter.run() }
    let result = await body()
    reporter.isDone.store(true, ordering: .releasing)
    thread.join()
    return result
  }

  private func run() {
    switch form {
    case .none: break
    case .text: runText()
    case .json: runJSON()
    }
  }

  private func runText() {
    var line = ProgressLine(for: context.errorCapabilities)
    while !isDone.load(ordering: .acquiring) {
      if let sample = ProgressSample(meter.reading) {
        context.stderr.write(line.update(sample, at: context.now()))
      }
      usleep(Self.redrawInterval)
    }
    let isComplete = meter.reading.phase == .done
    context.stderr.write(line.finish(at: context.now(), isComplete: isComplete))
  }

  private func runJSON() {
    var last: ProgressReading?
    var lastTime: Duration?
    while !isDone.load(ordering: .acquiring) {
      let reading = meter.reading
      let now = context.now()
      let isDue = lastTime.map { now - $0 >= Self.jsonInterval } ?? true
      if reading.word != nil, reading.phase != last?.phase || isDue {
        context.stdout.writeLine(reading.json.line)
        last = reading
        lastTime = now
      }
      usleep(Self.redrawInterval)
    }
  }
}

extension ProgressReading {
  /// What is being done, in one word; nil where there is nothing to show.
  var word: SanitizedText? {
    switch phase {
    case .preparing, .done: nil
    case .saving: "saving"
    case .erasing: "erasing"
    case .writing: "writing"
    case .flushing: "flushing"
    case .verifying: "verifying"
    case .committing: "committing"
    case .restoring: "restoring"
    }
  }

  fileprivate var json: JSONValue {
    var (total, fileDone, fileTotal): (UInt64?, UInt64?, UInt64?)
    switch scale {
    case .none: break
    case .bytes(let count): total = count
    case .file(let consumed, let count): (fileDone, fileTotal) = (consumed, count)
    }
    return [
      "schema": 1, "event": "progress", "phase": JSONValue(word), "bytesDone": JSONValue(done),
      "bytesTotal": JSONValue(total), "fileBytesDone": JSONValue(fileDone),
      "fileBytesTotal": JSONValue(fileTotal),
    ]
  }
}

extension ProgressSample {
  init?(_ reading: ProgressReading) {
    guard let word = reading.word else { return nil }
    let extent: Extent =
      switch reading.scale {
      case .none: .none
      case .bytes(let total): .bytes(total)
      case .file(let consumed, let total): .file(consumed: consumed, of: total)
      }
    self.init(label: word, done: reading.done, of: extent)
  }
}

import BlockIO
import Documents
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

  private let tracks: [ProgressTrack]
  private let context: Context
  private let form: Form
  private let isDone = Monitor(false)

  /// JSON Lines come this far apart.
  private static let jsonInterval = Duration.seconds(1)

  /// Says once why a run that is to be stopped takes so long.
  private struct StopNotice {
    private var stopped: Duration?
    private var isTold = false

    /// How long it may take before somebody has to be told.
    private static let patience = Duration.seconds(1)
    private static var text: SanitizedText {
      "burin: stopping, as soon as the disk answers; a second Ctrl-C now does not wait for that"
    }

    /// What is to be said now.
    mutating func due(in context: Context) -> SanitizedText? {
      guard !isTold, context.stopSignal() != nil else { return nil }
      let now = context.now()
      let start = stopped ?? now
      stopped = start
      isTold = now - start >= Self.patience
      return isTold ? Self.text : nil
    }
  }

  private init(_ tracks: [ProgressTrack], _ context: Context, _ form: Form) {
    self.tracks = tracks
    self.context = context
    self.form = form
  }

  /// Shows progress while a body runs; everything is printed when it returns.
  static func showing<Result>(
    _ meter: ProgressMeter, in context: Context, as form: Form, _ body: () async -> Result
  ) async -> Result { await showing([ProgressTrack(meter)], in: context, as: form, body) }

  /// Shows the progress of several runs while a body runs.
  static func showing<Result>(
    _ tracks: [ProgressTrack], in context: Context, as form: Form, _ body: () async -> Result
  ) async -> Result {
    guard form != .none else { return await body() }
    let begin = context.now()
    defer { context.workTime.add(context.now() - begin) }
    let reporter = ProgressReporter(tracks, context, form)
    let thread = BackgroundThread.start(Language.carrying { reporter.run() })
    let result = await body()
    reporter.isDone.change { $0 = true }
    thread.join()
    return result
  }

  private func run() {
    switch form {
    case .none: break
    case .text where tracks.count == 1: runText(tracks[0].meter)
    case .text: runBoard()
    case .json: runJSON()
    }
  }

  /// What is to be said besides progress.
  private var notices: [SanitizedText] { tracks.flatMap { $0.takeNotices() } }

  /// Where the runs are; that a person is waited for moves nothing, and is no news each second.
  private var moments: [ProgressBoard.Moment] {
    let redraws = context.errorCapabilities.redraws
    return tracks.map { track in
      track.meter.reading.phase.awaitsPerson && !redraws ? track.momentUnlessRunning : track.moment
    }
  }

  private var hasEnded: Bool { isDone.change { $0 } }

  /// Waits until it is time to look again, or until the run has ended, which is told at once.
  private func rest() {
    context.standstill.beat()
    _ = isDone.wait(upTo: context.pictureInterval) { $0 ? true : nil }
  }

  private func runText(_ meter: ProgressMeter) {
    var view: any ProgressView =
      context.progressView?() ?? LineView(context.stderr, context.errorCapabilities)
    var stop = StopNotice()
    while !hasEnded {
      for text in notices { view.notice(text) }
      view.update(meter.reading, at: context.now())
      if let text = stop.due(in: context) { view.notice(text) }
      rest()
    }
    for text in notices { view.notice(text) }
    view.finish(at: context.now(), isComplete: meter.reading.phase == .done)
  }

  private func runBoard() {
    var board = ProgressBoard(tracks.map(\.name), for: context.errorCapabilities)
    var stop = StopNotice()
    while !hasEnded {
      for text in notices { context.stderr.write(board.notice(text)) }
      context.stderr.write(board.update(moments, at: context.now()))
      if let text = stop.due(in: context) { context.stderr.write(board.notice(text)) }
      rest()
    }
    // What ended last has not been told yet.
    for text in notices { context.stderr.write(board.notice(text)) }
    context.stderr.write(board.update(moments, at: context.now()))
    context.stderr.write(board.finish())
  }

  private func runJSON() {
    var shown = tracks.map { _ in (last: ProgressReading?.none, time: Duration?.none) }
    while !hasEnded {
      for (index, track) in tracks.enumerated() {
        let reading = track.meter.reading
        let now = context.now()
        let isDue = shown[index].time.map { now - $0 >= Self.jsonInterval } ?? true
        guard reading.word != nil, !reading.phase.awaitsPerson,
          reading.phase != shown[index].last?.phase || isDue
        else { continue }
        let line = reading.json(of: tracks.count > 1 ? track.id : nil).line
        track.unlessEnded { context.stdout.writeLine(line) }
        shown[index] = (reading, now)
      }
      rest()
    }
  }
}

extension WritePhase {
  /// Whether nothing moves until a person does something.
  var awaitsPerson: Bool { self == .unplugging || self == .replugging }
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
    case .reading: "reading"
    case .probing: "probing"
    case .unplugging: "unplug it"
    case .replugging: "plug it in"
    }
  }

  /// - Parameter id: whose reading it is, where there are several.
  fileprivate func json(of id: String?) -> JSONValue {
    var (total, fileDone, fileTotal): (UInt64?, UInt64?, UInt64?)
    switch scale {
    case .none: break
    case .bytes(let count): total = count
    case .file(let consumed, let count): (fileDone, fileTotal) = (consumed, count)
    }
    let whose = id.map { [JSONValue.member("id", JSONValue($0))] } ?? []
    return .object(
      [JSONValue.member("schema", 1), JSONValue.member("event", "progress")] + whose + [
        JSONValue.member("phase", JSONValue(word)), JSONValue.member("bytesDone", JSONValue(done)),
        JSONValue.member("bytesTotal", JSONValue(total)),
        JSONValue.member("fileBytesDone", JSONValue(fileDone)),
        JSONValue.member("fileBytesTotal", JSONValue(fileTotal)),
      ])
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

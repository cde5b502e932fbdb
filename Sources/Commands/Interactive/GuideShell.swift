import BlockIO
import SystemPackage
import Terminal

/// Runs a ``Guide`` at a terminal: keys, disks and answers in, pictures out.
struct GuideShell {
  let context: Context
  let desk: Desk

  /// As often as is looked whether something other than a key has come, in milliseconds.
  private static let tick: CInt = 100

  /// What somebody has chosen; nil where it was cancelled.
  ///
  /// The terminal is as before when this returns.
  func run() -> GuideChoice? {
    let (keyboard, screen) = (
      Keyboard(input: desk.input, output: desk.output), FullScreen(output: desk.output)
    )
    guard keyboard.open() else { return nil }
    screen.open()
    defer {
      screen.close()
      keyboard.close()
    }
    return StickScout.looking(in: context) { scout in
      var round = Round(context: context, desk: desk, keyboard: keyboard, screen: screen)
      return round.run(with: scout)
    }
  }

  /// From the first picture to the choice.
  private struct Round {
    let context: Context
    let desk: Desk
    let keyboard: Keyboard
    let screen: FullScreen
    var guide = Guide()
    var decoder = KeyDecoder()
    var inspection: InspectionJob?

    mutating func run(with scout: StickScout) -> GuideChoice? {
      guide.home = desk.home
      draw()
      let (folders, now) = (desk.folders, context.now)
      let images = Answer { ImageFinder(folders: folders, now: now).find() }
      while !Task.isCancelled {
        for event in events(scout, images) {
          for effect in guide.handle(event) {
            switch effect {
            case .finish(let choice): return choice
            case .cancel: return nil
            case .suspend: suspend()
            case .inspect(let image): inspection = InspectionJob(image, in: context)
            case .complete(let text):
              _ = guide.handle(.completions(.live(text, home: desk.home), of: text))
            }
          }
        }
        draw()
      }
      return nil
    }

    /// What has happened, after waiting a moment for it.
    private mutating func events(_ scout: StickScout, _ images: Answer<[FoundImage]>) -> [Guide.Event] {
      var events: [Guide.Event] = []
      switch keyboard.read(within: GuideShell.tick) {
      case .bytes(let bytes): events += decoder.feed(bytes).map { .key($0) }
      case .nothing: events += decoder.settle().map { .key($0) }
      case .closed: events.append(.key(.control("d")))
      }
      if guide.images == nil, let found = images.value { events.append(.images(found)) }
      if let now = scout.sticks, Set(now) != Set(guide.sticks ?? []) || guide.sticks == nil {
        events.append(.sticks(now))
      }
      if let job = inspection, let result = job.result {
        events.append(.inspected(result, of: job.image))
        inspection = nil
      }
      return events
    }

    private func draw() {
      if keyboard.isDisturbed { restart() }
      let size = screen.size
      let picture = GuidePicture(
        guide: guide, size: size, style: desk.style, isUnprivileged: context.broker != nil)
      screen.draw(picture.lines, at: size)
    }

    private func suspend() {
      screen.close()
      keyboard.close()
      Keyboard.stop()
      restart()
    }

    /// Takes the terminal again after somebody else had it.
    private func restart() {
      keyboard.close()
      _ = keyboard.open()
      screen.open()
    }
  }
}

/// What a thread of its own finds out.
private final class Answer<Value: Sendable>: Sendable {
  private let box = Monitor<Value?>(nil)

  init(_ find: @escaping @Sendable () -> Value) {
    BackgroundThread.start(
      Language.carrying { [box] in
        let value = find()
        box.change { $0 = value }
      })
  }

  /// The answer, as soon as there is one.
  var value: Value? { box.change { $0 } }
}

import Terminal

/// The interactive way up to the question: what was chosen so far and what is on the screen, as a value.
///
/// It knows neither terminal nor device. What happens comes in as an event, and what is to be done goes out as
/// effects. Nothing is chosen for the person (R1): no row is marked until a key has marked it, a mark belongs to a
/// stick and not to a row (R7), and the question for the ID, which alone has anything written, comes afterwards.
struct Guide: Sendable {
  /// What is being chosen.
  enum Step: Sendable {
    /// Which image.
    case image
    /// The image is being looked at.
    case inspecting(String)
    /// What was found out about it.
    case verdict(InspectionResult, of: String)
    /// Which stick.
    case stick(image: String)
  }

  /// What happens.
  enum Event: Sendable {
    case key(Key)
    /// The images that were found.
    case images([FoundImage])
    /// What a path that is being typed may become.
    case completions(PathCompletion, of: String)
    case inspected(InspectionResult, of: String)
    case sticks([OfferedStick])
  }

  /// What is to be done.
  enum Effect: Hashable, Sendable {
    case inspect(String)
    case complete(String)
    case suspend
    case cancel
    case finish(GuideChoice)
  }

  /// What `~` stands for in a path.
  var home: String?
  /// What is being chosen.
  var step = Step.image
  /// The images that were found; nil while they are sought.
  var images: [FoundImage]?
  /// The marked image.
  var markedImage: Int?
  /// The sticks that are plugged in, in the order in which they came; nil before the first look.
  var sticks: [OfferedStick]?
  /// The ID of the marked stick.
  var markedStick: String?
  /// What is being typed; nil where nothing is.
  var input: LineEditor?
  /// What a typed path may become.
  var completions: [String] = []
  /// How many lines of a long text are above the screen.
  var scroll = 0
  /// What was just noticed.
  var notice: SanitizedText?

  /// Takes what happens.
  mutating func handle(_ event: Event) -> [Effect] {
    switch event {
    case .key(let key): return press(key)
    case .images(let found): images = found
    case .completions(let completion, let text): complete(completion, text)
    case .inspected(let result, let image):
      // Somebody may have gone back meanwhile.
      guard case .inspecting(image) = step else { return [] }
      (step, scroll) = (.verdict(result, of: image), 0)
    case .sticks(let now): see(now)
    }
    return []
  }

  private mutating func press(_ key: Key) -> [Effect] {
    notice = nil
    if key == .control("z") { return [.suspend] }
    // A terminal that sends no signal for it, and the end of the input.
    if key == .control("c") || key == .control("d") { return [.cancel] }
    if input != nil { return type(key) }
    switch step {
    case .image: return pressAtImages(key)
    case .inspecting: return isBack(key) ? leave(for: .image) : key == .character("q") ? [.cancel] : []
    case .verdict(let result, let image): return pressAtVerdict(key, result, image)
    case .stick(let image): return pressAtSticks(key, image)
    }
  }

  /// Whether a key means the step before.
  private func isBack(_ key: Key) -> Bool { [.escape, .left, .backspace].contains(key) }

  private mutating func leave(for step: Step) -> [Effect] {
    (self.step, scroll) = (step, 0)
    return []
  }

  // MARK: - The image

  private mutating func pressAtImages(_ key: Key) -> [Effect] {
    if let moved = Self.moved(markedImage, by: key, among: images?.count ?? 0) {
      markedImage = moved
      return []
    }
    switch key {
    case .enter, .right:
      guard let images, let markedImage, images.indices.contains(markedImage) else {
        notice = "Mark an image with the arrow keys first, or type a path."
        return []
      }
      return inspect(images[markedImage].path)
    case .character("q"), .escape: return [.cancel]
    default: return startTyping(key)
    }
  }

  private mutating func inspect(_ image: String) -> [Effect] {
    step = .inspecting(image)
    return [.inspect(image)]
  }

  // MARK: - The verdict

  private mutating func pressAtVerdict(
    _ key: Key, _ result: InspectionResult, _ image: String
  ) -> [Effect] {
    switch key {
    case .up, .character("k"): scroll = max(0, scroll - 1)
    case .down, .character("j"): scroll += 1
    case .pageUp: scroll = max(0, scroll - 5)
    case .pageDown, .character(" "): scroll += 5
    case .home: scroll = 0
    case .character("q"): return [.cancel]
    case .enter, .right:
      guard case .known(let known) = result, !known.isRefused else {
        notice = "This image is not written: go back and choose another one."
        return []
      }
      return leave(for: .stick(image: image))
    case _ where isBack(key): return leave(for: .image)
    default: break
    }
    return []
  }

  // MARK: - The stick

  private mutating func pressAtSticks(_ key: Key, _ image: String) -> [Effect] {
    let sticks = sticks ?? []
    let row = sticks.firstIndex { $0.id == markedStick }
    if let moved = Self.moved(row, by: key, among: sticks.count) {
      markedStick = sticks[moved].id
      return []
    }
    switch key {
    case .enter, .right:
      guard let row else {
        notice = "Mark a stick with the arrow keys first; none is chosen for you."
        return []
      }
      return choose(sticks[row], image)
    // An ID begins with it too.
    case .character("u") where row.map { sticks[$0].isMounted } ?? false:
      return markedStick.map { [.finish(GuideChoice(image: image, target: $0, unmounts: true))] } ?? []
    case .character("q"): return [.cancel]
    case _ where isBack(key): return leave(for: .image)
    default: return startTyping(key)
    }
  }

  private mutating func choose(_ stick: OfferedStick, _ image: String) -> [Effect] {
    switch stick.state {
    case .free: return [.finish(GuideChoice(image: image, target: stick.id))]
    case .mounted: notice = "It is mounted: press u to have it unmounted and go on."
    case .needs(let options, _):
      notice =
        "Not here: `burin write` takes it with \(options.map { SanitizedText(foreign: $0) }.joined(separator: " "))."
    case .never(let reason): notice = "Never as it is now: \(reason)."
    }
    return []
  }

  /// Takes what is plugged in by now; those that were there keep their places, and the mark its stick.
  private mutating func see(_ now: [OfferedStick]) {
    let known = (sticks ?? []).map(\.id)
    let stayed = known.compactMap { id in now.first { $0.id == id } }
    let new = now.filter { !known.contains($0.id) }
    if let marked = markedStick, !now.contains(where: { $0.id == marked }) {
      markedStick = nil
      notice = "The stick \(marked) is gone."
    } else if sticks != nil, let newest = new.last {
      notice = "New: \(newest.id), \(newest.description)."
    }
    sticks = stayed + new
  }

  // MARK: - Typing

  /// Begins to type with the first character of a path, a URL or an ID.
  private mutating func startTyping(_ key: Key) -> [Effect] {
    var editor = LineEditor()
    switch key {
    case .tab: break
    case .character(let character) where character != " ": _ = editor.handle(.character(character))
    case .pasted(let text) where !text.isEmpty: _ = editor.handle(key)
    default: return []
    }
    (input, completions) = (editor, [])
    return []
  }

  private mutating func type(_ key: Key) -> [Effect] {
    guard var editor = input else { return [] }
    switch key {
    case .escape: (input, completions) = (nil, [])
    case .tab: return [.complete(editor.text)]
    case .enter: return take(editor.text)
    case .backspace where editor.text.isEmpty: (input, completions) = (nil, [])
    default:
      if editor.handle(key) { (input, completions) = (editor, []) }
    }
    return []
  }

  private mutating func complete(_ completion: PathCompletion, _ text: String) {
    guard input?.text == text else { return }
    input = LineEditor(completion.text)
    completions = completion.names
    if completion.names.isEmpty, completion.text == text { notice = "Nothing there begins so." }
  }

  private mutating func take(_ text: String) -> [Effect] {
    guard !text.isEmpty else { return [] }
    (input, completions) = (nil, [])
    switch step {
    case .image:
      guard text != "-" else {
        notice = "Standard input is this keyboard: `burin write` takes a pipe."
        return []
      }
      return inspect(PathCompletion.expanded(text, home: home))
    case .stick(let image):
      return [.finish(GuideChoice(image: image, target: PathCompletion.expanded(text, home: home)))]
    case .inspecting, .verdict: return []
    }
  }

  /// Where a mark goes by a key that moves it; nil for any other key.
  private static func moved(_ mark: Int?, by key: Key, among count: Int) -> Int? {
    guard count > 0 else { return nil }
    switch key {
    case .up, .character("k"): return mark.map { max(0, $0 - 1) } ?? count - 1
    case .down, .character("j"): return mark.map { min(count - 1, $0 + 1) } ?? 0
    case .home: return 0
    case .end: return count - 1
    case .pageUp: return max(0, (mark ?? 0) - 5)
    case .pageDown: return min(count - 1, (mark ?? -1) + 5)
    default: return nil
    }
  }
}

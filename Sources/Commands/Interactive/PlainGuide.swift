import Terminal

/// The interactive way line by line: the same steps as numbered questions, with nothing redrawn.
struct PlainGuide {
  let context: Context
  let desk: Desk

  /// What somebody has chosen; nil where it was cancelled.
  func run() -> GuideChoice? {
    let images = ImageFinder(folders: desk.folders, now: context.now).find()
    while !Task.isCancelled {
      guard let image = chooseImage(images) else { return nil }
      guard let isTaken = show(image) else { return nil }
      if isTaken { return chooseStick(for: image) }
    }
    return nil
  }

  private func ask(
    _ lines: [SanitizedText], _ question: SanitizedText, unless interruption: PromptInterruption? = nil
  ) -> PromptAnswer {
    switch context.prompter.ask(below: lines, question: question, unless: interruption) {
    case .line(let line): return .line(line.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    case let answer: return answer
    }
  }

  private func chooseImage(_ images: [FoundImage]) -> String? {
    var lines: [SanitizedText] = ["Step 1 of 4: the image."]
    if images.isEmpty { lines.append("No image is in your downloads or in this folder.") }
    lines += images.enumerated().map { index, image in
      "\(index + 1): \(image.name), \(SanitizedText(size: image.byteCount)), \(image.kind), in \(image.folder)"
    }
    while case .line(let answer) = ask(lines, "Number, path or URL; q ends: ") {
      lines = []
      if answer == "q" { return nil }
      if answer.isEmpty || answer == "-" { continue }
      guard let number = Int(answer) else { return PathCompletion.expanded(answer, home: desk.home) }
      if images.indices.contains(number - 1) { return images[number - 1].path }
      lines = ["There is no image \(number)."]
    }
    return nil
  }

  /// Says what an image is.
  /// - Returns: whether it is taken; nil where all is cancelled.
  private func show(_ image: String) -> Bool? {
    var lines: [SanitizedText] = ["", "Step 2 of 4: what it is."]
    let capabilities = Capabilities(width: context.prompter.capabilities?.width)
    var isRefused = true
    switch InspectionJob.inspect(image, in: context) {
    case .failed(let diagnostic): lines += diagnostic.lines(for: capabilities)
    case .known(let known):
      lines += known.objection?.lines(for: capabilities) ?? []
      lines += known.report.lines(path: image, for: capabilities)
      lines += ["What is proven about it:"] + known.trust
      isRefused = known.isRefused
    }
    guard !isRefused else {
      for line in lines + [""] { context.stdout.writeLine(line) }
      return false
    }
    while case .line(let answer) = ask(lines, "Type y to go on, b for another image, q to end: ") {
      if answer == "y" { return true }
      if answer == "b" { return false }
      if answer == "q" { return nil }
      lines = []
    }
    return nil
  }

  private func chooseStick(for image: String) -> GuideChoice? {
    StickScout.looking(in: context) { scout in
      while !Task.isCancelled {
        let shown = scout.sticks
        switch ask(
          lines(shown), "Number, ID, path or file:PATH; q ends: ", unless: scout.interruption(unless: shown))
        {
        case .disturbed: continue
        case .line("q"): return nil
        case .line(""): continue
        case .line(let answer):
          guard let number = Int(answer) else {
            return GuideChoice(image: image, target: PathCompletion.expanded(answer, home: desk.home))
          }
          if let choice = choice(image, shown ?? [], number) { return choice }
        case .endOfInput, .interrupted, .noTerminal, .failed: return nil
        }
      }
      return nil
    }
  }

  private func lines(_ sticks: [OfferedStick]?) -> [SanitizedText] {
    let heading: SanitizedText = "Step 3 of 4: the stick."
    guard let sticks else { return ["", heading, "Looking at what is plugged in."] }
    guard !sticks.isEmpty else {
      return ["", heading, "Plug the stick in now; the question comes again then."]
    }
    return ["", heading]
      + sticks.enumerated().flatMap { index, stick -> [SanitizedText] in
        let losses = stick.losses.prefix(2).map { "   holds \($0)" as SanitizedText }
        return ["\(index + 1): \(stick.id), \(stick.path), \(stick.description), \(stick.place)"] + losses
          + (stick.hindrance.map { ["   \($0)"] } ?? [])
      }
  }

  private func choice(_ image: String, _ sticks: [OfferedStick], _ number: Int) -> GuideChoice? {
    guard sticks.indices.contains(number - 1) else {
      context.stdout.writeLine("There is no stick \(number).")
      return nil
    }
    let stick = sticks[number - 1]
    switch stick.state {
    case .free: return GuideChoice(image: image, target: stick.id)
    case .mounted:
      let question: SanitizedText =
        "It is mounted. Type u to have it unmounted, anything else to choose again: "
      guard case .line("u") = ask([], question) else { return nil }
      return GuideChoice(image: image, target: stick.id, unmounts: true)
    case .needs, .never:
      context.stdout.writeLine("Not this one: \(stick.hindrance ?? "")")
      return nil
    }
  }
}

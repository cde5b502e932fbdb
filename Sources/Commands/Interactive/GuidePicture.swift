import ImageInspector
import Terminal

/// What a ``Guide`` looks like on a screen of a size.
struct GuidePicture {
  let guide: Guide
  let size: ScreenSize
  let style: ScreenStyle
  /// Whether disks have to be opened by somebody else, who may refuse.
  var isUnprivileged = false

  /// The lines from top to bottom, each no wider than the screen, as many as it has or fewer.
  var lines: [SanitizedText] {
    let head = heading
    let foot = footer
    let room = max(1, size.rows - head.count - foot.count)
    let body = Array(body(in: room).prefix(room))
    // The keys are at the bottom, wherever the text ends.
    let gap = [SanitizedText](repeating: "", count: max(0, room - body.count))
    return (head + body + gap + foot).prefix(size.rows).map { style.fitted($0, to: size.columns) }
  }

  /// Whether there is room for what is only pleasant.
  private var isLow: Bool { size.rows < 16 }

  private func bold(_ text: SanitizedText) -> SanitizedText { text.styled(.bold, if: style.hasColor) }
  private func dim(_ text: SanitizedText) -> SanitizedText { text.styled(.dim, if: style.hasColor) }

  private func wrapped(_ text: SanitizedText) -> [SanitizedText] {
    text.wrapped(to: size.columns).flatMap { $0.filled(to: size.columns) }
  }

  // MARK: - Head and foot

  private var heading: [SanitizedText] {
    let (number, name): (Int, SanitizedText) =
      switch guide.step {
      case .image: (1, "the image")
      case .inspecting, .verdict: (2, "what it is")
      case .stick: (3, "the stick")
      }
    let title: SanitizedText = "burin, step \(number) of 4: \(name)"
    return [bold(title)] + (isLow ? [] : [""])
  }

  private var footer: [SanitizedText] {
    let notice = guide.notice.map { wrapped($0).prefix(3) } ?? []
    let lines = notice.map { $0.styled(.yellow, if: style.hasColor) }
    return lines + wrapped(keys).prefix(2).map(dim)
  }

  private var keys: SanitizedText {
    if guide.input != nil { return "Enter takes it, Tab completes, Esc leaves it, Ctrl-U clears" }
    switch guide.step {
    case .image: return "Up/Down mark, Enter takes, Tab or / types a path, q ends"
    case .inspecting: return "Esc goes back, q ends"
    case .verdict(.known(let image), _) where !image.isRefused:
      return "Enter goes on to the stick, Up/Down scroll, Esc goes back, q ends"
    case .verdict: return "Esc goes back, Up/Down scroll, q ends"
    case .stick:
      let marked = guide.sticks?.first { $0.id == guide.markedStick }
      let unmount: SanitizedText = marked?.isMounted == true ? "u unmounts and takes, " : ""
      return "Up/Down mark, Enter takes, \(unmount)Esc goes back, q ends"
    }
  }

  // MARK: - Body

  private func body(in room: Int) -> [SanitizedText] {
    switch guide.step {
    case .image: return images(in: room)
    case .inspecting(let image):
      return wrapped("Looking at \(image): where does it boot, and what speaks for it?")
    case .verdict(let result, let image): return verdict(result, image, in: room)
    case .stick(let image): return sticks(image, in: room)
    }
  }

  private func images(in room: Int) -> [SanitizedText] {
    var lines: [SanitizedText] = []
    switch guide.images {
    case nil: lines += ["Looking for images ..."]
    case let found? where found.isEmpty:
      lines += wrapped("No image is in your downloads or in this folder. Type a path or a URL.")
    case .some: lines += wrapped("Which image? The newest first, by what is in them:")
    }
    let typing = typed("Path or URL: ")
    let rows = (guide.images ?? []).enumerated().map { index, image in
      [
        row("\(image.name)", index == guide.markedImage),
        detail("\(SanitizedText(size: image.byteCount)), \(image.kind), in \(image.folder)"),
      ]
    }
    return lines + window(rows, at: guide.markedImage, in: room - lines.count - typing.count) + typing
  }

  private func verdict(_ result: InspectionResult, _ image: String, in room: Int) -> [SanitizedText] {
    let capabilities = Capabilities(hasColor: style.hasColor, width: size.columns)
    var lines: [SanitizedText]
    switch result {
    case .failed(let diagnostic): lines = diagnostic.lines(for: capabilities)
    case .known(let known):
      lines = []
      if let objection = known.objection { lines += objection.lines(for: capabilities) + [""] }
      lines += known.report.lines(path: image, for: capabilities) + ["", bold("What is proven about it")]
      lines += known.trust.flatMap { $0.folded(behind: "  ", for: capabilities) }
    }
    // A heading may be longer than the screen is wide, and what cannot be broken is: here nothing can be pasted.
    lines = lines.flatMap { $0.width > size.columns ? $0.unstyled.filled(to: size.columns) : [$0] }
    guard lines.count > room else { return lines }
    let top = min(guide.scroll, lines.count - room + 1)
    let below = lines.count - top - (room - 1)
    let more: SanitizedText = below > 0 ? "-- \(below) more lines below --" : "-- the end --"
    return Array(lines[top..<(top + room - 1)]) + [dim(more)]
  }

  private func sticks(_ image: String, in room: Int) -> [SanitizedText] {
    let name = image.split(separator: "/").last.map(String.init) ?? image
    var lines = [dim(style.fitted("For \(name)", to: size.columns))]
    switch guide.sticks {
    case nil: lines.append("Looking at what is plugged in ...")
    case let now? where now.isEmpty: lines += wrapped("Plug the stick in now: it appears here by itself.")
    case .some: lines += wrapped("Which stick? Plug it in now if it is not here; it appears by itself.")
    }
    if isUnprivileged {
      lines += wrapped(
        "You are not root: the system (UDisks2) is asked to open it. If it refuses: sudo burin")
    }
    let typing = typed("ID, path or file:PATH: ")
    let rows = (guide.sticks ?? []).map { stick in
      [row("\(stick.id)  \(stick.path)", stick.id == guide.markedStick)] + details(of: stick)
    }
    let marked = (guide.sticks ?? []).firstIndex { $0.id == guide.markedStick }
    return lines + window(rows, at: marked, in: room - lines.count - typing.count) + typing
  }

  private func details(of stick: OfferedStick) -> [SanitizedText] {
    var lines = [detail(stick.description)]
    if let hindrance = stick.hindrance {
      // Why not is worth more than the row's height.
      let colour: Style = if case .never = stick.state { .red } else { .yellow }
      let told = hindrance.folded(behind: "    ", for: Capabilities(width: size.columns))
      lines += told.prefix(3).map { style.fitted($0, to: size.columns).styled(colour, if: style.hasColor) }
    }
    guard !isLow else { return lines }
    if !stick.place.isEmpty { lines.append(detail(stick.place)) }
    return lines + stick.losses.prefix(2).map { detail("holds \($0)") }
  }

  // MARK: - Parts

  private func row(_ text: SanitizedText, _ isMarked: Bool) -> SanitizedText {
    isMarked ? bold(style.fitted("> " + text, to: size.columns)) : "  " + text
  }

  /// One line; what does not fit is left out, so that a row keeps its height.
  private func detail(_ text: SanitizedText) -> SanitizedText {
    style.fitted("    " + text, to: size.columns)
  }

  private func typed(_ label: SanitizedText) -> [SanitizedText] {
    guard let input = guide.input else { return [] }
    let mark: SanitizedText = style.isUnicode ? "▏" : "_"
    let room = max(8, size.columns - label.width)
    let names = guide.completions.prefix(8).map { SanitizedText(foreign: $0) }.joined(separator: "  ")
    return (names.isEmpty ? [] : [dim(style.fitted("  " + names, to: size.columns))])
      + [bold(label) + input.shown(in: room, mark: mark)]
  }

  /// As many rows as fit, with the marked one among them.
  private func window(_ rows: [[SanitizedText]], at mark: Int?, in room: Int) -> [SanitizedText] {
    let total = rows.reduce(0) { $0 + $1.count }
    guard total > room else { return rows.flatMap(\.self) }
    var first = 0
    let most = max(0, room - 1)
    func height(_ range: Range<Int>) -> Int { rows[range].reduce(0) { $0 + $1.count } }
    if let mark { while first < mark, height(first..<(mark + 1)) > most { first += 1 } }
    var last = first
    while last < rows.count, height(first..<(last + 1)) <= most { last += 1 }
    let hidden = rows.count - (last - first)
    return Array(rows[first..<last].flatMap(\.self).prefix(most)) + [dim("  ... \(hidden) more")]
  }
}

extension SanitizedText {
  /// The text in lines no wider than a terminal.
  ///
  /// Lines are broken at blanks alone, and nowhere inside of what can be pasted: commands, names, paths, hashes. Where
  /// such a thing is wider than the terminal, it has a line of its own, which begins at the left so that the terminal's
  /// own break does the least harm. What is written without blanks is broken beside characters of two columns.
  /// - Parameters:
  ///   - columns: how wide it is; nil where lines may be of any length, as in a file.
  ///   - hang: how many blanks stand before the second and later lines; nil where the first one tells.
  public func folded(to columns: Int?, hanging hang: Int? = nil) -> [SanitizedText] {
    let paragraphs = laidOut.split(separator: "\n", omittingEmptySubsequences: false)
    return paragraphs.flatMap { paragraph -> [SanitizedText] in
      let line = SanitizedText(vouchedFor: String(paragraph))
      guard let columns, line.width > columns else { return [line] }
      let indent = hang ?? line.hang
      var folding = LineFolding(columns: max(1, columns), hang: min(indent, columns / 2))
      for word in line.words(fitting: columns) { folding.add(word) }
      return folding.finished.map { SanitizedText(vouchedFor: $0) }
    }
  }

  /// A text behind a label, for an output: later lines begin below the text.
  public func folded(behind label: SanitizedText, for capabilities: Capabilities) -> [SanitizedText] {
    (label + self).folded(to: capabilities.width, hanging: label.width)
  }

  /// The text in lines of a screen, which shows nothing behind its last column: what is too wide is broken anywhere.
  public func filled(to columns: Int) -> [SanitizedText] {
    folded(to: columns).flatMap { line -> [SanitizedText] in
      guard line.width > columns, columns > 1 else { return [line] }
      var (lines, text, used) = ([SanitizedText](), "", 0)
      for character in line.laidOut {
        let width = character.displayWidth
        if used + width > columns {
          lines.append(SanitizedText(vouchedFor: text))
          (text, used) = ("", 0)
        }
        text.append(character)
        used += width
      }
      return lines + [SanitizedText(vouchedFor: text)]
    }
  }

  /// The text broken into lines without an indent; blanks before it and double ones are left out.
  public func wrapped(to columns: Int) -> [SanitizedText] {
    laidOut.split(separator: "\n", omittingEmptySubsequences: false).flatMap { paragraph in
      let text = paragraph.split(separator: " ").joined(separator: " ")
      return SanitizedText(vouchedFor: text).folded(to: columns, hanging: 0)
    }
  }

  /// Labels have their text behind them at this column or before.
  private static let widestLabel = 24

  /// Below which column of it the next lines begin: that of the text behind a label, which two blanks at least part
  /// from it, or behind the sign of an item in a list.
  private var hang: Int {
    let text = Array(unstyled.laidOut)
    let margin = text.prefix { $0 == " " }.count
    for sign in ["- ", "> "] where text.dropFirst(margin).starts(with: sign) { return margin + sign.count }
    let digits = text.dropFirst(margin).prefix { $0.isASCII && $0.isNumber }.count
    let behind = text.dropFirst(margin + digits)
    if digits > 0, [". ", ": "].contains(where: { behind.starts(with: $0) }) { return margin + digits + 2 }
    guard margin > 0 else { return 0 }
    var column = margin
    while column < min(text.count, Self.widestLabel) {
      let gap = text[column...].prefix { $0 == " " }.count
      if gap > 1 { return column + gap <= Self.widestLabel ? column + gap : margin }
      column += max(1, gap)
    }
    // A label may fill its column.
    let word = text.dropFirst(margin).prefix { $0 != " " }.count
    let end = margin + word + 1
    return Self.labelColumns.contains(end) && text.count > end ? end : margin
  }

  /// The columns at which texts behind labels begin.
  private static let labelColumns = [10, 14, 16]

  /// What is not broken, each with the blanks before it.
  private func words(fitting columns: Int) -> [LineFolding.Word] {
    var words: [LineFolding.Word] = []
    var rest = laidOut[...]
    while !rest.isEmpty {
      let gap = rest.prefix { $0 == " " }.count
      rest = rest.dropFirst(gap)
      let text = String(rest.prefix { $0 != " " })
      rest = rest.dropFirst(text.count)
      guard !text.isEmpty else { break }
      for (index, part) in (text.displayWidth > columns ? text.brokenAtWide : [text]).enumerated() {
        words.append(LineFolding.Word(text: part, width: part.displayWidth, gap: index == 0 ? gap : 0))
      }
    }
    return words
  }
}

/// Puts words into lines.
private struct LineFolding {
  /// What stays in one piece.
  struct Word {
    let text: String
    let width: Int
    /// How many blanks stand before it, where it does not begin a line.
    let gap: Int
  }

  let columns: Int
  let hang: Int
  private var lines: [String] = []
  private var line = ""
  private var used = 0
  private var isEmpty = true

  init(columns: Int, hang: Int) { (self.columns, self.hang) = (columns, hang) }

  mutating func add(_ word: Word) {
    if !isEmpty, used + word.gap + word.width > columns {
      lines.append(line)
      (line, used, isEmpty) = ("", 0, true)
    }
    let isFirst = isEmpty && lines.isEmpty
    // What needs all of the line begins further to the left than others.
    let margin = isFirst || !isEmpty ? word.gap : hang
    let gap = isEmpty ? min(margin, max(0, columns - word.width)) : margin
    line += String(repeating: " ", count: gap) + word.text
    used += gap + word.width
    isEmpty = false
  }

  /// All lines.
  var finished: [String] { lines + (isEmpty ? [] : [line]) }
}

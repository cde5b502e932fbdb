import Terminal

/// The help of a command, told in the language that is spoken.
///
/// The parser writes it in English alone, and counts characters where a terminal has columns. So its text, which it leaves
/// unbroken for a screen that is wide enough, is taken apart by its form; each part is told, and all of it is set anew.
struct HelpPage {
  /// A screen on which the parser breaks no line, in columns.
  static let unbrokenWidth = 100_000
  /// How wide it is in a file, as the parser has it, in columns.
  static let usualWidth = 80

  private enum Line: Hashable {
    case blank
    case heading(String)
    case entry(label: String, text: String)
    case note(String)
  }

  /// What the command does, in short and, where there is more to say, at length.
  private let about: [String]
  private let usage: String
  private let lines: [Line]

  /// Where the texts of entries begin, in columns.
  private static let textColumn = 26
  private static let indent = SanitizedText(vouchedFor: "  ")
  /// Where less is left for texts, they stand below what they explain, in columns.
  private static let narrowest = 24

  private static let beginning = "OVERVIEW: "
  private static let paragraphs = "\n\n"

  /// Takes apart what the parser prints; nil for what is no help, such as the version.
  /// - Parameter text: the help of a command, for a screen of ``unbrokenWidth``.
  init?(_ text: String) {
    guard text.hasPrefix(Self.beginning), let middle = text.firstRange(of: "\n\nUSAGE: ") else { return nil }
    let overview = text[..<middle.lowerBound].dropFirst(Self.beginning.count)
    if let end = overview.firstRange(of: Self.paragraphs) {
      about = [String(overview[..<end.lowerBound]), String(overview[end.upperBound...])]
    } else {
      about = [String(overview)]
    }
    var rest = text[middle.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)[...]
    usage = String(rest.removeFirst())
    var lines: [Line] = []
    while let line = rest.popFirst() {
      lines.append(Self.line(String(line), behind: lines.last, &rest))
    }
    self.lines = lines
  }

  /// One line, with the next one where a long label leaves its text to it.
  private static func line(_ line: String, behind last: Line?, _ rest: inout ArraySlice<Substring>) -> Line {
    guard !line.isEmpty else { return .blank }
    guard line.hasPrefix(indent.string) else {
      return .heading(line.last == ":" ? String(line.dropLast()) : line)
    }
    guard last != .blank else { return .note(String(line.dropFirst(indent.string.count))) }
    let margin = String(repeating: " ", count: textColumn)
    if let next = rest.first, next.hasPrefix(margin) {
      rest.removeFirst()
      return .entry(label: trimmed(line), text: String(next.dropFirst(textColumn)))
    }
    return .entry(label: trimmed(line.prefix(textColumn)), text: String(line.dropFirst(textColumn)))
  }

  private static func trimmed(_ label: some StringProtocol) -> String {
    label.split(separator: " ").joined(separator: " ")
  }

  /// The help, told and set for a screen.
  /// - Parameter columns: how wide it is.
  func told(columns: Int) -> [SanitizedText] {
    let overview = about.map { SanitizedText(own: $0) }.joined(
      separator: SanitizedText(vouchedFor: Self.paragraphs))
    let usage: SanitizedText = "USAGE: \(ValueNames.told(in: usage))"
    let first = ("OVERVIEW: \(overview)" as SanitizedText).wrapped(to: columns)
    return first + [""] + usage.wrapped(to: columns) + lines.flatMap { told($0, columns) }
  }

  private func told(_ line: Line, _ columns: Int) -> [SanitizedText] {
    switch line {
    case .blank: return [""]
    case .heading(let title): return (SanitizedText(own: title) + ":").wrapped(to: columns)
    case .note(let text):
      return (Self.indent + Self.note(text)).folded(to: columns, hanging: Self.indent.width)
    case .entry(let label, let text):
      let label = Self.indent + ValueNames.told(in: label)
      guard !text.isEmpty else { return label.folded(to: columns, hanging: 2 * Self.indent.width) }
      let isNarrow = columns < Self.textColumn + Self.narrowest
      let column = isNarrow ? 3 * Self.indent.width : Self.textColumn
      let description = Self.description(text)
      guard label.width < column else {
        let margin = SanitizedText("").padded(to: column)
        return label.folded(to: columns, hanging: 2 * Self.indent.width)
          + (margin + description).folded(to: columns, hanging: column)
      }
      return (label.padded(to: column) + description).folded(to: columns, hanging: column)
    }
  }

  /// The note below a list of commands.
  private static func note(_ text: String) -> SanitizedText {
    let quotes = text.ranges(of: "'")
    guard text.hasPrefix("See '"), text.hasSuffix("' for detailed help."), quotes.count == 2 else {
      return SanitizedText(own: text)
    }
    let command = text[quotes[0].upperBound..<quotes[1].lowerBound]
    return "See '\(ValueNames.told(in: command))' for detailed help."
  }

  /// What an option does; behind that the parser puts the values that it may have, and the one that it has.
  private static func description(_ text: String) -> SanitizedText {
    guard text.hasSuffix(")"), let opening = text.ranges(of: " (").last else {
      return SanitizedText(own: text)
    }
    let parts = text[opening.upperBound...].dropLast().split(separator: "; ")
    let facts = parts.compactMap(fact)
    guard facts.count == parts.count else { return SanitizedText(own: text) }
    return "\(SanitizedText(own: String(text[..<opening.lowerBound]))) (\(facts.joined(separator: "; ")))"
  }

  /// One of these; nil for anything else.
  private static func fact(_ text: Substring) -> SanitizedText? {
    let parts = text.split(separator: ": ", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return nil }
    if parts[0] == "values" { return "values: \(parts[1])" }
    return parts[0] == "default" ? "default: \(parts[1])" : nil
  }
}

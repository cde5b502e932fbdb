/// As much of a terminal as burin uses: what is on its screen, and what has scrolled by on the other one.
struct TerminalEmulator {
  /// The lines of the screen that is shown.
  private(set) var lines: [String] = [""]
  /// Whether that is the other screen, which nothing stays of.
  private(set) var isAlternate = false
  /// Whether there is a cursor.
  private(set) var showsCursor = true
  /// Whether what is pasted comes between marks.
  private(set) var marksPastes = false
  /// Everything that was ever printed on the screen with the shell's text.
  private(set) var transcript = ""
  /// Every escape sequence that came.
  private(set) var sequences: Set<String> = []
  private var kept: [String] = [""]
  private var (row, column) = (0, 0)
  private var pending: [UInt8] = []

  /// What is on the screen, without blanks at the ends of lines.
  var text: String {
    lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n")
  }

  /// Takes what a program has printed.
  mutating func feed(_ bytes: [UInt8]) {
    pending += bytes
    while let first = pending.first {
      if first == 0x1B {
        guard takeSequence() else { return }
        continue
      }
      let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
      guard pending.count >= length else { return }
      put(String(decoding: pending.prefix(length), as: UTF8.self))
      pending.removeFirst(length)
    }
  }

  private mutating func put(_ text: String) {
    if !isAlternate, text != "\r" { transcript += text }
    switch text {
    case "\r": column = 0
    case "\n":
      row += 1
      while lines.count <= row { lines.append("") }
    default:
      var line = Array(lines[row])
      while line.count <= column { line.append(" ") }
      line[column] = Character(text)
      lines[row] = String(line)
      column += 1
    }
  }

  /// Takes an escape sequence; false where its end has not come.
  private mutating func takeSequence() -> Bool {
    guard pending.count > 2, pending[1] == UInt8(ascii: "["),
      let end = pending[2...].firstIndex(where: { (0x40..<0x7F).contains($0) })
    else { return false }
    let sequence = String(decoding: pending[2...end], as: UTF8.self)
    pending.removeFirst(end + 1)
    sequences.insert(sequence)
    switch sequence {
    case "?1049h": (kept, lines, isAlternate, row, column) = (lines, [""], true, 0, 0)
    case "?1049l": (lines, isAlternate, row, column) = (kept, false, kept.count - 1, kept.last?.count ?? 0)
    case "?25h": showsCursor = true
    case "?25l": showsCursor = false
    case "?2004h": marksPastes = true
    case "?2004l": marksPastes = false
    case "2J": lines = [""] + [String](repeating: "", count: row)
    case "H": (row, column) = (0, 0)
    case "2K": lines[row] = ""
    case "K": lines[row] = String(lines[row].prefix(column))
    case "J":
      lines[row] = String(lines[row].prefix(column))
      lines.removeLast(lines.count - row - 1)
    default: break
    }
    return true
  }
}

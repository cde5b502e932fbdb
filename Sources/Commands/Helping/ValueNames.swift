import Terminal

/// What values are called, such as the file of `--receipt <file>`: the parser shows the names in angle brackets.
enum ValueNames {
  /// Tells every name in a line of help.
  static func told(in line: some StringProtocol) -> SanitizedText {
    var told: SanitizedText = ""
    var rest = line[...]
    while let opening = rest.firstIndex(of: "<"), let closing = rest[opening...].firstIndex(of: ">") {
      let name = String(rest[rest.index(after: opening)..<closing])
      let before = SanitizedText(foreignLines: String(rest[...opening]))
      // On its own, a word may mean another thing elsewhere.
      told = told + before + SanitizedText(own: name, inContext: "value") + ">"
      rest = rest[rest.index(after: closing)...]
    }
    return told + SanitizedText(foreignLines: String(rest))
  }
}

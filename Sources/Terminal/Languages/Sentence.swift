/// A sentence that is told by a room which speaks to nobody: English text with its values in it already.
///
/// Rules and findings are values that programs compare, that cross processes and that lie in files, so they stay as they
/// are. To tell one in a language, it is recognised by its pattern, and its values are taken out of it again. Where it is
/// not recognised, it is told in English; whatever is recognised, every value is told, once.
struct Sentence: Hashable, Sendable {
  /// What stands before, between and behind the values.
  private let pieces: [[UInt8]]
  private let translation: String
  /// How much of the text is its own: of two that fit, the one that knows more is right.
  let knownCount: Int

  /// Sentences with fewer letters of their own would fit nearly everything.
  private static let fewestLetters = 5

  /// Takes a pattern and its translation; nil where one of them is none.
  init?(_ pattern: String, _ translation: String) {
    let numbers = Wording.numbers(in: pattern)
    guard numbers == Array(1..<numbers.count + 1), Wording.numbers(in: translation).sorted() == numbers else {
      return nil
    }
    var pieces: [String] = [""]
    for (index, part) in pattern.split(separator: "%", omittingEmptySubsequences: false).enumerated() {
      if index == 0 {
        pieces[0] += part
      } else if Wording.numbers(in: "%" + part).isEmpty {
        pieces[pieces.count - 1] += "%" + part
      } else {
        pieces.append(String(part.dropFirst()))
      }
    }
    let letters = pieces.reduce(0) { $0 + $1.count { $0.isLetter } }
    guard letters >= Self.fewestLetters, !pieces.dropFirst().dropLast().contains("") else { return nil }
    (self.pieces, self.translation) = (pieces.map { Array($0.utf8) }, translation)
    knownCount = letters
  }

  /// The values in a text that this is the pattern of; nil for another text.
  func values(in text: [UInt8]) -> [String]? {
    guard let last = pieces.last, text.starts(with: pieces[0]), text.suffix(last.count) == last[...] else {
      return nil
    }
    guard pieces.count > 1 else { return text.count == last.count ? [] : nil }
    var rest = text[pieces[0].count...]
    var values: [String] = []
    for piece in pieces.dropFirst().dropLast() {
      guard let place = Self.place(of: piece, in: rest) else { return nil }
      values.append(String(decoding: rest[..<place], as: UTF8.self))
      rest = rest[(place + piece.count)...]
    }
    guard rest.count >= last.count else { return nil }
    values.append(String(decoding: rest.dropLast(last.count), as: UTF8.self))
    // What goes on behind a word, as " (3 times)" does, may be missing.
    let isWhole = zip(pieces, values).allSatisfy { !$1.isEmpty || ($0.last ?? 0).isLowercaseLetter }
    return isWhole ? values : nil
  }

  /// Byte by byte, which is quicker than by characters and finds the same in valid UTF-8.
  private static func place(of piece: [UInt8], in text: ArraySlice<UInt8>) -> Int? {
    guard let first = piece.first, text.count >= piece.count else { return nil }
    return (text.startIndex...(text.endIndex - piece.count)).first { place in
      text[place] == first && text[place..<place + piece.count] == piece[...]
    }
  }

  /// The text in the language; nil where a translation could act on a terminal.
  func told(_ values: [SanitizedText]) -> String? { Wording.filled(translation, values, hasLines: false) }
}

extension UInt8 {
  fileprivate var isLowercaseLetter: Bool { (0x61...0x7A).contains(self) }
}

extension Language {
  /// How deep sentences stand within each other at most.
  private static let deepest = 4
  /// No sentence is longer than this, in bytes.
  private static let longest = 4096

  /// Tells a sentence of another room, as far as it is recognised.
  func told(_ text: String, depth: Int = deepest) -> SanitizedText? {
    guard depth > 0, !sentences.isEmpty, text.utf8.count <= Self.longest else { return nil }
    if let chain = chain(text, depth) { return chain }
    let bytes = Array(text.utf8)
    let fitting = sentences.compactMap { sentence in
      sentence.values(in: bytes).map { (sentence, $0) }
    }
    if let (sentence, values) = fitting.max(by: { $0.0.knownCount < $1.0.knownCount }) {
      let shown = values.map { told($0, depth: depth - 1) ?? SanitizedText(foreign: $0) }
      return sentence.told(shown).map(SanitizedText.init(vouchedFor:))
    }
    return pair(text, between: ". ", depth) ?? clause(text, depth) ?? subject(text, depth)
  }

  /// What stands between commas, such as one holder of a disk behind the other, where every part is recognised.
  private func chain(_ text: String, _ depth: Int) -> SanitizedText? {
    let separator = ", "
    guard text.contains(separator) else { return nil }
    var parts: [SanitizedText] = []
    for part in text.split(separator: separator, omittingEmptySubsequences: false) {
      guard let part = told(String(part), depth: depth - 1) else { return nil }
      parts.append(part)
    }
    return parts.joined(separator: SanitizedText(vouchedFor: separator))
  }

  /// A clause that stands as a sentence.
  private func clause(_ text: String, _ depth: Int) -> SanitizedText? {
    guard text.hasSuffix("."), text.first?.isUppercase == true,
      let told = told(text.prefix(1).lowercased() + text.dropFirst().dropLast(), depth: depth - 1)
    else { return nil }
    return SanitizedText(vouchedFor: told.laidOut.prefix(1).uppercased() + told.laidOut.dropFirst() + ".")
  }

  /// Two sentences, one of which at least is recognised.
  private func pair(_ text: String, between separator: String, _ depth: Int) -> SanitizedText? {
    guard let place = text.firstRange(of: separator) else { return nil }
    let first = String(text[..<place.lowerBound]) + "."
    let rest = String(text[place.upperBound...])
    let parts = [first, rest].map { told($0, depth: depth - 1) }
    guard parts.contains(where: { $0 != nil }) else { return nil }
    return zip(parts, [first, rest]).map { $0 ?? SanitizedText(visible: $1) }.joined(separator: " ")
  }

  /// What a thing that is named by one word does.
  private func subject(_ text: String, _ depth: Int) -> SanitizedText? {
    guard let blank = text.firstIndex(of: " "),
      let rest = told(String(text[text.index(after: blank)...]), depth: depth - 1)
    else { return nil }
    return [SanitizedText(foreign: String(text[..<blank])), rest].joined(separator: " ")
  }
}

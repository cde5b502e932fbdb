/// A text on its way to be told in a language: the literal with a number in place of each value, such as
/// `cannot open %1: %2`, and the values.
///
/// The pattern is what a catalogue is asked for. Values are put in by number and never looked at again, so that nothing
/// in them is taken for a pattern (R48).
public struct Wording: Sendable {
  /// The text in the program's own language.
  private(set) var english = ""
  /// Whether a command has been begun in it, and not ended.
  private(set) var isCode = false
  /// What it is told with where a language is spoken; nil where none is, which is the fast way.
  private var telling: Telling?

  fileprivate struct Telling {
    let language: Language
    var pattern = ""
    var values: [SanitizedText] = []
    /// The program's own words with the values as they are told.
    var fallback = ""
    /// Whether the pattern says where its values are: digits behind one, or a number that is none, would mislead.
    var isClear = true
  }

  /// More values than this have numbers of two digits.
  private static let mostValues = 9

  init() { telling = Language.current.map { Telling(language: $0) } }

  mutating func append(literal: String) {
    let held = Glue.holdingCommands(literal, isCode: &isCode)
    english += held
    guard telling != nil, !literal.isEmpty else { return }
    let isBehindValue = telling?.pattern.last?.isNumber == true && literal.first?.isNumber == true
    if isBehindValue || !Self.numbers(in: literal).isEmpty { telling?.isClear = false }
    telling?.pattern += literal
    telling?.fallback += held
  }

  mutating func append(_ value: SanitizedText) {
    english += isCode ? Glue.holding(value.untranslated) : value.untranslatedLaidOut
    guard let number = telling.map({ $0.values.count + 1 }) else { return }
    if number > Self.mostValues { telling?.isClear = false }
    telling?.values.append(value)
    telling?.pattern += "%\(number)"
    telling?.fallback += isCode ? Glue.holding(value.string) : value.laidOut
  }

  /// The text as it is told now.
  var told: String {
    guard let telling else { return english }
    guard telling.hasWords, let pattern = telling.language.pattern(telling.pattern, nil) else {
      return telling.fallback
    }
    return telling.filled(pattern) ?? telling.fallback
  }

  /// The text as it is told of a number, where this is what it is in the plural.
  func told(of number: UInt64, singular: Wording) -> String {
    guard let telling, let one = singular.telling else { return number == 1 ? singular.english : english }
    let own = number == 1 ? one : telling
    guard telling.isClear, one.isClear,
      let pattern = telling.language.pattern(one.pattern, (telling.pattern, number))
    else { return own.fallback }
    return own.filled(pattern) ?? own.fallback
  }

  /// The numbers of values in a pattern, in the order in which they stand there.
  static func numbers(in pattern: String) -> [Int] {
    pattern.split(separator: "%", omittingEmptySubsequences: false).dropFirst()
      .compactMap { $0.first.flatMap(number) }
  }

  /// A pattern of a catalogue with its values; nil where it lacks one, invents one, or could act on a terminal.
  static func filled(_ translation: String, _ values: [SanitizedText], hasLines: Bool) -> String? {
    guard numbers(in: translation).sorted() == Array(1..<values.count + 1),
      translation.unicodeScalars.allSatisfy({ $0.isPlain || ($0 == "\n" && hasLines) })
    else { return nil }
    var (result, isCode) = ("", false)
    for (index, part) in translation.split(separator: "%", omittingEmptySubsequences: false).enumerated() {
      var own = part
      if index > 0, let number = part.first.flatMap(number) {
        let value = values[number - 1]
        result += isCode ? Glue.holding(value.string) : value.laidOut
        own = part.dropFirst()
      } else if index > 0 {
        result += "%"
      }
      result += Glue.holdingCommands(own, isCode: &isCode)
    }
    return result
  }

  /// Only digits of ASCII are meant as numbers.
  private static func number(_ character: Character) -> Int? {
    guard let value = character.asciiValue, (0x31...0x39).contains(value) else { return nil }
    return Int(value) - 0x30
  }
}

extension Wording.Telling {
  /// Whether there is anything in it that another language tells otherwise: a letter that is no value's.
  var hasWords: Bool { isClear && pattern.contains { $0.isLetter } }

  /// The text by a pattern of a catalogue, where that is one.
  func filled(_ translation: String) -> String? {
    Wording.filled(translation, values, hasLines: pattern.contains("\n"))
  }
}

extension Wording: ExpressibleByStringInterpolation {
  /// Takes a literal.
  public init(stringLiteral value: String) {
    self.init()
    append(literal: value)
  }

  /// Takes an interpolated literal.
  public init(stringInterpolation: SanitizedText.StringInterpolation) { self = stringInterpolation.wording }
}

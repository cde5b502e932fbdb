/// Text that is safe to show: nothing in it that came from outside can act on a terminal or hide itself (R48).
///
/// Labels, models, serial numbers, file names and mount points are an attacker's text. This type is the
/// only thing that ``TextOutput`` prints, and it is built from literals, in which whatever is interpolated
/// as a `String` is sanitised on the way in.
public struct SanitizedText: Hashable, Sendable {
  /// The text in the language that is spoken, with ``Glue`` in it.
  let laidOut: String
  /// The text as programs read it, in English; nil where it is the same.
  private let english: String?

  /// The text as it may be printed, in the language that is spoken.
  public var string: String { Glue.released(laidOut) }

  /// How many characters of one foreign string are shown at most.
  public static let defaultLimit = 1000
  /// A base character with more marks than this is cut: a tower of accents covers the lines above.
  private static let largestCluster = 6

  /// Makes foreign text visible: valid characters as they are, everything else as an escape.
  /// - Parameters:
  ///   - foreign: the text as it came.
  ///   - limit: the number of characters after which it ends with `…`.
  public init(foreign: String, limit: Int = defaultLimit) {
    self.init(vouchedFor: Glue.holdingName(Self(visible: foreign, limit: limit).laidOut))
  }

  /// Makes foreign text visible of which nothing is held together.
  init(visible foreign: String, limit: Int = defaultLimit) {
    guard !foreign.isPlainASCII || foreign.utf8.count > limit else {
      self.init(vouchedFor: foreign)
      return
    }
    var text = ""
    var shown = 0
    for character in foreign {
      guard shown < limit else {
        text += "…"
        break
      }
      shown += 1
      for (position, scalar) in character.unicodeScalars.enumerated() {
        guard position < Self.largestCluster else {
          text += "…"
          break
        }
        if scalar.isPlain { text.unicodeScalars.append(scalar) } else { text += scalar.visibleEscape }
      }
    }
    self.init(vouchedFor: text)
  }

  /// Makes foreign bytes visible; those that are not UTF-8 become `\xNN`.
  public init(foreign bytes: [UInt8], limit: Int = defaultLimit) {
    var text = ""
    var rest = bytes[...]
    while !rest.isEmpty {
      if let length = rest.leadingUTF8Length {
        text += Self(visible: String(decoding: rest.prefix(length), as: UTF8.self)).string
        rest = rest.dropFirst(length)
      } else {
        text += "\\x" + hexadecimal(UInt32(rest.removeFirst()), digits: 2)
      }
    }
    self.init(vouchedFor: text.count > limit ? String(text.prefix(limit)) + "…" : text)
  }

  /// Makes foreign text of several lines visible; only the line ends between them are kept.
  public init(foreignLines: String) {
    self.init(
      vouchedFor: foreignLines.split(separator: "\n", omittingEmptySubsequences: false)
        .map { Self(visible: String($0)).string }.joined(separator: "\n"))
  }

  /// Takes text whose writer vouches for it: encoded JSON, styles, layout.
  package init(vouchedFor string: String) { self.init(told: string, untranslated: string) }

  fileprivate init(told string: String, untranslated: String) {
    laidOut = string
    english = untranslated == string ? nil : untranslated
  }

  /// Takes a text that stays on one line.
  public init(held text: SanitizedText) {
    self.init(told: Glue.holding(text.laidOut), untranslated: Glue.holding(text.untranslatedLaidOut))
  }

  /// The text in the program's own language, whichever is spoken: what programs read never depends on it.
  public var untranslated: String { english.map(Glue.released) ?? string }
  /// The same with ``Glue`` in it.
  var untranslatedLaidOut: String { english ?? laidOut }

  /// Whether there is nothing to show.
  public var isEmpty: Bool { laidOut.isEmpty }

  /// Texts are the same where they are printed the same.
  public static func == (left: SanitizedText, right: SanitizedText) -> Bool {
    left.string == right.string && left.untranslated == right.untranslated
  }

  /// Takes in what is printed.
  public func hash(into hasher: inout Hasher) { hasher.combine(string) }

  /// Puts one text behind another.
  public static func + (left: SanitizedText, right: SanitizedText) -> SanitizedText {
    SanitizedText(
      told: left.laidOut + right.laidOut,
      untranslated: left.untranslatedLaidOut + right.untranslatedLaidOut)
  }
}

extension SanitizedText: ExpressibleByStringInterpolation {
  /// Builds a text: the literal parts are the program's own, the interpolated strings are foreign.
  public struct StringInterpolation: StringInterpolationProtocol {
    private(set) var wording = Wording()

    /// Starts with nothing.
    public init(literalCapacity: Int, interpolationCount: Int) {}

    /// Adds a part of the literal as it is.
    public mutating func appendLiteral(_ literal: String) { wording.append(literal: literal) }

    /// Adds foreign text, made visible; inside of a command as a shell takes it.
    public mutating func appendInterpolation(_ foreign: String) {
      guard !wording.isCode else { return wording.append(SanitizedText(foreign: ShellWord.quoted(foreign))) }
      // What other rooms call a thing that has no name of its own.
      let isOwn = foreign == "standard input"
      wording.append(isOwn ? SanitizedText(sentence: foreign) : SanitizedText(foreign: foreign))
    }

    /// Adds text that is safe already.
    public mutating func appendInterpolation(_ safe: SanitizedText) { wording.append(safe) }

    /// Adds a number.
    public mutating func appendInterpolation(_ number: some BinaryInteger) {
      wording.append(SanitizedText(vouchedFor: String(number)))
    }
  }

  /// Takes a literal, in the language that is spoken.
  public init(stringLiteral value: String) { self.init(Wording(stringLiteral: value)) }

  /// Takes an interpolated literal, in the language that is spoken.
  public init(stringInterpolation: StringInterpolation) { self.init(stringInterpolation.wording) }

  /// Takes a sentence of a room that speaks to nobody, foreign as its values are, and tells it in the language that is
  /// spoken as far as it is known there.
  public init(sentence: String) {
    let english = Glue.holdingCommands(Self(visible: sentence).laidOut)
    self.init(told: Language.current?.told(sentence)?.laidOut ?? english, untranslated: english)
  }

  /// Takes a text of the program's own that is no literal where it is told, such as help that a library hands out, and
  /// tells it in the language that is spoken.
  /// - Parameters:
  ///   - text: the text, as the catalogue has it.
  ///   - context: the context that the catalogue has it in; none where it is empty.
  public init(own text: String, inContext context: String = "") {
    let isPlain = text.unicodeScalars.allSatisfy { $0.isPlain || $0 == "\n" }
    let english = isPlain ? Self(vouchedFor: text) : Self(foreignLines: text)
    let pattern = context.isEmpty ? text : context + "\u{4}" + text
    let told = Language.current?.pattern(pattern, nil)
      .flatMap { Wording.filled($0, [], hasLines: text.contains("\n")) }
    self.init(told: told ?? english.string, untranslated: english.string)
  }

  private init(_ wording: Wording) { self.init(told: wording.told, untranslated: wording.english) }

  /// Takes the literal that goes with a number; a language may have more forms than these two.
  public init(counting number: some BinaryInteger, one: Wording, other: Wording) {
    let number = UInt64(clamping: number)
    self.init(
      told: other.told(of: number, singular: one), untranslated: (number == 1 ? one : other).english)
  }
}

extension Sequence where Element == SanitizedText {
  /// Joins texts.
  public func joined(separator: SanitizedText = "") -> SanitizedText {
    SanitizedText(
      told: map(\.laidOut).joined(separator: separator.laidOut),
      untranslated: map(\.untranslatedLaidOut).joined(separator: separator.untranslatedLaidOut))
  }
}

extension String {
  /// Whether it is made of nothing but visible characters of ASCII and blanks, each of one byte and one column.
  var isPlainASCII: Bool { utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }
}

extension Unicode.Scalar {
  /// Whether it shows as itself: neither a control, nor invisible, nor one that reorders its neighbours.
  package var isPlain: Bool {
    if value < 0x7F { return value >= 0x20 }
    // Blank characters that are letters or symbols by category, and replacements of invalid input.
    if [0x2800, 0xFFFC].contains(value) { return false }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
      return false
    case .spaceSeparator: return value == 0x3000
    default: return !properties.isDefaultIgnorableCodePoint
    }
  }

  fileprivate var visibleEscape: String {
    value <= 0xFF ? "\\x" + hexadecimal(value, digits: 2) : "\\u{" + hexadecimal(value, digits: 4) + "}"
  }
}

private func hexadecimal(_ value: UInt32, digits: Int) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}

extension ArraySlice<UInt8> {
  /// How many bytes from the start on are valid UTF-8; nil if not even the first character is.
  fileprivate var leadingUTF8Length: Int? {
    var decoder = UTF8()
    var iterator = makeIterator()
    var length = 0
    while case .scalarValue(let scalar) = decoder.decode(&iterator) { length += UTF8.width(scalar) }
    return length > 0 ? length : nil
  }
}

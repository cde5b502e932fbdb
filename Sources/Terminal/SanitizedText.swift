/// Text that is safe to show: nothing in it that came from outside can act on a terminal or hide itself (R48).
///
/// Labels, models, serial numbers, file names and mount points are an attacker's text. This type is the
/// only thing that ``TextOutput`` prints, and it is built from literals, in which whatever is interpolated
/// as a `String` is sanitised on the way in.
public struct SanitizedText: Hashable, Sendable {
  /// The text as it may be printed.
  public let string: String

  /// How many characters of one foreign string are shown at most.
  public static let defaultLimit = 1000
  /// A base character with more marks than this is cut: a tower of accents covers the lines above.
  private static let largestCluster = 6

  /// Makes foreign text visible: valid characters as they are, everything else as an escape.
  /// - Parameters:
  ///   - foreign: the text as it came.
  ///   - limit: the number of characters after which it ends with `…`.
  public init(foreign: String, limit: Int = defaultLimit) {
    guard !foreign.isPlainASCII || foreign.utf8.count > limit else {
      string = foreign
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
    string = text
  }

  /// Makes foreign bytes visible; those that are not UTF-8 become `\xNN`.
  public init(foreign bytes: [UInt8], limit: Int = defaultLimit) {
    var text = ""
    var rest = bytes[...]
    while !rest.isEmpty {
      if let length = rest.leadingUTF8Length {
        text += Self(foreign: String(decoding: rest.prefix(length), as: UTF8.self)).string
        rest = rest.dropFirst(length)
      } else {
        text += "\\x" + hexadecimal(UInt32(rest.removeFirst()), digits: 2)
      }
    }
    string = text.count > limit ? String(text.prefix(limit)) + "…" : text
  }

  /// Makes foreign text of several lines visible; only the line ends between them are kept.
  public init(foreignLines: String) {
    string = foreignLines.split(separator: "\n", omittingEmptySubsequences: false)
      .map { Self(foreign: String($0)).string }.joined(separator: "\n")
  }

  /// Takes text whose writer vouches for it: encoded JSON, styles, layout.
  package init(vouchedFor string: String) { self.string = string }

  /// Whether there is nothing to show.
  public var isEmpty: Bool { string.isEmpty }

  /// Puts one text behind another.
  public static func + (left: SanitizedText, right: SanitizedText) -> SanitizedText {
    SanitizedText(vouchedFor: left.string + right.string)
  }
}

extension SanitizedText: ExpressibleByStringInterpolation {
  /// Builds a text: the literal parts are the program's own, the interpolated strings are foreign.
  public struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    /// Starts with nothing.
    public init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    /// Adds a part of the literal as it is.
    public mutating func appendLiteral(_ literal: String) { text += literal }

    /// Adds foreign text, made visible.
    public mutating func appendInterpolation(_ foreign: String) {
      text += SanitizedText(foreign: foreign).string
    }

    /// Adds text that is safe already.
    public mutating func appendInterpolation(_ safe: SanitizedText) { text += safe.string }

    /// Adds a number.
    public mutating func appendInterpolation(_ number: some BinaryInteger) { text += String(number) }
  }

  /// Takes a literal as it is.
  public init(stringLiteral value: String) { string = value }

  /// Takes an interpolated literal.
  public init(stringInterpolation: StringInterpolation) { string = stringInterpolation.text }
}

extension Sequence where Element == SanitizedText {
  /// Joins texts.
  public func joined(separator: SanitizedText = "") -> SanitizedText {
    SanitizedText(vouchedFor: map(\.string).joined(separator: separator.string))
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

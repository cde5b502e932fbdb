/// Why a dump could not be read.
public struct SnapshotTextError: Error, Hashable, Sendable {
  /// What is wrong with the line.
  public enum Reason: Error, Hashable, Sendable {
    /// The first line is not `burin-devices 1`.
    case header
    /// A text without its closing quotation mark, or with an escape that means nothing.
    case quotation
    /// A record or field that the format does not have, or a field outside of its record.
    case keyword(String)
    /// Too few or too many values, or one of another kind.
    case value
  }
  /// The line, 1-based.
  public let line: Int
  /// What is wrong with it.
  public let reason: Reason
}

/// One value of a line: foreign text always stands in quotation marks.
enum SnapshotToken: Hashable {
  case word(String)
  case text(String)
}

/// The lines of a dump: a keyword and values, blanks between them.
enum SnapshotLine {
  /// Writes a text in quotation marks; everything but printable ASCII is escaped, so that a dump survives every
  /// terminal, mail program and web form between a bug report and a test.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where isVisible(scalar): result.unicodeScalars.append(scalar)
      default: result += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return result + "\""
  }

  static func optional(_ text: String?) -> String { text.map { quoted($0) } ?? "-" }

  static func optional(_ value: (some CustomStringConvertible)?) -> String { value?.description ?? "-" }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool { (0x20...0x7E).contains(scalar.value) }

  /// Splits a line; nil if a quotation is broken.
  static func tokens(of line: Substring) -> [SnapshotToken]? {
    var tokens: [SnapshotToken] = []
    var rest = line.unicodeScalars
    while let first = rest.first {
      if first == " " {
        rest.removeFirst()
      } else if first == "\"" {
        rest.removeFirst()
        guard let text = takeText(&rest) else { return nil }
        tokens.append(.text(text))
      } else {
        let word = rest.prefix { $0 != " " && $0 != "\"" }
        tokens.append(.word(String(word)))
        rest = rest[word.endIndex...]
      }
    }
    return tokens
  }

  /// Takes up to the closing quotation mark.
  private static func takeText(_ rest: inout Substring.UnicodeScalarView) -> String? {
    var text = String.UnicodeScalarView()
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\"": return String(text)
      case "\\":
        guard let escaped = takeEscape(&rest) else { return nil }
        text.append(escaped)
      default: text.append(scalar)
      }
    }
    return nil
  }

  private static func takeEscape(_ rest: inout Substring.UnicodeScalarView) -> Unicode.Scalar? {
    switch rest.popFirst() {
    case "\\": return "\\"
    case "\"": return "\""
    case "n": return "\n"
    case "t": return "\t"
    case "u":
      guard rest.popFirst() == "{" else { return nil }
      let digits = String(rest.prefix { $0 != "}" }.prefix(9))
      rest = rest.dropFirst(digits.unicodeScalars.count)
      guard rest.popFirst() == "}", !digits.hasPrefix("+"), !digits.hasPrefix("-") else { return nil }
      return UInt32(digits, radix: 16).flatMap { Unicode.Scalar($0) }
    default: return nil
    }
  }
}

/// Which blanks hold a text together: what can be pasted, and a number with its unit, is never folded inside.
///
/// Such a blank is one of Unicode's characters for private use (U+F8FF), which never comes from outside:
/// what is foreign has it as an escape. It becomes a blank again wherever the text leaves this room.
enum Glue {
  /// The blank at which no line is broken.
  static let scalar: Unicode.Scalar = "\u{F8FF}"
  /// The same in UTF-8.
  private static let utf8: [UInt8] = [0xEF, 0xA3, 0xBF]
  /// What begins and ends a command in a text.
  static let codeMark: Character = "`"

  /// A text with each of its blanks holding it together.
  static func holding(_ text: String) -> String {
    guard text.utf8.contains(0x20) else { return text }
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if byte == 0x20 { bytes += utf8 } else { bytes.append(byte) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The text as it is printed.
  static func released(_ text: String) -> String {
    // The first byte of the mark is rare: most texts have none.
    guard text.utf8.contains(utf8[0]) else { return text }
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      bytes.append(byte)
      guard byte == utf8[2], bytes.suffix(3) == utf8[...] else { continue }
      bytes.replaceSubrange((bytes.count - 3)..., with: [0x20])
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A part of a text with the commands in it held together.
  /// - Parameter isCode: whether a command is open before the part, and after it.
  static func holdingCommands(_ part: some StringProtocol, isCode: inout Bool) -> String {
    guard isCode || part.contains(codeMark) else { return String(part) }
    var text = ""
    for scalar in part.unicodeScalars {
      if scalar == "`" { isCode.toggle() }
      text.unicodeScalars.append(isCode && scalar == " " ? Self.scalar : scalar)
    }
    return text
  }

  /// A sentence with the commands in it held together.
  static func holdingCommands(_ text: String) -> String {
    var isCode = false
    return holdingCommands(text, isCode: &isCode)
  }

  /// Foreign names no longer than this stay together, in characters.
  private static let longestName = 24

  /// A foreign value, held together where it is a name, a path or a URL, which somebody may want to paste.
  static func holdingName(_ text: String) -> String {
    guard text.utf8.contains(0x20) else { return text }
    // A URL has no blanks, and what a person writes as one is held together all the same.
    let isPath = ["/", "./", "../", "~/", "file:"].contains { text.hasPrefix($0) } || text.contains("://")
    return isPath || hasExtension(text) || text.count <= longestName ? holding(text) : text
  }

  /// Whether it ends as names of files do: `.iso`.
  private static func hasExtension(_ text: String) -> Bool {
    guard let dot = text.lastIndex(of: ".") else { return false }
    let rest = text[text.index(after: dot)...]
    return (1...8).contains(rest.count) && rest.allSatisfy { $0.isLetter || $0.isNumber }
  }
}

/// Words as a shell takes them.
public enum ShellWord {
  /// A word, in quotes where a shell would not take it as it is.
  public static func quoted(_ word: String) -> String {
    let isPlain = word.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || "0123456789-_./:,+@%=".unicodeScalars.contains(scalar)
    }
    return isPlain && !word.isEmpty
      ? word
      : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}

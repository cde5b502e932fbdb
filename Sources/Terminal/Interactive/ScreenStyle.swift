/// What a screen can show besides its size.
public struct ScreenStyle: Hashable, Sendable {
  /// The characters that have a shape there.
  public enum Characters: Hashable, Sendable {
    /// Those of ASCII.
    case ascii
    /// Those of Latin-1, which each font of the Linux console has or comes near to.
    case latin
    /// All of Unicode.
    case unicode
  }

  /// Whether colours are wanted and shown.
  public var hasColor: Bool
  /// Which characters are shown.
  public var characters: Characters

  /// Creates a style from its parts.
  public init(hasColor: Bool, characters: Characters) {
    self.hasColor = hasColor
    self.characters = characters
  }

  /// Whether there are the signs that bars are drawn with.
  public var isUnicode: Bool { characters == .unicode }

  /// Looks at `LC_ALL`, `LC_CTYPE` and `LANG`, the first of them that is set, and at `TERM`.
  public init(hasColor: Bool, environment: [String: String]) {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    let codeset = (locale ?? "").lowercased()
    guard codeset.contains("utf-8") || codeset.contains("utf8") else {
      self.init(hasColor: hasColor, characters: .ascii)
      return
    }
    // The fonts of the Linux console have neither bars of all heights nor most scripts, but what burin's own words are
    // written with.
    self.init(hasColor: hasColor, characters: environment["TERM"] == "linux" ? .latin : .unicode)
  }

  /// A line as it fits: no wider than the columns, and nothing in it that is not shown.
  public func fitted(_ line: SanitizedText, to columns: Int) -> SanitizedText {
    let shown = isUnicode ? line : line.reduced(to: characters)
    guard shown.width > columns else { return shown }
    // A colour that is cut off would go on to the next line.
    let plain = shown.unstyled
    return isUnicode ? plain.truncated(to: columns) : plain.clipped(to: columns)
  }
}

extension SanitizedText {
  /// The text in the characters of a screen: what is beyond them as an escape, but for the signs that burin itself uses.
  fileprivate func reduced(to characters: ScreenStyle.Characters) -> SanitizedText {
    let limit: UInt32 = characters == .latin ? 0x100 : 0x80
    guard !string.utf8.allSatisfy({ $0 < 0x80 }) else { return self }
    var text = ""
    for scalar in string.unicodeScalars {
      switch scalar {
      case _ where scalar.value < limit: text.unicodeScalars.append(scalar)
      case "…": text += "..."
      case "„", "“", "”": text += "\""
      default: text += "\\u{" + String(scalar.value, radix: 16) + "}"
      }
    }
    return SanitizedText(vouchedFor: text)
  }

  /// The text without the colours of this program; nothing else in it has an escape.
  package var unstyled: SanitizedText {
    var (text, isInSequence) = ("", false)
    for character in laidOut {
      if character == "\u{1B}" { isInSequence = true }
      if !isInSequence { text.append(character) }
      if character == "m" { isInSequence = false }
    }
    return SanitizedText(vouchedFor: text)
  }

  fileprivate func clipped(to columns: Int) -> SanitizedText {
    guard columns > 0 else { return "" }
    return SanitizedText(vouchedFor: String(string.prefix(columns - 1)) + "~")
  }
}

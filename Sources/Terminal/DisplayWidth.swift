extension SanitizedText {
  /// How many columns of a terminal it takes; its own colour sequences take none.
  public var width: Int { laidOut.displayWidth }

  /// The text cut to a number of columns, with `…` where something is missing.
  public func truncated(to columns: Int) -> SanitizedText {
    guard width > columns else { return self }
    guard columns > 0 else { return "" }
    var text = ""
    var used = 0
    for character in laidOut {
      let next = character.displayWidth
      if used + next > columns - 1 { break }
      text.append(character)
      used += next
    }
    return SanitizedText(vouchedFor: text + "…")
  }

  /// The text with spaces up to a number of columns.
  public func padded(to columns: Int, alignment: Table.Alignment = .left) -> SanitizedText {
    let missing = String(repeating: " ", count: max(0, columns - width))
    return SanitizedText(vouchedFor: alignment == .left ? laidOut + missing : missing + laidOut)
  }
}

extension String {
  /// How many columns of a terminal it takes.
  var displayWidth: Int {
    // Most of a long listing.
    if isPlainASCII { return utf8.count }
    var columns = 0
    var isInSequence = false
    for character in self {
      // A colour sequence of our own: ESC [ … m.
      if character == "\u{1B}" { isInSequence = true }
      if !isInSequence { columns += character.displayWidth }
      if character == "m" { isInSequence = false }
    }
    return columns
  }
}

extension String {
  /// What a line may neither begin with nor end with, in texts of East Asia (JIS X 4051).
  private static let closing: Set<Character> = [
    "、", "。", "，", "．", "：", "；", "？", "！", "）", "」", "』", "】", "〕", "》", "〉", "ー", "…",
  ]
  private static let opening: Set<Character> = ["（", "「", "『", "【", "〔", "《", "〈"]

  /// The parts between which a line may be broken: beside what takes two columns.
  var brokenAtWide: [String] {
    var parts: [String] = []
    var last: Character?
    for character in self {
      let isPlace =
        last.map { max($0.displayWidth, character.displayWidth) == 2 && !Self.opening.contains($0) } ?? true
      if isPlace, !Self.closing.contains(character) || last == nil {
        parts.append(String(character))
      } else {
        parts[parts.count - 1].append(character)
      }
      last = character
    }
    return parts
  }
}

extension Character {
  /// 0, 1 or 2 columns, by the widest scalar in it.
  var displayWidth: Int { unicodeScalars.map(\.displayWidth).max() ?? 0 }
}

extension Unicode.Scalar {
  /// Two columns for what East Asian Width calls wide or fullwidth (UAX #11), none for marks.
  fileprivate var displayWidth: Int {
    if value < 0x300 { return value < 0x20 || (0x7F..<0xA0).contains(value) ? 0 : 1 }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: break
    }
    return Self.wideRanges.contains { $0.contains(value) } ? 2 : 1
  }

  private static let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x25FD...0x25FE, 0x2614...0x2615,
    0x2648...0x2653, 0x26AA...0x26AB, 0x26BD...0x26BE, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C,
    0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6B, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
    0x16FE0...0x18D08, 0x1AFF0...0x1B2FB, 0x1F004...0x1F004, 0x1F0CF...0x1F0CF, 0x1F18E...0x1F19A,
    0x1F200...0x1F320, 0x1F32D...0x1F64F, 0x1F680...0x1F6FC, 0x1F7E0...0x1F7F0, 0x1F900...0x1FAFF,
    0x20000...0x3FFFD,
  ]
}

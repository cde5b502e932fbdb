/// What somebody does at the keyboard.
public enum Key: Hashable, Sendable {
  /// One character that shows.
  case character(Character)
  /// Text that was pasted as one, up to its first line end.
  case pasted(String)
  case enter, tab, backspace, delete, escape
  case up, down, left, right, home, end, pageUp, pageDown
  /// Control and a letter, such as `u`.
  case control(Character)
}

/// Turns the bytes of a terminal into keys; what is cut off waits for its rest.
public struct KeyDecoder: Sendable {
  private var pending: [UInt8] = []
  private var isPasting = false
  private var pasted: [UInt8] = []

  /// A sequence longer than this is none that a keyboard sends.
  private static let longestSequence = 32
  /// What is pasted beyond so many bytes is left out.
  private static let longestPaste = 4096
  private static let pasteEnd = Array("\u{1B}[201~".utf8)

  /// Starts with nothing pending.
  public init() {}

  /// Takes bytes as they came.
  /// - Returns: the keys that are complete by now.
  public mutating func feed(_ bytes: [UInt8]) -> [Key] {
    pending += bytes
    var keys: [Key] = []
    while !pending.isEmpty {
      guard let key = isPasting ? takePaste() : takeKey() else { break }
      keys += key
    }
    return keys
  }

  /// Says that nothing followed for a while: an escape that is still pending was the key of that name.
  public mutating func settle() -> [Key] {
    guard pending == [0x1B] else { return [] }
    pending = []
    return [.escape]
  }

  /// Takes what is pasted; nil where its end has not come.
  private mutating func takePaste() -> [Key]? {
    while !pending.isEmpty {
      if pending.starts(with: Self.pasteEnd) {
        pending.removeFirst(Self.pasteEnd.count)
        isPasting = false
        defer { pasted = [] }
        return [.pasted(Self.firstLine(of: pasted))]
      }
      // The end may be cut off.
      if pending.count < Self.pasteEnd.count, Self.pasteEnd.starts(with: pending) { return nil }
      let byte = pending.removeFirst()
      if pasted.count < Self.longestPaste { pasted.append(byte) }
    }
    return nil
  }

  /// What is pasted never presses a key: it ends where its first line does.
  private static func firstLine(of bytes: [UInt8]) -> String {
    let line = bytes.drop { $0 <= 0x20 }.prefix { $0 != 0x0A && $0 != 0x0D }
    let text = String(decoding: line, as: UTF8.self).unicodeScalars.filter {
      $0.value >= 0x20 && $0.value != 0x7F
    }
    return String(String.UnicodeScalarView(text))
  }

  /// Takes one key, or what is none and gives no key; nil where more bytes are needed.
  private mutating func takeKey() -> [Key]? {
    let byte = pending[0]
    switch byte {
    case 0x1B: return takeSequence()
    case 0x0A, 0x0D: return take(1, [.enter])
    case 0x09: return take(1, [.tab])
    case 0x08, 0x7F: return take(1, [.backspace])
    case 0x00: return take(1, [])
    case ..<0x20:
      return take(1, [.control(Character(UnicodeScalar(byte + 0x60)))])
    default: return takeCharacter()
    }
  }

  private mutating func take(_ count: Int, _ keys: [Key]) -> [Key] {
    pending.removeFirst(count)
    return keys
  }

  private mutating func takeCharacter() -> [Key]? {
    let length =
      switch pending[0] {
      case ..<0x80: 1
      case 0xC2..<0xE0: 2
      case 0xE0..<0xF0: 3
      case 0xF0..<0xF5: 4
      default: 0
      }
    guard length > 0 else { return take(1, []) }
    guard pending.count >= length else { return nil }
    guard let text = String(validating: pending.prefix(length), as: UTF8.self), let character = text.first
    else { return take(1, []) }
    return take(length, [.character(character)])
  }

  /// Takes a sequence of ECMA-48: `ESC [`, parameters, a final byte; or `ESC O` and one byte.
  private mutating func takeSequence() -> [Key]? {
    guard pending.count > 1 else { return nil }
    switch pending[1] {
    case UInt8(ascii: "["): return takeControlSequence()
    case UInt8(ascii: "O"):
      guard pending.count > 2 else { return nil }
      return take(3, Self.named(final: pending[2], parameters: "").map { [$0] } ?? [])
    case 0x1B: return take(1, [.escape])
    // Alt and a key: the key alone.
    default: return take(1, [])
    }
  }

  private mutating func takeControlSequence() -> [Key]? {
    // The Linux console sends ESC [ [ A for F1.
    let start = pending.count > 2 && pending[2] == UInt8(ascii: "[") ? 3 : 2
    guard let end = pending[start...].firstIndex(where: { (0x40..<0x7F).contains($0) }) else {
      return pending.count > Self.longestSequence ? take(pending.count, []) : nil
    }
    let parameters = String(decoding: pending[start..<end], as: UTF8.self)
    let final = pending[end]
    _ = take(end + 1, [])
    guard start == 2 else { return [] }
    if final == UInt8(ascii: "~"), parameters == "200" {
      isPasting = true
      return []
    }
    return Self.named(final: final, parameters: parameters).map { [$0] } ?? []
  }

  private static func named(final: UInt8, parameters: String) -> Key? {
    switch final {
    case UInt8(ascii: "A"): .up
    case UInt8(ascii: "B"): .down
    case UInt8(ascii: "C"): .right
    case UInt8(ascii: "D"): .left
    case UInt8(ascii: "H"): .home
    case UInt8(ascii: "F"): .end
    case UInt8(ascii: "M"): .enter
    case UInt8(ascii: "~"):
      switch parameters.split(separator: ";").first {
      case "1"?, "7"?: .home
      case "4"?, "8"?: .end
      case "3"?: .delete
      case "5"?: .pageUp
      case "6"?: .pageDown
      default: nil
      }
    default: nil
    }
  }
}

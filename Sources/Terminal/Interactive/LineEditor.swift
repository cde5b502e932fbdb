/// One line of text that somebody types.
public struct LineEditor: Hashable, Sendable {
  private var characters: [Character]
  /// How many characters are before the cursor.
  public private(set) var cursor: Int

  /// A line longer than this is nothing that is asked for.
  private static let longestLine = 4096

  /// Starts with a text, the cursor behind it.
  public init(_ text: String = "") {
    characters = Array(text)
    cursor = characters.count
  }

  /// What was typed.
  public var text: String { String(characters) }

  /// Does what a key means in a line.
  /// - Returns: whether it means anything there.
  public mutating func handle(_ key: Key) -> Bool {
    switch key {
    case .character(let character): insert(String(character))
    case .pasted(let text): insert(text)
    case .backspace: remove(max(0, cursor - 1)..<cursor)
    case .delete: remove(cursor..<min(characters.count, cursor + 1))
    case .left: cursor = max(0, cursor - 1)
    case .right: cursor = min(characters.count, cursor + 1)
    case .home, .control("a"): cursor = 0
    case .end, .control("e"): cursor = characters.count
    case .control("u"): remove(0..<cursor)
    case .control("k"): remove(cursor..<characters.count)
    case .control("w"): remove(startOfWord..<cursor)
    default: return false
    }
    return true
  }

  private mutating func insert(_ text: String) {
    let room = Self.longestLine - characters.count
    let new = Array(text.prefix(max(0, room)))
    characters.insert(contentsOf: new, at: cursor)
    cursor += new.count
  }

  private mutating func remove(_ range: Range<Int>) {
    characters.removeSubrange(range)
    cursor = range.lowerBound
  }

  /// Where the last part of a path before the cursor begins.
  private var startOfWord: Int {
    func isBreak(_ character: Character) -> Bool { character == " " || character == "/" }
    var start = cursor
    while start > 0, isBreak(characters[start - 1]) { start -= 1 }
    while start > 0, !isBreak(characters[start - 1]) { start -= 1 }
    return start
  }

  /// The text as far as it fits, with the cursor shown in it.
  /// - Parameters:
  ///   - columns: how much room there is, with the cursor.
  ///   - mark: what stands where the cursor is.
  public func shown(in columns: Int, mark: SanitizedText) -> SanitizedText {
    let before = characters[..<cursor].map { SanitizedText(foreign: String($0)) }
    let behind = characters[cursor...].map { SanitizedText(foreign: String($0)) }
    let room = max(1, columns - mark.width)
    var (left, used) = (before.count, 0)
    while left > 0, used + before[left - 1].width <= room {
      used += before[left - 1].width
      left -= 1
    }
    var right = 0
    while right < behind.count, used + behind[right].width <= room {
      used += behind[right].width
      right += 1
    }
    return before[left...].joined() + mark + behind[..<right].joined()
  }
}

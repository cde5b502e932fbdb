/// Why a text is no JSON that burin reads.
public struct JSONError: Error, Hashable, Sendable {
  /// What is wrong.
  public enum Reason: Hashable, Sendable {
    /// It has more bytes than any file of burin's.
    case tooLarge
    /// Arrays and objects are nested too deeply.
    case tooDeep
    /// Another character was expected here, or the text ends too early.
    case syntax
    /// A key occurs twice in one object, so that readers may differ about its value.
    case repeatedKey
    /// A number that neither 64 bits nor a finite `Double` hold.
    case number
    /// A string with a control character, with half of a surrogate pair or with bytes that are no UTF-8.
    case string
  }
  /// The offset of the byte where it was noticed.
  public let offset: Int
  /// What is wrong.
  public let reason: Reason

  package init(offset: Int, reason: Reason) { (self.offset, self.reason) = (offset, reason) }
}

/// Reads JSON (RFC 8259) from bytes that anybody may have written.
///
/// Stricter than the standard where it leaves a choice: no repeated keys, a bound on size and depth.
public struct JSONParser {
  /// The largest input in bytes.
  public static let largestInput = 4 << 20
  /// How deeply arrays and objects may be nested.
  public static let greatestDepth = 32

  private let bytes: [UInt8]
  private var position = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Reads one value, with nothing but white space around it.
  public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    guard bytes.count <= largestInput else { throw JSONError(offset: largestInput, reason: .tooLarge) }
    var parser = JSONParser(bytes)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.next == nil else { throw parser.error(.syntax) }
    return value
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func error(_ reason: JSONError.Reason) -> JSONError { JSONError(offset: position, reason: reason) }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  /// Takes a character if it is the next one.
  private mutating func takes(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func require(_ text: StaticString) throws(JSONError) {
    for character in "\(text)".unicodeScalars where !takes(character) { throw error(.syntax) }
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth <= Self.greatestDepth else { throw error(.tooDeep) }
    skipSpace()
    switch next.map({ Unicode.Scalar($0) }) {
    case "{"?: return .object(try members(depth: depth))
    case "["?: return .array(try elements(depth: depth))
    case "\""?: return .string(try string())
    case "t"?:
      try require("true")
      return .bool(true)
    case "f"?:
      try require("false")
      return .bool(false)
    case "n"?:
      try require("null")
      return .null
    default: return try number()
    }
  }

  private mutating func elements(depth: Int) throws(JSONError) -> [JSONValue] {
    try require("[")
    skipSpace()
    var elements: [JSONValue] = []
    if takes("]") { return elements }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if takes("]") { return elements }
      try require(",")
    }
  }

  private mutating func members(depth: Int) throws(JSONError) -> [JSONValue.Member] {
    try require("{")
    skipSpace()
    var members: [JSONValue.Member] = []
    var keys: Set<String> = []
    if takes("}") { return members }
    while true {
      skipSpace()
      let key = try string()
      guard keys.insert(key).inserted else { throw error(.repeatedKey) }
      skipSpace()
      try require(":")
      members.append(JSONValue.member(key, try value(depth: depth + 1)))
      skipSpace()
      if takes("}") { return members }
      try require(",")
    }
  }
}

// MARK: - Numbers

extension JSONParser {
  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    _ = takes("-")
    let whole = try digits()
    // A leading zero would make people think of octal numbers.
    guard whole.count == 1 || whole.first != UInt8(ascii: "0") else { throw error(.syntax) }
    var isWhole = true
    if takes(".") {
      isWhole = false
      _ = try digits()
    }
    if takes("e") || takes("E") {
      isWhole = false
      if !takes("+") { _ = takes("-") }
      _ = try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole {
      if let value = UInt64(text) { return .unsigned(value) }
      guard let value = Int64(text) else { throw error(.number) }
      return value == 0 ? .unsigned(0) : .integer(value)
    }
    guard let value = Double(text), value.isFinite else { throw error(.number) }
    return .number(value)
  }

  private mutating func digits() throws(JSONError) -> ArraySlice<UInt8> {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw error(.syntax) }
    return bytes[start..<position]
  }
}

// MARK: - Strings

extension JSONParser {
  private mutating func string() throws(JSONError) -> String {
    try require("\"")
    var content: [UInt8] = []
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let text = String(validating: content, as: UTF8.self) else { throw error(.string) }
        return text
      case UInt8(ascii: "\\"):
        position += 1
        content += UTF8.encode(try escape()).map(Array.init) ?? []
      case ..<0x20: throw error(.string)
      default:
        // What stands for itself is taken in one piece: most of a receipt is one long string.
        let start = position
        while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
          position += 1
        }
        content += bytes[start..<position]
      }
    }
    throw error(.syntax)
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    guard let byte = next else { throw error(.syntax) }
    position += 1
    switch Unicode.Scalar(byte) {
    case "\"": return "\""
    case "\\": return "\\"
    case "/": return "/"
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u": return try codePoint()
    default: throw error(.syntax)
    }
  }

  private mutating func codePoint() throws(JSONError) -> Unicode.Scalar {
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    // Half of a pair means nothing without its other half (RFC 8259 section 7).
    guard UTF16.isLeadSurrogate(first), takes("\\"), takes("u") else { throw error(.string) }
    let second = try codeUnit()
    guard UTF16.isTrailSurrogate(second) else { throw error(.string) }
    let value = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
    guard let scalar = Unicode.Scalar(value) else { throw error(.string) }
    return scalar
  }

  private mutating func codeUnit() throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error(.syntax)
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }
}

package import Terminal

/// A JSON value whose objects keep the order of their keys; absent parts are null, never left out.
public indirect enum JSONValue: Hashable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A whole number, usually negative.
  case integer(Int64)
  /// A whole number.
  case unsigned(UInt64)
  /// Any other number.
  case number(Double)
  /// A text.
  case string(String)
  /// Values in order.
  case array([JSONValue])
  /// Keys with their values, in order.
  case object([Member])

  /// A key with its value.
  public struct Member: Hashable, Sendable {
    /// The key.
    public let key: String
    /// Its value.
    public let value: JSONValue

    package init(key: String, value: JSONValue) { (self.key, self.value) = (key, value) }
  }

  /// A key with its value, to be written as `"key": value` in a dictionary literal would be.
  package static func member(_ key: String, _ value: JSONValue) -> Member { Member(key: key, value: value) }

  /// The value of a key of an object.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// The text of a string.
  package var text: String? { if case .string(let text) = self { text } else { nil } }
}

// MARK: - Making values

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
  /// Makes an object in the order of the literal.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map(JSONValue.member))
  }
  /// Makes an array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// Makes a string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// Makes a number.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// Makes a truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }

  package init(_ value: String?) { self = value.map(JSONValue.string) ?? .null }
  /// Makes a string of what is told to people, in English whatever they speak.
  package init(_ value: SanitizedText?) { self = value.map { .string($0.untranslated) } ?? .null }
  package init(_ value: Bool?) { self = value.map(JSONValue.bool) ?? .null }
  package init(_ value: (some BinaryInteger)?) {
    guard let value else {
      self = .null
      return
    }
    self = value < 0 ? .integer(Int64(clamping: value)) : .unsigned(UInt64(clamping: value))
  }
  package init(_ value: Double?) {
    // Whole numbers are written as such: 5000, not 5000.0.
    self = value.map { $0 == $0.rounded() && abs($0) < 1e15 ? .integer(Int64($0)) : .number($0) } ?? .null
  }
  package init(_ values: [SanitizedText]) { self = .array(values.map { .string($0.untranslated) }) }
  package init(_ values: [String]) { self = .array(values.map(JSONValue.string)) }
}

// MARK: - Writing values

extension JSONValue {
  /// The value on one line, as JSON Lines wants it; no terminal is so narrow that it is folded.
  package var line: SanitizedText { SanitizedText(held: SanitizedText(vouchedFor: compactText)) }

  /// The value on one line.
  public var compactText: String {
    var text = ""
    write(to: &text, indent: nil)
    return text
  }

  /// The value over several lines.
  package var indented: SanitizedText {
    var text = ""
    write(to: &text, indent: 0)
    return SanitizedText(held: SanitizedText(vouchedFor: text))
  }

  private func write(to text: inout String, indent: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .unsigned(let value): text += String(value)
    case .number(let value): text += value.isFinite ? value.description : "null"
    case .string(let value): Self.write(value, to: &text)
    case .array(let values):
      Self.write(values, to: &text, brackets: ("[", "]"), indent) { value, text, indent in
        value.write(to: &text, indent: indent)
      }
    case .object(let members):
      Self.write(members, to: &text, brackets: ("{", "}"), indent) { member, text, indent in
        Self.write(member.key, to: &text)
        text += indent == nil ? ":" : ": "
        member.value.write(to: &text, indent: indent)
      }
    }
  }

  private static func write<Element>(
    _ elements: [Element], to text: inout String, brackets: (String, String), _ indent: Int?,
    _ body: (Element, inout String, Int?) -> Void
  ) {
    text += brackets.0
    for (index, element) in elements.enumerated() {
      if index > 0 { text += "," }
      if let indent { text += "\n" + String(repeating: "  ", count: indent + 1) }
      body(element, &text, indent.map { $0 + 1 })
    }
    if let indent, !elements.isEmpty { text += "\n" + String(repeating: "  ", count: indent) }
    text += brackets.1
  }

  /// Writes a string with everything escaped that JSON demands and everything that acts on a terminal (R48).
  ///
  /// The escapes keep the value as it is: a program reads the very text that the device gave.
  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.isPlain: text.unicodeScalars.append(scalar)
      default:
        for unit in UTF16.encode(scalar) ?? UTF16.EncodedScalar() {
          let digits = String(unit, radix: 16)
          text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      }
    }
    text += "\""
  }
}

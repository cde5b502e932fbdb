/// Which of its forms a text has for a number, by the expression of C in the header of a catalogue:
/// `nplurals=2; plural=(n != 1);`.
struct PluralRule: Hashable, Sendable {
  private let formCount: UInt64
  private let expression: String

  /// One form for 1 and another for everything else, as in English.
  static let germanic = PluralRule(formCount: 2, expression: "n!=1")
  /// No expression of a language is longer; Arabic has 90 characters.
  private static let longest = 500

  private init(formCount: UInt64, expression: String) {
    self.formCount = formCount
    self.expression = expression
  }

  /// Takes it from the header of a catalogue; nil where there is none that can be understood.
  init?(header: String) {
    guard let line = header.split(separator: "\n").first(where: { $0.hasPrefix("Plural-Forms:") }) else {
      return nil
    }
    let fields = line.dropFirst("Plural-Forms:".count).split(separator: ";")
      .map { $0.filter { $0 != " " } }
    guard fields.count == 2, fields[0].hasPrefix("nplurals="), fields[1].hasPrefix("plural="),
      let formCount = UInt64(fields[0].dropFirst("nplurals=".count)), (1...6).contains(formCount)
    else { return nil }
    self.init(formCount: formCount, expression: String(fields[1].dropFirst("plural=".count)))
    guard expression.utf8.count <= Self.longest, form(for: 0) != nil else { return nil }
  }

  /// The form for a number; nil where the expression has none.
  func form(for number: UInt64) -> Int? {
    var reader = PluralExpression(expression, number: number)
    guard let form = reader.value(), form < formCount else { return nil }
    return Int(form)
  }
}

/// Works an expression out while it is read; both sides of every operator, since nothing in it has an effect.
private struct PluralExpression {
  private var rest: Substring
  private let number: UInt64
  /// How many parentheses may still be opened: the stack is finite.
  private var depth = 32

  /// What stands between two values, the loosest first; of two with one beginning, the longer one first.
  private static let operators: [[String]] = [
    ["||"], ["&&"], ["==", "!="], ["<=", ">=", "<", ">"], ["+", "-"], ["*", "/", "%"],
  ]

  init(_ text: String, number: UInt64) {
    rest = text[...]
    self.number = number
  }

  /// The value of all of it; nil where it is none.
  mutating func value() -> UInt64? {
    guard let value = choice(), rest.isEmpty else { return nil }
    return value
  }

  private mutating func choice() -> UInt64? {
    depth -= 1
    defer { depth += 1 }
    guard depth > 0, let condition = operation(0) else { return nil }
    guard takes("?") else { return condition }
    guard let first = choice(), takes(":"), let second = choice() else { return nil }
    return condition != 0 ? first : second
  }

  private mutating func operation(_ level: Int) -> UInt64? {
    guard level < Self.operators.count else { return operand() }
    guard var left = operation(level + 1) else { return nil }
    while let sign = Self.operators[level].first(where: { takes($0) }) {
      guard let right = operation(level + 1), let value = Self.apply(sign, left, right) else { return nil }
      left = value
    }
    return left
  }

  private mutating func operand() -> UInt64? {
    if takes("!") { return operand().map { $0 == 0 ? 1 : 0 } }
    if takes("n") { return number }
    if takes("(") {
      guard let value = choice(), takes(")") else { return nil }
      return value
    }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    rest = rest.dropFirst(digits.count)
    return UInt64(digits)
  }

  private static func apply(_ sign: String, _ left: UInt64, _ right: UInt64) -> UInt64? {
    switch sign {
    case "||": left != 0 || right != 0 ? 1 : 0
    case "&&": left != 0 && right != 0 ? 1 : 0
    case "==": left == right ? 1 : 0
    case "!=": left != right ? 1 : 0
    case "<=": left <= right ? 1 : 0
    case ">=": left >= right ? 1 : 0
    case "<": left < right ? 1 : 0
    case ">": left > right ? 1 : 0
    case "+": left &+ right
    case "-": left &- right
    case "*": left &* right
    case "/": right == 0 ? nil : left / right
    default: right == 0 ? nil : left % right
    }
  }

  private mutating func takes(_ sign: String) -> Bool {
    guard rest.hasPrefix(sign) else { return false }
    rest = rest.dropFirst(sign.count)
    return true
  }
}

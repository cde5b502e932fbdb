import Documents
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

@Suite("Reading JSON")
struct JSONParserTests {
  private func parse(_ text: String) throws -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

  private func reason(_ bytes: [UInt8]) -> JSONError.Reason? {
    do throws(JSONError) {
      _ = try JSONParser.parse(bytes)
      return nil
    } catch { return error.reason }
  }

  @Test("values of every kind")
  func values() throws {
    let text =
      #" { "a" : [ 1 , -2 , 2.5 , 1e2, -0 ] , "b":{},"c":[],"d":"\"\\\/\n\u00e9\ud83d\ude00é" ,"e":null } "#
    let expected: JSONValue = [
      "a": .array([.unsigned(1), .integer(-2), .number(2.5), .number(100), .unsigned(0)]), "b": [:], "c": [],
      "d": "\"\\/\né😀é", "e": .null,
    ]
    #expect(try parse(text) == expected)
    #expect(try parse("18446744073709551615") == .unsigned(.max))
    #expect(try parse("-9223372036854775808") == .integer(.min))
  }

  @Test(
    "what is no JSON is refused",
    arguments: [
      "", " ", "{", "[1,]", "[1 2]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "tru", "nul", "01", "-", "1.", ".5",
      "1e", "+1", "[1]x", "'a'", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\u+123\"", "NaN", "[", "//", "0x1",
      "{\"a\"",
    ])
  func syntax(text: String) { #expect(reason(Array(text.utf8)) == .syntax) }

  @Test("what readers might understand differently is refused")
  func strictness() {
    #expect(reason(Array(#"{"a":1,"b":2,"a":1}"#.utf8)) == .repeatedKey)
    #expect(reason(Array(#"{"a":1,"\u0061":1}"#.utf8)) == .repeatedKey)
    for text in ["18446744073709551616", "-9223372036854775809", "1e999"] {
      #expect(reason(Array(text.utf8)) == .number)
    }
    for text in [#""\ud83d""#, #""\ud83dx""#, #""\ud83dA""#, #""\ude00""#, "\"\u{1}\"", "\"a\nb\""] {
      #expect(reason(Array(text.utf8)) == .string, "\(text)")
    }
    #expect(reason([0x22, 0xFF, 0x22]) == .string)
    #expect(reason([0x22, 0xC0, 0x80, 0x22]) == .string)
  }

  @Test("size and depth have a bound, which is where it is said to be")
  func bounds() {
    let depth = JSONParser.greatestDepth
    func nested(_ count: Int) -> [UInt8] {
      [UInt8](repeating: 0x5B, count: count) + [UInt8](repeating: 0x5D, count: count)
    }
    #expect(reason(nested(depth + 1)) == nil)
    #expect(reason(nested(depth + 2)) == .tooDeep)
    #expect(reason([UInt8](repeating: 0x5B, count: JSONParser.largestInput)) == .tooDeep)
    #expect(reason([UInt8](repeating: 0x20, count: JSONParser.largestInput + 1)) == .tooLarge)
  }

  @Test("what is written is read back, on one line and on several")
  func roundTrip() throws {
    var lines: [String] = []
    for seed in 0..<100 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let value = JSONValue.random(&random, depth: 4).canonical
      #expect(try parse(value.line.string) == value, "\(seed)")
      #expect(try parse(value.indented.string) == value, "\(seed)")
      lines.append(value.line.string)
    }
    #expect(try JSONOracle.accepts(lines: lines))
  }
}

extension JSONValue {
  /// A value of any kind, with texts as a hostile stick would have them.
  static func random(_ random: inout some RandomNumberGenerator, depth: Int) -> JSONValue {
    let alphabet = Array("ab /\\\"\n\r\t\u{0}\u{1b}\u{7f}\u{85}\u{2028}\u{202e}e\u{301}é😀".unicodeScalars)
    func text(_ random: inout some RandomNumberGenerator) -> String {
      var view = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...6, using: &random) {
        view.append(alphabet.randomElement(using: &random) ?? "x")
      }
      return String(view)
    }
    switch Int.random(in: 0..<(depth == 0 ? 6 : 8), using: &random) {
    case 0: return .null
    case 1: return .bool(.random(using: &random))
    case 2: return .integer(Int64(truncatingIfNeeded: random.next()))
    case 3: return .unsigned(random.next())
    case 4: return .number(Double(Int64(truncatingIfNeeded: random.next())) / 1024)
    case 5: return .string(text(&random))
    case 6:
      return .array(
        (0..<Int.random(in: 0...3, using: &random)).map { _ in Self.random(&random, depth: depth - 1) })
    default:
      return .object(
        (0..<Int.random(in: 0...3, using: &random)).map { index in
          JSONValue.member("\(index)\(text(&random))", Self.random(&random, depth: depth - 1))
        })
    }
  }
}

import Documents
import Foundation
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

/// Another program that reads JSON.
enum JSONOracle {
  /// Whether `python3 -m json.tool` takes a text; true where it is not installed.
  static func accepts(_ text: String) throws -> Bool { try accepts(text, "") }

  /// Whether it takes each of these lines.
  static func accepts(lines: [String]) throws -> Bool {
    try accepts(lines.joined(separator: "\n"), "--json-lines")
  }

  private static func accepts(_ text: String, _ option: String) throws -> Bool {
    guard ScratchDirectory.hasTool("python3") else { return true }
    let directory = try ScratchDirectory()
    try directory.write(Array(text.utf8), to: "in.json")
    do {
      try directory.run("python3 -m json.tool \(option) in.json")
      return true
    } catch is ScratchDirectory.ToolFailure {
      return false
    }
  }

  /// The strings of a JSON array of strings, as another reader sees them.
  static func strings(_ text: String) throws -> [String] {
    try JSONDecoder().decode([String].self, from: Data(text.utf8))
  }
}

@Suite("JSON")
struct JSONTests {
  @Test("keeps the order of keys, and null where there is nothing")
  func objects() {
    let value: JSONValue = [
      "b": 1, "a": .null, "c": [true, "x", JSONValue(1.5), JSONValue(5000.0)], "d": [:],
    ]
    #expect(value.line.string == #"{"b":1,"a":null,"c":[true,"x",1.5,5000],"d":{}}"#)
    #expect(value["c"] != nil && value["z"] == nil)
  }

  @Test("integers keep every digit")
  func integers() {
    #expect(JSONValue(UInt64.max).line.string == "18446744073709551615")
    #expect(JSONValue(Int64.min).line.string == "-9223372036854775808")
    #expect(JSONValue(Double.nan).line.string == "null")
  }

  @Test(
    "strings come back as they were, and hold nothing that acts on a terminal",
    arguments: [1, 2, 3] as [UInt64])
  func strings(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let texts = (0..<300).map { _ in
      String(
        String.UnicodeScalarView(
          (0..<Int.random(in: 0...20, using: &generator)).compactMap { _ in
            Unicode.Scalar(
              UInt32.random(in: 0...(Bool.random(using: &generator) ? 0x10FFFF : 0xFF), using: &generator))
          }))
    }
    let json = JSONValue(texts).indented.string
    #expect(json.unicodeScalars.allSatisfy { $0.isPlain || $0 == "\n" })
    #expect(try JSONOracle.accepts(json))
    let read = try JSONOracle.strings(json)
    #expect(read.map { Array($0.unicodeScalars) } == texts.map { Array($0.unicodeScalars) })
  }
}

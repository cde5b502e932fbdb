import TestSupport
import Testing

@testable import Terminal

/// What attackers write into labels, and what is shown of it.
private let hostile: [(String, String)] = [
  ("\u{1B}[2J\u{1B}]0;pwn\u{07}", "\\x1b[2J\\x1b]0;pwn\\x07"),
  ("a\nb\rc\td", "a\\x0ab\\x0dc\\x09d"),
  ("\u{9B}31m", "\\x9b31m"),
  ("\u{7F}\u{00}", "\\x7f\\x00"),
  ("gpj.\u{202E}exe", "gpj.\\u{202e}exe"),
  ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
  ("a\u{200B}b\u{FEFF}", "a\\u{200b}b\\u{feff}"),
  ("a\u{2028}b\u{2029}c", "a\\u{2028}b\\u{2029}c"),
  ("\u{E000}\u{10FFFF}", "\\u{e000}\\u{10ffff}"),
  ("\u{3164}", "\\u{3164}"),
  ("\u{A0}", "\\xa0"),
  ("\u{E0041}", "\\u{e0041}"),
  ("%n%s", "%n%s"),
  ("Grüße 漢字 🙂", "Grüße 漢字 🙂"),
]

@Suite("Sanitised text")
struct SanitizedTextTests {
  @Test("shows what would act on a terminal or hide itself", arguments: hostile)
  func hostileStrings(given: String, shown: String) {
    #expect(SanitizedText(foreign: given).string == shown)
    let interpolated: SanitizedText = "<\(given)>"
    #expect(interpolated.string == "<\(shown)>")
  }

  @Test("R48: holds nothing but plain characters, whatever comes in", arguments: [1, 2, 3] as [UInt64])
  func property(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      for text in [
        SanitizedText(foreign: bytes), SanitizedText(foreign: String(decoding: bytes, as: UTF8.self)),
      ] {
        #expect(text.string.unicodeScalars.allSatisfy { $0.isPlain || $0 == "…" })
      }
      // What is safe already stays as it is.
      let once = SanitizedText(foreign: bytes)
      #expect(SanitizedText(foreign: once.string).string == once.string)
    }
  }

  @Test("bytes that are no UTF-8 become visible, the others stay")
  func invalidUTF8() {
    #expect(SanitizedText(foreign: [0x61, 0xFF, 0xC3, 0xA4, 0xC3]).string == "a\\xffä\\xc3")
    #expect(SanitizedText(foreign: [0xC0, 0x80]).string == "\\xc0\\x80")
    #expect(SanitizedText(foreign: [0xED, 0xA0, 0x80]).string == "\\xed\\xa0\\x80")
  }

  @Test("is cut after a number of characters, and towers of accents after a few marks")
  func limits() {
    #expect(SanitizedText(foreign: String(repeating: "x", count: 9), limit: 4).string == "xxxx…")
    #expect(SanitizedText(foreign: "xxxx", limit: 4).string == "xxxx")
    let tower = "a" + String(repeating: "\u{301}", count: 500)
    #expect(SanitizedText(foreign: tower).string.unicodeScalars.count < 10)
  }

  @Test("foreign lines keep their ends and nothing else")
  func lines() {
    #expect(SanitizedText(foreignLines: "a\u{1B}b\nc\rd").string == "a\\x1bb\nc\\x0dd")
  }
}

@Suite("Width")
struct DisplayWidthTests {
  @Test(
    "counts the columns of a terminal",
    arguments: [("", 0), ("abc", 3), ("漢字", 4), ("e\u{301}", 1), ("한글", 4), ("🙂", 2), ("ｆｕｌｌ", 8)])
  func width(text: String, columns: Int) {
    #expect(SanitizedText(foreign: text).width == columns)
  }

  @Test("does not count colours")
  func colors() {
    #expect(SanitizedText("abc").styled(.red, if: true).width == 3)
    #expect(SanitizedText("abc").styled(.red, if: false).string == "abc")
  }

  @Test("cuts at whole characters", arguments: 0...9)
  func truncation(columns: Int) {
    let text = SanitizedText(foreign: "a漢字b").truncated(to: columns)
    #expect(text.width <= columns)
    if columns >= 6 { #expect(text.string == "a漢字b") }
  }

  @Test("wraps at spaces and loses nothing", arguments: [1, 5, 20, 80])
  func wrapping(columns: Int) {
    let text = "the quick brown fox jumps over the lazy dog"
    let lines = SanitizedText(foreign: text).wrapped(to: columns)
    #expect(lines.map(\.string).joined(separator: " ") == text)
    for line in lines { #expect(line.width <= columns || !line.string.contains(" ")) }
  }
}

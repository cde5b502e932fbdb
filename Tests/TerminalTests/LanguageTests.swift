import TestSupport
import Testing

@testable import Terminal

/// Speaks a catalogue of these texts while a body runs.
private func speaking<Result>(
  _ texts: [String: String], header: String = "Content-Type: text/plain; charset=UTF-8\n",
  _ body: () -> Result
) -> Result {
  let catalogue = Catalogue(parsing: catalogueBytes(texts, header: header))
  return Language.$current.withValue(catalogue.map(Language.init), operation: body)
}

@Suite("Languages")
struct LanguageTests {
  @Test("a literal is told by its pattern, with its values where the language wants them")
  func pattern() {
    let (file, count) = ("a.iso", 3)
    func text() -> SanitizedText { "cannot open \(file): \(count) %" }
    let told = speaking(["cannot open %1: %2 %": "%2 %: %1 geht nicht auf"]) { text() }
    #expect(told.string == "3 %: a.iso geht nicht auf")
    #expect(told.untranslated == "cannot open a.iso: 3 %")
    #expect(text().string == "cannot open a.iso: 3 %")
  }

  @Test("what is told inside of another text is told in the language too, and is English for programs")
  func nested() {
    let texts = ["a stick": "ein Stick", "no": "nein"]
    let told = speaking(texts) { () -> SanitizedText in
      let noun: SanitizedText = "a stick"
      let parts: [SanitizedText] = ["no", "\(noun) is here"]
      return parts.joined(separator: ", ") + "."
    }
    #expect(told.string == "nein, ein Stick is here.")
    #expect(told.untranslated == "no, a stick is here.")
  }

  @Test("values are never taken for patterns, nor is a pattern for a value")
  func hostileValues() {
    let name = "%1%2\u{1B}[2J no"
    let told = speaking(["%1 is no %2": "%2 ist %1 nicht", "no": "nein"]) { () -> SanitizedText in
      "\(name) is no \("%1")"
    }
    #expect(told.string == "%1 ist %1%2\\x1b[2J no nicht")
  }

  @Test(
    "R48: a catalogue that lacks a value, invents one, or acts on a terminal is not used",
    arguments: [
      "geht nicht", "%1 %1", "%1 %2 %3", "%2 %2", "%1 %2\u{1B}[2J", "%1 %2\u{202E}", "%1\n%2", "%1 %2\u{A0}",
      "",
    ])
  func hostileCatalogue(translation: String) {
    let told = speaking(["cannot open %1: %2": translation]) { () -> SanitizedText in
      "cannot open \("a"): \("b")"
    }
    #expect(told.string == "cannot open a: b")
  }

  @Test("a pattern whose numbers could mislead is told in English")
  func unclear() {
    let texts = ["%10": "falsch", "%1 of %2": "falsch", "x %1": "falsch %1"]
    speaking(texts) {
      #expect(("\(1)0" as SanitizedText).string == "10")
      #expect(("%1 of \(7)" as SanitizedText).string == "%1 of 7")
      #expect(("x %1" as SanitizedText).string == "x %1")
    }
  }

  @Test(
    "a number chooses among the forms that a language has",
    arguments: [(1, "1 plik"), (2, "2 pliki"), (5, "5 plików"), (22, "22 pliki"), (112, "112 plików")])
  func plural(number: Int, expected: String) {
    let header = """
      Content-Type: text/plain; charset=UTF-8
      Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);

      """
    func text() -> SanitizedText {
      SanitizedText(counting: number, one: "\(number) file", other: "\(number) files")
    }
    let texts = ["%1 file\0%1 files": "%1 plik\0%1 pliki\0%1 plików"]
    let told = speaking(texts, header: header) { text() }
    #expect(told.string == expected)
    #expect(told.untranslated == (number == 1 ? "1 file" : "\(number) files"))
    #expect(text().string == told.untranslated)
    // A language without that text.
    #expect(speaking([:]) { text() }.string == told.untranslated)
  }

  @Test("a text that a library hands out again is told as a whole, in its context, and never as a pattern")
  func own() {
    let texts = [
      "a\n\nb": "x\n\ny", "value\u{4}file": "Datei", "file": "Feile", "a %1": "x %1", "no": "%1", "w": "a\nb",
    ]
    speaking(texts) {
      #expect(SanitizedText(own: "a\n\nb").string == "x\n\ny")
      #expect(SanitizedText(own: "a\n\nb").untranslated == "a\n\nb")
      #expect(SanitizedText(own: "file", inContext: "value").string == "Datei")
      #expect(SanitizedText(own: "w", inContext: "value").string == "w")
      for text in ["a %1", "no", "w"] { #expect(SanitizedText(own: text).string == text) }
      #expect(SanitizedText(own: "\u{1B}[2J").string == "\\x1b[2J")
      #expect(SanitizedText(own: String(repeating: "long ", count: 500)).string.utf8.count == 2500)
    }
    #expect(SanitizedText(own: "file", inContext: "value").string == "file")
  }

  @Test("a thread that is no task's speaks what it is handed")
  func threads() {
    let body = speaking(["no": "nein"]) {
      Language.carrying { #expect(("no" as SanitizedText).string == "nein") }
    }
    #expect(("no" as SanitizedText).string == "no")
    body()
  }
}

@Suite("Catalogues")
struct CatalogueTests {
  private let bytes = catalogueBytes(["no": "nein", "yes": "ja", "%1 a\0%1 b": "x\0y"])

  @Test("texts are found as they are written, and no others")
  func lookup() throws {
    let catalogue = try #require(Catalogue(parsing: bytes))
    #expect(catalogue.texts(for: "no") == ["nein"])
    #expect(catalogue.texts(for: "yes") == ["ja"])
    #expect(catalogue.texts(for: "%1 a") == ["x", "y"])
    for text in ["", "n", "nod", "ye", "%1 b", "zz"] where !text.isEmpty {
      #expect(catalogue.texts(for: text) == nil)
    }
  }

  @Test(
    "one that is cut off, or has any byte changed, has fewer texts or others, and reads nothing beyond itself"
  )
  func damage() {
    for count in bytes.indices {
      _ = Catalogue(parsing: Array(bytes.prefix(count)))?.texts(for: "yes")
    }
    for index in bytes.indices {
      for value in [0, 1, 0x7F, 0xFF] as [UInt8] {
        var damaged = bytes
        damaged[index] = value
        let found = Catalogue(parsing: damaged)?.texts(for: "yes")
        #expect(found == nil || found?.contains { $0.utf8.count > bytes.count } == false)
      }
    }
    #expect(Catalogue(parsing: Array(bytes.prefix(27))) == nil)
    #expect(Catalogue(parsing: [0x95, 4, 0x12, 0xDE] + bytes.dropFirst(4)) == nil)
  }

  @Test(
    "R48: whatever its numbers say, it is read in bounded time, within itself, and tells nothing that acts on a terminal"
  )
  func hostile() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let expressions = [
      "n%", "n/", "(((", "n?", "!!", "18446744073709551616", "n==", ")", "n>1&&", "9*9*", "-",
    ]
    for _ in 0..<3000 {
      let rule = (0..<Int.random(in: 1...40, using: &random))
        .map { _ in expressions.randomElement(using: &random) ?? "" }.joined()
      let forms = (0..<Int.random(in: 1...8, using: &random)).map { "x\($0)\u{1B}" }.joined(separator: "\0")
      let header =
        "charset=UTF-8\nPlural-Forms: nplurals=\(Int.random(in: 0...9, using: &random)); plural=\(rule);\n"
      var bytes = catalogueBytes(["%1 a\0%1 b": forms, "no": "nein", "yes": "j\u{202E}a"], header: header)
      for _ in 0..<Int.random(in: 0...3, using: &random) { Self.damage(&bytes, &random) }
      guard let catalogue = Catalogue(parsing: bytes) else { continue }
      let number = UInt64.random(in: 0...UInt64.max, using: &random)
      let form = catalogue.plural.form(for: number)
      #expect(form.map { (0..<6).contains($0) } ?? true, "\(seed)")
      let told = Language.$current.withValue(Language(catalogue)) { () -> [SanitizedText] in
        ["no", "yes", SanitizedText(counting: number, one: "\(number) a", other: "\(number) b")]
      }
      #expect(told.allSatisfy { $0.string.unicodeScalars.allSatisfy(\.isPlain) }, "\(seed)")
      let found =
        ["no", "yes", "%1 a"].compactMap(catalogue.texts).joined() + catalogue.texts(inContext: "").map(\.1)
      #expect(found.allSatisfy { $0.utf8.count <= 3 * bytes.count }, "\(seed)")
    }
  }

  /// Puts a number that tells too much into one of the fields, or cuts the file.
  private static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    guard bytes.count > 4, Bool.random(using: &random) else {
      bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
      return
    }
    let numbers: [UInt32] = [
      0, 1, 27, 28, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFF8, 0xFFFF_FFFF, UInt32(bytes.count),
    ]
    let number = numbers.randomElement(using: &random) ?? 0
    let place = Int.random(in: 0..<min(bytes.count / 4, 28), using: &random) * 4
    for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt32(8 * index)) }
  }

  @Test("one in another encoding is none")
  func encoding() {
    let latin = catalogueBytes(["no": "nein"], header: "Content-Type: text/plain; charset=ISO-8859-1\n")
    #expect(Catalogue(parsing: latin) == nil)
  }

  @Test(
    "an expression for plurals that makes no sense is the usual one",
    arguments: [
      "nplurals=2; plural=n!=;", "nplurals=2; plural=n/0;", "nplurals=0; plural=0;", "nplurals=2;",
      "nplurals=2; plural=2;", "nplurals=2; plural=" + String(repeating: "(", count: 400) + ";",
      "nplurals=2; plural=n n;", "nplurals=9; plural=0;",
    ])
  func senseless(rule: String) {
    #expect(PluralRule(header: "Plural-Forms: \(rule)\n") == nil)
  }

  @Test(
    "expressions are those of C",
    arguments: [
      ("n==1?0:n==2?1:2", 2, 1), ("!n", 0, 1), ("!n", 4, 0), ("n>=2&&n<=4||n==9", 9, 1), ("7-2*3", 0, 1),
      ("n%10==1", 21, 1), ("(n>1)+(n>5)", 6, 2), ("n<2", 2, 0), ("9/4", 1, 2),
    ] as [(String, UInt64, Int)])
  func expressions(expression: String, number: UInt64, form: Int) {
    #expect(
      PluralRule(header: "Plural-Forms: nplurals=6; plural=\(expression);\n")?.form(for: number) == form)
  }
}

@Suite("Wide texts")
struct WideTextTests {
  @Test("what is written without spaces is broken where it may be", arguments: [4, 7, 10, 20])
  func broken(columns: Int) {
    let text: SanitizedText = "記録する媒体（USB）を、確認してください。もう一度"
    let lines = text.wrapped(to: columns)
    #expect(lines.map(\.string).joined() == text.string)
    // What is in brackets may be broken nowhere.
    #expect(lines.allSatisfy { $0.width <= max(columns, 7) })
    #expect(lines.allSatisfy { !"、。）".contains($0.string.first ?? "x") && $0.string.last != "（" })
  }

  @Test("a name with wide characters stays whole where it fits on a line of its own")
  func whole() {
    let text: SanitizedText = "the image 記録.iso is damaged"
    #expect(text.wrapped(to: 14).map(\.string) == ["the image", "記録.iso is", "damaged"])
  }
}

@Suite("Sentences of other rooms")
struct SentenceTests {
  private static let texts = [
    "sentence\u{4}is mounted at %1": "ist bei %1 eingehängt",
    "sentence\u{4}%1 contains the partition %2, which %3": "%1 enthält Partition %2, und die %3",
    "sentence\u{4}Nothing boots.": "Nichts startet.", "sentence\u{4}%1 bytes are missing": "%1 %1 fehlen",
    "sentence\u{4}%1%2 no good": "schlecht %1 %2",
    "sentence\u{4}is a LUKS container": "ist ein LUKS-Container",
    "sentence\u{4}opened as %1": "geöffnet als %1", "sentence\u{4}which %1": "und das %1",
    "sentence\u{4}whose %1": "und dessen %1",
    "sentence\u{4}A file is damaged%1; get it.": "Eine Datei ist beschädigt%1; holen Sie sie.",
    "sentence\u{4} (%1 times)": " (%1-mal)", "sentence\u{4}LVM volume of %1": "LVM-Volume von %1",
  ]

  @Test(
    "are recognised, one within another too, and lose no value",
    arguments: [
      ("sdb is mounted at /mnt", "sdb ist bei /mnt eingehängt"),
      (
        "sdb contains the partition sdb1, which is mounted at /",
        "sdb enthält Partition sdb1, und die ist bei / eingehängt"
      ),
      ("Nothing boots. Get another one.", "Nichts startet. Get another one."),
      ("Is mounted at /x. Nothing boots.", "Ist bei /x eingehängt. Nichts startet."),
      (
        "sdb is a LUKS container, opened as dm-0, LVM volume of vg0, whose root is a LUKS container, opened as dm-2, which is mounted at /",
        "sdb ist ein LUKS-Container, geöffnet als dm-0, LVM-Volume von vg0, und dessen root ist ein LUKS-Container, geöffnet als dm-2, und das ist bei / eingehängt"
      ),
      (
        "sdb is a LUKS container, opened as dm-0, seen by nobody",
        "sdb is a LUKS container, opened as dm-0, seen by nobody"
      ),
      ("A file is damaged (3 times); get it.", "Eine Datei ist beschädigt (3-mal); holen Sie sie."),
      ("A file is damaged; get it.", "Eine Datei ist beschädigt; holen Sie sie."),
      ("sdb is strange", "sdb is strange"), ("is mounted at ", "is mounted at "), ("", ""),
      ("7 bytes are missing", "7 bytes are missing"), ("is mounted at %2", "ist bei %2 eingehängt"),
      ("sdb is mounted at \u{1B}[2J", "sdb ist bei \\x1b[2J eingehängt"),
    ])
  func recognised(text: String, expected: String) {
    let told = speaking(Self.texts) { SanitizedText(sentence: text) }
    #expect(told.string == expected)
    #expect(told.untranslated == SanitizedText(foreign: text).string)
    #expect(SanitizedText(sentence: text).string == told.untranslated)
  }

  @Test("R48: whatever stands in one, it is told in bounded time, and nothing in it acts on a terminal")
  func hostile() {
    let deep =
      String(repeating: "a contains the partition b, which ", count: 60) + "is mounted at \u{1B}]0;x\u{7}"
    let told = speaking(Self.texts) { SanitizedText(sentence: deep) }
    #expect(told.string.unicodeScalars.allSatisfy { $0.isPlain })
    #expect(told.string.hasPrefix("a enthält Partition b, und die a enthält"))
  }
}

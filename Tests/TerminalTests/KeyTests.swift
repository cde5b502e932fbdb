import Testing

@testable import Terminal

@Suite("Keys")
struct KeyTests {
  private func keys(_ bytes: String) -> [Key] {
    var decoder = KeyDecoder()
    return decoder.feed(Array(bytes.utf8)) + decoder.settle()
  }

  @Test(
    "are what terminals send for them",
    arguments: [
      ("a", .character("a")), ("ä", .character("ä")), ("漢", .character("漢")), ("\r", .enter), ("\n", .enter),
      ("\t", .tab), ("\u{7F}", .backspace), ("\u{08}", .backspace), ("\u{1B}", .escape),
      ("\u{1B}[A", .up), ("\u{1B}OA", .up), ("\u{1B}[1;5B", .down), ("\u{1B}[C", .right), ("\u{1B}[D", .left),
      ("\u{1B}[H", .home), ("\u{1B}[1~", .home), ("\u{1B}OH", .home), ("\u{1B}[F", .end), ("\u{1B}[4~", .end),
      ("\u{1B}[3~", .delete), ("\u{1B}[5~", .pageUp), ("\u{1B}[6~", .pageDown), ("\u{15}", .control("u")),
      ("\u{1A}", .control("z")),
    ] as [(String, Key)])
  func single(bytes: String, key: Key) { #expect(keys(bytes) == [key]) }

  @Test("come byte by byte as well as at once")
  func pieces() {
    let text = "aä\u{1B}[A\u{1B}[200~x\ny\u{1B}[201~\r"
    let expected: [Key] = [.character("a"), .character("ä"), .up, .pasted("x"), .enter]
    #expect(keys(text) == expected)
    var decoder = KeyDecoder()
    #expect(text.utf8.flatMap { decoder.feed([$0]) } == expected)
  }

  @Test("R1: a line end in what is pasted presses nothing, and what is pasted is one line")
  func paste() {
    #expect(keys("\u{1B}[200~/tmp/a b.iso\r\rusb-1\r\u{1B}[201~") == [.pasted("/tmp/a b.iso")])
    #expect(keys("\u{1B}[200~\n \u{1B}[31mx\u{1B}[201~") == [.pasted("[31mx")])
  }

  @Test("unknown and broken sequences are no keys, and nothing behind them is lost")
  func unknown() {
    #expect(keys("\u{1B}[[Ax") == [.character("x")])
    #expect(keys("\u{1B}[15~x") == [.character("x")])
    #expect(keys("\u{1B}[Zx") == [.character("x")])
    #expect(keys("\u{1B}x") == [.character("x")])
    var decoder = KeyDecoder()
    #expect(decoder.feed([0xFF, 0xC3, 0x28, 0x00, 0x61]) == [.character("("), .character("a")])
    #expect(decoder.feed([0x1B, 0x5B] + [UInt8](repeating: 0x31, count: 64)) == [])
    #expect(decoder.feed([0x62]) == [.character("b")])
  }
}

@Suite("A line that is typed")
struct LineEditorTests {
  private func typed(_ keys: [Key]) -> LineEditor {
    var editor = LineEditor()
    for key in keys { _ = editor.handle(key) }
    return editor
  }

  @Test("is edited where the cursor is")
  func editing() {
    let abc: [Key] = [.character("a"), .character("b"), .character("c")]
    #expect(typed(abc + [.left, .backspace, .character("x")]).text == "axc")
    #expect(typed(abc + [.home, .delete, .end, .character("d")]).text == "bcd")
    #expect(typed(abc + [.left, .control("u")]).text == "c")
    #expect(typed([.pasted("/home/anna/x y"), .control("w")]).text == "/home/anna/x ")
    #expect(typed([.pasted("/home/anna/"), .control("w"), .control("w")]).text == "/")
    #expect(typed([.backspace, .delete, .left, .control("w")]).text == "")
    var editor = LineEditor("x")
    #expect(!editor.handle(.enter) && editor.text == "x")
  }

  @Test("shows the cursor whatever its length, within its room, with nothing hidden in it")
  func showing() {
    let long = LineEditor(String(repeating: "x", count: 500) + "\u{1B}[31m")
    for columns in 2...60 {
      let shown = long.shown(in: columns, mark: "_")
      #expect(shown.width <= columns && shown.string.contains("_") && !shown.string.contains("\u{1B}"))
    }
    var middle = LineEditor("abcdef")
    for _ in 0..<3 { _ = middle.handle(.left) }
    #expect(middle.shown(in: 20, mark: "|").string == "abc|def")
  }
}

@Suite("What a screen can show")
struct ScreenStyleTests {
  @Test(
    "follows the locale and the terminal",
    arguments: [
      (["LANG": "de_DE.UTF-8"], .unicode), (["LANG": "C"], .ascii), ([:], .ascii),
      (["LANG": "de_DE.UTF-8", "LC_ALL": "C"], .ascii), (["LC_ALL": "", "LC_CTYPE": "C.utf8"], .unicode),
      (["LANG": "de_DE.UTF-8", "TERM": "linux"], .latin), (["LANG": "de_DE", "TERM": "linux"], .ascii),
    ] as [([String: String], ScreenStyle.Characters)])
  func locale(environment: [String: String], characters: ScreenStyle.Characters) {
    #expect(ScreenStyle(hasColor: true, environment: environment).characters == characters)
  }

  @Test("a line is cut at the edge, without a colour that goes on, and in ASCII where nothing else is shown")
  func fitted() {
    let styled = ("abcdefgh" as SanitizedText).styled(.red, if: true)
    let unicode = ScreenStyle(hasColor: true, characters: .unicode)
    #expect(unicode.fitted(styled, to: 8) == styled)
    #expect(unicode.fitted(styled, to: 5).string == "abcd…")
    #expect(unicode.fitted("漢字漢字", to: 5).string == "漢字…")
    let ascii = ScreenStyle(hasColor: false, characters: .ascii)
    #expect(ascii.fitted("ä…", to: 20).string == "\\u{e4}...")
    #expect(ascii.fitted("漢字漢字", to: 9).string == "\\u{6f22}~")
    let console = ScreenStyle(hasColor: false, characters: .latin)
    #expect(console.fitted("¿Größe „ñ“… 漢", to: 40).string == #"¿Größe "ñ"... \u{6f22}"#)
    #expect(console.fitted("Größe eines Sticks", to: 8).string == "Größe e~")
  }
}

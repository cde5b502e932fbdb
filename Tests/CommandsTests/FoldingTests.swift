import DeviceProbe
import DeviceSafety
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

/// Somebody who sits at a terminal of a width, and what was told there.
private struct Seat {
  let stdout: RecordingSink
  let stderr: RecordingSink
  let prompter: WidePrompter
  let context: Context

  init(columns: Int?, home: String, answers: [String]) {
    let capabilities = Capabilities(isTerminal: true, redraws: false, hasColor: false, width: columns)
    var world = FakeWorld(Machines.workstation, output: capabilities)
    stdout = world.stdout
    stderr = RecordingSink(capabilities)
    prompter = WidePrompter(
      ScriptedPrompter(answers.map { .line($0) }), capabilities: capabilities)
    world.context.stderr = stderr
    world.context.prompter = prompter
    world.context.home = home
    // Without time, there is no progress, which no two runs have in common.
    world.context.now = { .zero }
    world.context.desk = Desk(
      style: ScreenStyle(hasColor: false, characters: .ascii), redraws: false, home: home,
      folders: [FilePath(home)])
    context = world.context
    state = world.state
  }

  /// It goes with the world.
  private let state: ScratchDirectory?

  var lines: [String] {
    (stdout.text + stderr.text + prompter.base.text)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}

/// A prompter whose terminal has another width.
private struct WidePrompter: Prompter {
  let base: ScriptedPrompter
  let capabilities: Capabilities?

  init(_ base: ScriptedPrompter, capabilities: Capabilities) {
    self.base = base
    self.capabilities = capabilities
  }

  func ask(
    _ text: SanitizedText, question: SanitizedText, unless interruption: PromptInterruption?
  ) -> PromptAnswer { base.ask(text, question: question, unless: interruption) }
}

/// The languages and the widths in which it is told.
private enum Reading {
  static let languages = ["en"] + ShippedLanguage.codes
  static let widths = [40, 80, 200]

  static func spoken<Result>(_ code: String, _ body: () async throws -> Result) async throws -> Result {
    code == "en" ? try await body() : try await ShippedLanguage().spoken(code, body)
  }
}

@Suite("What is told fits the terminal")
struct FoldingTests {
  /// What a person does with a stick, a folder with a blank in its name and an image with another one.
  private func told(columns: Int?, in directory: ScratchDirectory) async throws -> [String] {
    let place = directory.path + "/my sticks"
    try directory.run(
      """
      mkdir -p 'my sticks' && cd 'my sticks'
      head -c 1300001 /dev/zero | tr '\\0' '\\245' >'my image.iso'; truncate -s 4M stick; truncate -s 1M small
      rm -f backup.img*
      """)
    let (image, stick) = (place + "/my image.iso", "file:\(place)/stick")
    let seat = Seat(
      columns: columns, home: place,
      answers: ["no", "no", "no", "no", image, "b", "~/stick", "q"])
    for arguments in [
      [], ["--help"], ["write", "--help"], ["list"], ["list", "--all"], ["list", "--json"],
      ["inspect", image],
      ["check", image], ["write", image, "/dev/nvme0n1", "--yes"],
      ["write", image, "file:\(place)/small", "--yes"], ["write", image, stick, "--dry-run"],
      ["write", image, stick], ["write", image, stick, "--yes", "--allow-damaged"],
      ["verify", image, stick], ["verify", stick], ["history"], ["resume"], ["undo"],
      ["undo", stick, "--yes"],
      ["verify", image, stick], ["test", "--quick", stick, "--yes"], ["test", stick],
      ["test", stick, "--yes"], ["restore", stick], ["restore", stick, "--yes"],
      ["backup", stick, place + "/backup.img"], ["protect", "list"], ["nonsense"], ["write"],
    ] {
      _ = await Burin.run(arguments, in: seat.context)
    }
    return seat.lines
  }

  @Test(
    "no line is wider than the terminal, and no word and nothing that can be pasted is broken",
    arguments: Reading.languages)
  func everyday(language: String) async throws {
    let directory = try ScratchDirectory()
    try await Reading.spoken(language) {
      let unbroken = try await told(columns: nil, in: directory)
      #expect(unbroken.count > 100)
      for columns in Reading.widths {
        let lines = try await told(columns: columns, in: directory)
        expectFitting(lines, of: unbroken, columns, held: [directory.path + "/my sticks"])
      }
    }
  }

  @Test("what is wrong is told in lines that fit", arguments: Reading.languages)
  func diagnostics(language: String) async throws {
    try await Reading.spoken(language) {
      let all = AllDiagnostics.all
      func lines(_ columns: Int?) -> [String] {
        all.flatMap { $0.lines(for: Capabilities(width: columns)) }.map(\.string)
      }
      let words = { (lines: [String]) in lines.joined(separator: " ").split(separator: " ") }
      let unbroken = lines(nil)
      for columns in Reading.widths {
        let folded = lines(columns)
        expectFitting(folded, of: unbroken, columns, held: [])
        // Nothing is lost, and nothing said twice.
        #expect(words(folded) == words(unbroken))
      }
    }
  }

  private func expectFitting(_ lines: [String], of unbroken: [String], _ columns: Int, held: [String]) {
    // Of what is a single piece, the blanks count for nothing.
    func pieces(_ line: String) -> [Substring] {
      var line = line
      for text in held { line = line.replacing(text, with: text.replacing(" ", with: "_")) }
      line = line.replacing("my image.iso", with: "my_image.iso")
      let parts = line.split(separator: "`", omittingEmptySubsequences: false)
      line = parts.enumerated().map {
        $0.isMultiple(of: 2) ? String($1) : String($1).replacing(" ", with: "_")
      }
      .joined(separator: "`")
      return line.split(separator: " ")
    }
    for line in lines where SanitizedText(vouchedFor: line).width > columns {
      let isJSON = line.hasPrefix("{") || line.drop { $0 == " " }.hasPrefix("\"")
      let isCommand = line.hasPrefix("sudo burin ")
      #expect(pieces(line).count == 1 || isJSON || isCommand, "\(line)")
    }
    // Which phases are over before anybody looks is another in each run.
    let lasting = lines.filter { $0.hasPrefix(" ") || !$0.contains("0.0 s") }
    let strange = Set(lasting.flatMap(pieces)).subtracting(unbroken.flatMap(pieces)).filter(Self.lasts)
    #expect(strange == [], "\(strange) at \(columns)")
  }

  /// Whether a word is the same in each run: no number with its unit, no name made at random, nothing cut in a table or
  /// broken as what is written without blanks is.
  private static func lasts(_ word: Substring) -> Bool {
    !word.contains(where: \.isNumber) && !word.contains("B/s") && !["B", "kB", "MB"].contains(word)
      && !word.contains("burin-test-") && !word.contains("undo-") && !word.hasSuffix("…")
      && !word.unicodeScalars.contains { (0x2E80...0xD7A3).contains($0.value) }
  }
}

@Suite("Folding")
struct LineFoldingTests {
  private func folded(_ text: SanitizedText, _ columns: Int) -> [String] {
    text.folded(to: columns).map(\.string)
  }

  @Test("further lines begin below the text behind a label, or behind the sign of an item")
  func hanging() {
    #expect(
      folded("  label     one two three four five", 24) == [
        "  label     one two", "            three four", "            five",
      ])
    #expect(folded("  - one two three four", 14) == ["  - one two", "    three four"])
    #expect(folded("  becomes one two three four", 22) == ["  becomes one two", "          three four"])
    #expect(folded("one two three", 8) == ["one two", "three"])
  }

  @Test("commands, paths with blanks and numbers with units stay in one piece")
  func held() {
    let path = "/media/my stick"
    #expect(folded("it is at \(path)", 16) == ["it is at", "/media/my stick"])
    #expect(folded("run `burin list --all` now", 20) == ["run", "`burin list --all`", "now"])
    #expect(folded("all of \(SanitizedText(size: 12_600_000))", 11) == ["all of", "12.6 MB"])
    let command: SanitizedText = "run `umount \(path)` now"
    #expect(command.string == "run `umount '/media/my stick'` now")
    #expect(folded(command, 16) == ["run", "`umount '/media/my stick'`", "now"])
    #expect(command.untranslated == command.string)
  }

  @Test("what is wider than the line begins further left, and has the line to itself")
  func wide() {
    #expect(folded("  hash      0123456789abcdef", 20) == ["  hash", "    0123456789abcdef"])
    #expect(
      folded("  hash      0123456789abcdef, good", 12) == ["  hash", "0123456789abcdef,", "      good"])
  }

  @Test("characters of two columns and marks of none are counted as what they take")
  func widths() {
    #expect(folded("漢字 漢字 漢字", 9) == ["漢字 漢字", "漢字"])
    #expect(folded("漢字漢字漢字", 5) == ["漢字", "漢字", "漢字"])
    #expect(folded("👍 👍 👍 👍", 5) == ["👍 👍", "👍 👍"])
    #expect(folded("e\u{301}e\u{301} e\u{301}e\u{301}", 5) == ["e\u{301}e\u{301} e\u{301}e\u{301}"])
  }

  @Test("R48: the blank that holds together never comes from outside, and never goes there")
  func foreign() {
    #expect(SanitizedText(foreign: "a\u{F8FF}b").string == "a\\u{f8ff}b")
    #expect(SanitizedText(foreign: "/a b").string == "/a b")
    #expect(SanitizedText(foreign: "/a b").untranslated == "/a b")
    #expect(SanitizedText(foreign: "/a b") == SanitizedText(vouchedFor: "/a b"))
  }

  @Test("a question leaves room for its answer")
  func question() {
    let prompter = WidePrompter(
      ScriptedPrompter([.line("usb-1")]), capabilities: Capabilities(isTerminal: true, width: 40))
    _ = prompter.ask(
      below: [], question: "Type usb-other123 to destroy it and write the image, anything else to cancel: ")
    #expect(
      prompter.base.text
        == "Type usb-other123 to destroy it and\nwrite the image,\nanything else to cancel: \n")
  }

  @Test("what goes to a file is not folded; a terminal's line is")
  func sinks() {
    let (file, terminal) = (RecordingSink(), RecordingSink(Capabilities(isTerminal: true, width: 20)))
    for sink in [file, terminal] { sink.writeLine("one two three four five six seven") }
    #expect(file.text == "one two three four five six seven\n")
    #expect(terminal.text == "one two three four\nfive six seven\n")
  }
}

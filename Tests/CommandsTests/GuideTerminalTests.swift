import Foundation
import TestSupport
import Testing

/// The program that was built together with this test, at a terminal, with an image and a virtual stick.
private struct Seat {
  let directory: ScratchDirectory
  let terminal: PseudoTerminal
  let before: PseudoTerminal.Modes

  private static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "burin").path()

  init(
    columns: UInt16 = 80, rows: UInt16 = 24, _ options: [String] = [], term: String? = "xterm-256color",
    shell: String? = nil
  ) throws {
    directory = try ScratchDirectory()
    try directory.run(
      """
      head -c 1300001 /dev/zero | tr '\\0' '\\245' >image
      printf '\\125\\252' | dd of=image bs=1 seek=510 conv=notrunc 2>/dev/null
      head -c 64 /dev/zero | dd of=image bs=1 seek=446 conv=notrunc 2>/dev/null
      printf '\\200\\0\\0\\0\\203\\0\\0\\0\\100\\0\\0\\0\\0\\004\\0\\0' | dd of=image bs=1 seek=446 conv=notrunc 2>/dev/null
      yes old content | head -c 4194304 >stick && cp stick before
      """)
    terminal = try PseudoTerminal(columns: columns, rows: rows)
    before = terminal.modes
    let words = shell.map { ["/bin/bash", "--norc", "-mc", $0, Self.program] } ?? [Self.program] + options
    try terminal.start(
      words,
      environment: (term.map { ["TERM=\($0)"] } ?? []) + [
        "LANG=C.UTF-8", "HOME=\(directory.path)", "PATH=/usr/bin:/bin:/usr/sbin:/sbin",
        "BURIN_STATE_DIRECTORY=\(directory.path)/state",
      ], in: directory.path)
  }

  var isUntouched: Bool { (try? directory.run("cmp stick before")) != nil }
  var holdsImage: Bool { (try? directory.run("cmp -n 1300001 image stick")) != nil }

  /// Goes from the first step to the question for the word.
  /// - Returns: the ID that is asked for.
  func goToQuestion() throws -> String {
    try terminal.wait(for: "step 1 of 4")
    try terminal.wait(for: "image") { $0.text.contains("disk image") }
    terminal.type("\u{1B}[B\r")
    try terminal.wait(for: "step 2 of 4")
    try terminal.wait(for: "Enter goes on")
    terminal.type("\r")
    try terminal.wait(for: "step 3 of 4")
    terminal.type("file:\(directory.path)/stick\r")
    return try idAskedFor()
  }

  func idAskedFor() throws -> String {
    let question = try terminal.wait(for: "the question") {
      $0.transcript.contains("anything else to cancel: ")
    }
    let words = question.transcript.components(separatedBy: "Type ").last?.split(separator: " ") ?? []
    return String(try #require(words.first))
  }

  /// Whether the terminal is as it was.
  func isRestored() -> Bool {
    let screen = terminal.emulator
    return terminal.modes == before && !screen.isAlternate && screen.showsCursor && !screen.marksPastes
  }
}

@Suite("The interactive way at a terminal")
struct GuideTerminalTests {
  @Test(
    "goes from the image to what comes next, at every size, and leaves the terminal as it was",
    arguments: [(40, 12), (80, 24), (200, 50)] as [(UInt16, UInt16)])
  func wholeWay(columns: UInt16, rows: UInt16) throws {
    let seat = try Seat(columns: columns, rows: rows)
    let id = try seat.goToQuestion()
    #expect(seat.isUntouched && !seat.terminal.emulator.isAlternate)
    seat.terminal.type(id + "\r")
    #expect(try seat.terminal.end() == 0, "\(seat.terminal.emulator.transcript)")
    #expect(seat.holdsImage && seat.isRestored())
    let words = seat.terminal.emulator.transcript.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for word in ["will be written, and everything", "now holds", "not proven", "choose it in the boot menu"] {
      #expect(words.contains(word), "\(word) in \(words)")
    }
  }

  @Test("R1: another word than the ID writes nothing, and ends with exit 5")
  func declined() throws {
    let seat = try Seat()
    _ = try seat.goToQuestion()
    seat.terminal.type("yes\r")
    #expect(try seat.terminal.end() == 5)
    #expect(seat.isUntouched && seat.isRestored())
  }

  @Test("Ctrl-C at every step ends it, writes nothing and leaves the terminal as it was", arguments: 0..<4)
  func interrupted(step: Int) throws {
    let seat = try Seat()
    try seat.terminal.wait(for: "step 1 of 4")
    switch step {
    case 0: break
    case 1:
      seat.terminal.type("/imag")
      try seat.terminal.wait(for: "Path or URL: /imag")
    case 2:
      seat.terminal.type("./image\r")
      try seat.terminal.wait(for: "step 2 of 4")
    default: _ = try seat.goToQuestion()
    }
    seat.terminal.type("\u{03}")
    #expect(try seat.terminal.end() == 130)
    #expect(seat.isUntouched && seat.isRestored())
    #expect(seat.terminal.emulator.transcript.contains("nothing was written"))
  }

  @Test("R40: a lost terminal, as of a connection, ends it with nothing written", arguments: [1, 3])
  func lost(step: Int) throws {
    let seat = try Seat()
    if step == 1 { try seat.terminal.wait(for: "step 1 of 4") } else { _ = try seat.goToQuestion() }
    seat.terminal.hangUp()
    #expect(try seat.terminal.end() == 129)
    #expect(seat.isUntouched)
  }

  @Test("a window that becomes another size shows the same step in it")
  func resized() throws {
    let seat = try Seat(columns: 200, rows: 50)
    try seat.terminal.wait(for: "step 1 of 4")
    for (columns, rows) in [(40, 12), (120, 30), (41, 10)] as [(UInt16, UInt16)] {
      seat.terminal.resize(columns: columns, rows: rows)
      try seat.terminal.wait(for: "\(columns)x\(rows)") { screen in
        screen.lines.count == Int(rows) && screen.lines.allSatisfy { $0.count <= Int(columns) }
          && screen.text.contains("step 1 of 4")
      }
    }
    seat.terminal.type("q")
    #expect(try seat.terminal.end() == 5)
    #expect(seat.isRestored())
  }

  @Test("Ctrl-Z gives the shell its terminal back, and fg goes on where it was")
  func suspended() throws {
    let seat = try Seat(
      shell: #""$0"; stty -a | grep -o ' icanon'; echo stopped; fg >/dev/null; echo "end $?""#)
    try seat.terminal.wait(for: "step 1 of 4")
    seat.terminal.type("/tm")
    try seat.terminal.wait(for: "Path or URL: /tm")
    seat.terminal.type("\u{1A}")
    try seat.terminal.wait(for: "what the shell says") { $0.transcript.contains("stopped") }
    #expect(seat.terminal.emulator.transcript.contains(" icanon"))
    try seat.terminal.wait(for: "Path or URL: /tm")
    seat.terminal.type("\u{1B}")
    try seat.terminal.wait(for: "the end of typing") { !$0.text.contains("Path or URL") }
    seat.terminal.type("q")
    _ = try seat.terminal.end()
    #expect(seat.terminal.emulator.transcript.contains("end 5"))
    #expect(seat.isRestored())
  }

  @Test(
    "--plain, or a terminal that nothing is known of, asks line by line, redraws nothing and does the same",
    arguments: [(["--plain"], "xterm-256color"), ([], "dumb"), ([], nil)] as [([String], String?)])
  func plain(options: [String], term: String?) throws {
    let seat = try Seat(options, term: term)
    try seat.terminal.wait(for: "q ends:")
    seat.terminal.type("1\r")
    try seat.terminal.wait(for: "Type y to go on")
    seat.terminal.type("y\r")
    try seat.terminal.wait(for: "ID, path or file:PATH; q ends:")
    seat.terminal.type("file:\(seat.directory.path)/stick\r")
    let id = try seat.idAskedFor()
    seat.terminal.type(id + "\r")
    #expect(try seat.terminal.end() == 0, "\(seat.terminal.emulator.transcript)")
    #expect(seat.holdsImage && seat.isRestored())
    let words = seat.terminal.emulator.transcript
    #expect(words.contains("Step 4 of 4") && words.contains("now holds"))
    let colors = seat.terminal.emulator.sequences
    #expect(options.isEmpty ? colors.isEmpty : colors.allSatisfy { $0.hasSuffix("m") }, "\(colors)")
  }
}

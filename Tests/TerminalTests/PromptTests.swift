import Glibc
import Synchronization
import Testing

@testable import Terminal

/// A pipe, closed with the value.
private final class Pipe: Sendable {
  let reading: CInt
  let writing: CInt

  init() {
    var ends: [CInt] = [-1, -1]
    _ = unsafe pipe(&ends)
    (reading, writing) = (ends[0], ends[1])
  }

  deinit { for end in [reading, writing] { _ = close(end) } }

  func write(_ text: String) { _ = unsafe Glibc.write(writing, text, text.utf8.count) }
}

/// A person at a keyboard, and something that may interrupt the question.
private struct Desk {
  let keyboard = Pipe()
  let screen = Pipe()
  let bell = Pipe()

  func ask(_ hasHappened: (@Sendable (_ times: Int) -> Bool)?) -> PromptAnswer {
    let prompter = TerminalPrompter(
      input: keyboard.reading, output: screen.writing, capabilities: Capabilities(isTerminal: true))
    let times = Counter()
    let interruption = hasHappened.map { happened in
      PromptInterruption(descriptor: bell.reading) { happened(times.next()) }
    }
    return prompter.ask("text\n", question: "question: ", unless: interruption)
  }
}

private final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}

@Suite("The question at the terminal")
struct PromptTests {
  @Test("R7: an interruption ends it at once, also where an answer is there already")
  func disturbed() {
    for answer in ["", "half an ans", "the whole answer\n"] {
      let desk = Desk()
      desk.bell.write("!")
      desk.keyboard.write(answer)
      #expect(desk.ask { _ in true } == .disturbed, "\(answer)")
    }
  }

  @Test("R7: what is none leaves it open, and the answer counts")
  func undisturbed() {
    let desk = Desk()
    desk.bell.write("!")
    let keyboard = desk.keyboard
    let answer = desk.ask { times in
      // The person answers only when others have come and gone twice.
      if times == 3 { keyboard.write("usb-1\n") }
      return false
    }
    #expect(answer == .line("usb-1"))
  }

  @Test("without anything that could interrupt it, lines are read as they are")
  func plain() {
    let desk = Desk()
    desk.keyboard.write("one\n")
    #expect(desk.ask(nil) == .line("one"))
    let silent = Desk()
    silent.keyboard.write(String(repeating: "x", count: 5000))
    #expect(silent.ask(nil) == .endOfInput)
  }
}

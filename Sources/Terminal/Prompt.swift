import Glibc
public import SystemPackage

/// What came back from a question.
public enum PromptAnswer: Hashable, Sendable {
  /// A line, without its end.
  case line(String)
  /// The input ended before a line did.
  case endOfInput
  /// The run was cancelled while waiting.
  case interrupted
  /// What was asked about has changed while waiting.
  case disturbed
  /// There is no terminal to ask at; this never means yes.
  case noTerminal
  /// The terminal could not be read.
  case failed(Errno)
}

/// Something beside the keyboard that can end a question.
public struct PromptInterruption: Sendable {
  /// Readable when it may have happened.
  public let descriptor: CInt
  /// Whether it has happened; called whenever the descriptor is readable, which it has to put an end to.
  public let hasHappened: @Sendable () -> Bool

  /// Creates an interruption.
  public init(descriptor: CInt, hasHappened: @escaping @Sendable () -> Bool) {
    self.descriptor = descriptor
    self.hasHappened = hasHappened
  }
}

/// Somebody who can be asked.
public protocol Prompter: Sendable {
  /// What can be shown where the questions go; nil where there is nobody to ask.
  var capabilities: Capabilities? { get }
  /// Shows a text and a question and waits for one line, or for an interruption.
  func ask(
    _ text: SanitizedText, question: SanitizedText, unless interruption: PromptInterruption?
  ) -> PromptAnswer
}

extension Prompter {
  /// How many columns an answer takes: an ID, which has 13 at most but for virtual sticks.
  private static var answerRoom: Int { 14 }

  /// Asks, with everything folded for the terminal; the answer is typed on the last line of the question.
  /// - Parameters:
  ///   - lines: what is told before the question.
  ///   - question: what is asked; it ends with a blank.
  public func ask(
    below lines: [SanitizedText], question: SanitizedText, unless interruption: PromptInterruption? = nil
  ) -> PromptAnswer {
    let columns = capabilities?.width
    let text = lines.flatMap { $0.folded(to: columns) }.map { $0 + "\n" }.joined()
    return ask(
      text, question: question.folded(withRoomFor: Self.answerRoom, in: columns), unless: interruption)
  }
}

extension SanitizedText {
  /// A question, folded so that an answer fits behind its last word.
  fileprivate func folded(withRoomFor answer: Int, in columns: Int?) -> SanitizedText {
    guard let columns, columns > answer, width + answer > columns else { return self }
    // Its last clause stays together with the answer, where a line has room for both.
    if let comma = laidOut.ranges(of: ", ").last {
      let clause = SanitizedText(vouchedFor: String(laidOut[comma.upperBound...]))
      if clause.width + answer <= columns {
        let before = SanitizedText(vouchedFor: laidOut[..<comma.lowerBound] + ",")
        return (before.folded(to: columns, hanging: 0) + [clause]).lineByLine
      }
    }
    // The answer holds on to the last word, as a blank that is no place for a break does.
    let room = String(repeating: String(Glue.scalar), count: answer)
    let text = laidOut.hasSuffix(" ") ? String(laidOut.dropLast()) + String(Glue.scalar) : laidOut
    var lines = SanitizedText(vouchedFor: text + room).folded(to: columns, hanging: 0)
    guard let last = lines.popLast() else { return self }
    return (lines + [SanitizedText(vouchedFor: String(last.laidOut.dropLast(answer)))]).lineByLine
  }
}

extension [SanitizedText] {
  fileprivate var lineByLine: SanitizedText { joined(separator: SanitizedText(vouchedFor: "\n")) }
}

/// The person at the terminal: standard input where it is one, else the controlling terminal.
public final class TerminalPrompter: Prompter {
  private let input: CInt?
  private let output: CInt
  private let opened: CInt?
  /// What can be shown where the questions go; nil where there is nobody to ask.
  public let capabilities: Capabilities?

  /// Looks for a terminal.
  public init(environment: [String: String], allowsColor: Bool = true) {
    if isatty(0) == 1 {
      input = 0
      // Questions must be seen even where standard error goes to a file.
      output = isatty(2) == 1 ? 2 : 0
      opened = nil
    } else {
      let terminal = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
      input = terminal >= 0 ? terminal : nil
      output = terminal
      opened = terminal >= 0 ? terminal : nil
    }
    capabilities =
      input == nil
      ? nil : Capabilities(of: output, environment: environment, allowsColor: allowsColor)
  }

  /// Asks at descriptors that somebody else keeps open.
  init(input: CInt, output: CInt, capabilities: Capabilities) {
    self.input = input
    self.output = output
    self.capabilities = capabilities
    opened = nil
  }

  deinit { if let opened { _ = close(opened) } }

  /// How long a cancelled run waits at most before it leaves the prompt, in milliseconds.
  private static let pollInterval: CInt = 100
  /// A line longer than this is no answer to anything that is asked.
  private static let longestLine = 4096

  /// Shows a text and a question and waits for one line; a cancelled task or an interruption ends that.
  public func ask(
    _ text: SanitizedText, question: SanitizedText, unless interruption: PromptInterruption?
  ) -> PromptAnswer {
    guard let input, let capabilities else { return .noTerminal }
    let terminal = TextOutput(descriptor: output, capabilities: capabilities)
    terminal.write(text + question)
    if let failure = terminal.failure { return .failed(failure) }
    let answer = readLine(from: input, unless: interruption)
    if case .line = answer {} else { terminal.writeLine() }
    // Half an answer to a question that is gone must not become a command of the shell.
    if answer == .disturbed { _ = tcflush(input, TCIFLUSH) }
    return answer
  }

  private func readLine(from input: CInt, unless interruption: PromptInterruption?) -> PromptAnswer {
    var line: [UInt8] = []
    // poll(2) passes over a negative number.
    var requests = [input, interruption?.descriptor ?? -1].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    while true {
      if Task.isCancelled { return .interrupted }
      let ready = unsafe poll(&requests, 2, Self.pollInterval)
      if ready == 0 || (ready < 0 && Glibc.errno == EINTR) { continue }
      // Before the answer: what was typed was meant for what is no longer there.
      if requests[1].revents != 0, interruption?.hasHappened() == true { return .disturbed }
      guard requests[0].revents != 0 else { continue }
      var byte: UInt8 = 0
      let count = unsafe read(input, &byte, 1)
      guard count == 1 else {
        let error = count < 0 ? Errno(rawValue: Glibc.errno) : nil
        if error == .interrupted || error == .resourceTemporarilyUnavailable { continue }
        HangUp.awaitSignal(after: requests[0].revents)
        if Task.isCancelled { return .interrupted }
        return error.map { .failed($0) } ?? .endOfInput
      }
      if byte == UInt8(ascii: "\n") { return .line(String(decoding: line, as: UTF8.self)) }
      line.append(byte)
      guard line.count <= Self.longestLine else { return .endOfInput }
    }
  }
}

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
  /// There is no terminal to ask at; this never means yes.
  case noTerminal
  /// The terminal could not be read.
  case failed(Errno)
}

/// Somebody who can be asked.
public protocol Prompter: Sendable {
  /// What can be shown where the questions go; nil where there is nobody to ask.
  var capabilities: Capabilities? { get }
  /// Shows a text and a question and waits for one line.
  func ask(_ text: SanitizedText, question: SanitizedText) -> PromptAnswer
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

  deinit { if let opened { _ = close(opened) } }

  /// How long a cancelled run waits at most before it leaves the prompt, in milliseconds.
  private static let pollInterval: CInt = 100
  /// A line longer than this is no answer to anything that is asked.
  private static let longestLine = 4096

  /// Shows a text and a question and waits for one line; a cancelled task stops waiting.
  public func ask(_ text: SanitizedText, question: SanitizedText) -> PromptAnswer {
    guard let input, let capabilities else { return .noTerminal }
    let terminal = TextOutput(descriptor: output, capabilities: capabilities)
    terminal.write(text + question)
    if let failure = terminal.failure { return .failed(failure) }
    let answer = readLine(from: input)
    if case .line = answer {} else { terminal.writeLine() }
    return answer
  }

  private func readLine(from input: CInt) -> PromptAnswer {
    var line: [UInt8] = []
    var request = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
    while true {
      if Task.isCancelled { return .interrupted }
      let ready = unsafe poll(&request, 1, Self.pollInterval)
      if ready == 0 || (ready < 0 && Glibc.errno == EINTR) { continue }
      var byte: UInt8 = 0
      let count = unsafe read(input, &byte, 1)
      if count < 0 {
        if Glibc.errno == EINTR || Glibc.errno == EAGAIN { continue }
        return .failed(Errno(rawValue: Glibc.errno))
      }
      guard count == 1 else { return .endOfInput }
      if byte == UInt8(ascii: "\n") { return .line(String(decoding: line, as: UTF8.self)) }
      line.append(byte)
      guard line.count <= Self.longestLine else { return .endOfInput }
    }
  }
}

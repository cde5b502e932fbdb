import BlockIO
import CLinuxBlock
import CSystemd
import Glibc

/// Asks for passwords at the terminal in polkit's name, where no desktop does: `pkttyagent`, polkit's own program.
///
/// Nothing it prints is read. It gets the terminal and the pipe by which it says that it is there (R32).
struct TerminalAgent: ~Copyable {
  private static let program = "/usr/bin/pkttyagent"
  /// How long it may take to register, in milliseconds; without it polkit only says no.
  private static let patience: CInt = 10_000

  private let process: CInt?

  /// Starts it, if standard input is a terminal and polkit's program is there.
  init() {
    guard isatty(0) == 1 else {
      process = nil
      return
    }
    var readEnd: CInt = 0
    var writeEnd: CInt = 0
    var started: CInt = 0
    guard unsafe clb_pipe(&readEnd, &writeEnd) == 0 else {
      process = nil
      return
    }
    let answer = OwnedDescriptor(adopting: readEnd)
    let status: CInt
    do {
      // Closed here before it is waited for, so that the agent's end is the last one.
      let notification = OwnedDescriptor(adopting: writeEnd)
      status = unsafe clb_start_agent(
        Self.program, getpid(), Self.isInSession, notification.rawValue, &started)
    }
    guard status == 0 else {
      process = nil
      return
    }
    process = started
    // It closes the pipe when it has registered, or when it ends.
    var closed = pollfd(fd: answer.rawValue, events: Int16(POLLIN), revents: 0)
    while unsafe poll(&closed, 1, Self.patience) < 0, errno == EINTR {}
  }

  /// Whether this process belongs to a session, whose own agent goes first.
  ///
  /// polkit asks no agent that defers where there is no session.
  private static var isInSession: Bool { sd_pid_get_session(0, nil) >= 0 }

  /// Ends it: a question is answered by now, or no longer wanted.
  consuming func end() {
    guard let process else { return }
    _ = kill(process, SIGTERM)
    var status: CInt = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
  }
}

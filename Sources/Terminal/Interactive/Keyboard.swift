import Glibc
import Synchronization

/// A terminal's keyboard, each key as it is pressed and without an echo.
///
/// Keys that send signals still do, but for the one that stops a process: that comes as `control("z")`, so that
/// the terminal can be put in order first.
public final class Keyboard: Sendable {
  /// What came.
  public enum Input: Hashable, Sendable {
    /// Bytes that were typed.
    case bytes([UInt8])
    /// Nothing in the time.
    case nothing
    /// The terminal is gone.
    case closed
  }

  private let input: CInt
  private let output: CInt
  private let modes = Mutex<termios?>(nil)

  // What is pasted comes between marks, so that a line end in it is no key.
  private static let begin = "\u{1B}[?2004h"
  private static let end = "\u{1B}[?2004l"

  /// Uses a terminal that stays open.
  public init(input: CInt, output: CInt) {
    self.input = input
    self.output = output
  }

  /// Begins to take keys.
  /// - Returns: whether it is a terminal.
  public func open() -> Bool {
    guard let before = Self.modes(of: input) else { return false }
    var raw = before
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ECHONL | IEXTEN)
    raw.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR | IGNCR | ISTRIP)
    raw.c_cc.10 = 0  // VSUSP: no character
    raw.c_cc.6 = 1  // VMIN
    raw.c_cc.5 = 0  // VTIME
    TerminalRestoration.shared.add(.keyboard, on: output, undo: Self.end, Modes(before, of: input))
    guard unsafe tcsetattr(input, TCSADRAIN, &raw) == 0 else {
      close()
      return false
    }
    modes.withLock { $0 = raw }
    TextOutput(descriptor: output, capabilities: Capabilities()).write(SanitizedText(vouchedFor: Self.begin))
    return true
  }

  /// Gives the terminal its modes back.
  public func close() {
    modes.withLock { $0 = nil }
    TerminalRestoration.shared.undo(.keyboard)
  }

  /// Whether somebody else has changed the modes, as a shell does for a program that it stops and goes on with.
  public var isDisturbed: Bool {
    guard let expected = modes.withLock({ $0 }), let now = Self.modes(of: input) else { return false }
    return now.c_lflag != expected.c_lflag || now.c_iflag != expected.c_iflag
  }

  /// Waits for keys.
  /// - Parameter milliseconds: how long at most.
  public func read(within milliseconds: CInt) -> Input {
    var request = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&request, 1, milliseconds) > 0 else { return .nothing }
    var bytes = [UInt8](repeating: 0, count: 1024)
    // Safe: the count is that of the array.
    let count = unsafe Glibc.read(input, &bytes, bytes.count)
    if count > 0 { return .bytes(Array(bytes.prefix(count))) }
    if count < 0, [EINTR, EAGAIN].contains(Glibc.errno) { return .nothing }
    HangUp.awaitSignal(after: request.revents)
    return .closed
  }

  /// Stops this process, as the shell expects it, and comes back when it goes on.
  ///
  /// Sent to this very thread: what is sent to the process may reach another one first, and this one would go on
  /// for a moment, at a terminal that is the shell's already. The corresponding C function is `raise`.
  public static func stop() {
    // The threads of Swift's tasks let no signal come to them.
    var (stop, before) = (sigset_t(), sigset_t())
    _ = unsafe sigemptyset(&stop)
    _ = unsafe sigaddset(&stop, SIGTSTP)
    _ = unsafe pthread_sigmask(SIG_UNBLOCK, &stop, &before)
    _ = raise(SIGTSTP)
    _ = unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
  }

  private static func modes(of descriptor: CInt) -> termios? {
    var modes = termios()
    return unsafe tcgetattr(descriptor, &modes) == 0 ? modes : nil
  }
}

import Glibc

/// A terminal with a program in it, and somebody who types.
final class PseudoTerminal {
  /// How a terminal handles its keyboard and lines.
  struct Modes: Hashable {
    let flags: [tcflag_t]
  }

  /// What was asked of the terminal and did not come.
  struct Silence: Error {
    let expected: String
    let screen: String
  }

  private var master: CInt
  private let slave: CInt
  private let name: String
  private(set) var emulator = TerminalEmulator()
  private var child: pid_t = 0
  private var status: CInt?

  init(columns: UInt16, rows: UInt16) throws {
    master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    // TIOCSPTLCK and TIOCGPTN, whose definitions Swift cannot read.
    var (lock, number): (CInt, CInt) = (0, 0)
    guard unsafe ioctl(master, 0x4004_5431, &lock) == 0, unsafe ioctl(master, 0x8004_5430, &number) == 0
    else {
      throw Silence(expected: "a pseudo-terminal", screen: "errno \(errno)")
    }
    name = "/dev/pts/\(number)"
    // It stays open, so that the modes can be asked for when the program has gone.
    slave = unsafe open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
    resize(columns: columns, rows: rows)
  }

  deinit {
    if child > 0, status == nil {
      kill(child, SIGKILL)
      waitpid(child, nil, 0)
    }
    hangUp()
    close(slave)
  }

  /// Takes the terminal away from the program, as the end of a connection does.
  func hangUp() {
    guard master >= 0 else { return }
    close(master)
    master = -1
  }

  var modes: Modes {
    var modes = termios()
    _ = unsafe tcgetattr(slave, &modes)
    return Modes(flags: [modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag, tcflag_t(modes.c_cc.10)])
  }

  func resize(columns: UInt16, rows: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = unsafe ioctl(master, UInt(TIOCSWINSZ), &size)
  }

  /// Starts a program as the leader of a session that this is the terminal of.
  func start(_ words: [String], environment: [String], in directory: String) throws {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
    for descriptor in CInt(1)...2 { unsafe posix_spawn_file_actions_adddup2(&actions, 0, descriptor) }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    // A runner of tests in the background may ignore what a terminal sends.
    var signals = sigset_t()
    for signal in [SIGINT, SIGQUIT, SIGTSTP, SIGHUP, SIGTERM, SIGCHLD] { unsafe sigaddset(&signals, signal) }
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    let flags = 0x80 | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK  // POSIX_SPAWN_SETSID
    unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
    // The C library has a call for the directory only beyond POSIX.
    let words = ["/bin/sh", "-c", #"cd "$0" && exec "$@""#, directory] + words
    let arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    let variables = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
    let code = unsafe posix_spawn(&child, words[0], &actions, &attributes, arguments, variables)
    guard code == 0 else { throw Silence(expected: words.joined(separator: " "), screen: "errno \(code)") }
  }

  /// Types something.
  func type(_ text: String) { _ = unsafe write(master, text, text.utf8.count) }

  /// Waits until something is so of what is printed.
  @discardableResult
  func wait(for what: String, _ condition: (TerminalEmulator) -> Bool) throws -> TerminalEmulator {
    var clock = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &clock)
    let end = clock.tv_sec + 40
    while !condition(emulator) {
      unsafe clock_gettime(CLOCK_MONOTONIC, &clock)
      guard clock.tv_sec < end else {
        throw Silence(expected: what, screen: emulator.text + "\n---\n" + emulator.transcript)
      }
      _ = takeOutput(within: 100)
    }
    return emulator
  }

  /// Waits until a text is on the screen.
  @discardableResult
  func wait(for text: String) throws -> TerminalEmulator { try wait(for: text) { $0.text.contains(text) } }

  /// Waits for the end of the program.
  /// - Returns: its exit status, as a shell tells it.
  func end() throws -> Int {
    try wait(for: "the end") { _ in self.hasEnded }
    while takeOutput(within: 0) {}
    let status = status ?? 0
    return status & 0x7F == 0 ? Int(status >> 8) & 0xFF : 128 + Int(status & 0x7F)
  }

  private var hasEnded: Bool {
    if status != nil { return true }
    var found: CInt = 0
    guard unsafe waitpid(child, &found, WNOHANG) == child else { return false }
    status = found
    return true
  }

  /// Takes what is printed by now; false where nothing is.
  private func takeOutput(within milliseconds: CInt) -> Bool {
    var request = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&request, 1, milliseconds) > 0 else { return false }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    // Safe: the count is that of the array.
    let count = unsafe read(master, &bytes, bytes.count)
    guard count > 0 else { return false }
    emulator.feed(Array(bytes.prefix(count)))
    return true
  }
}

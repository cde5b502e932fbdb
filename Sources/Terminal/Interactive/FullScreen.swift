import Glibc
import Synchronization

/// The whole of a terminal, as another screen than the one with the shell's text, which comes back afterwards.
public final class FullScreen: Sendable {
  private let output: CInt
  private let shown = Mutex<Shown?>(nil)

  private struct Shown {
    var lines: [SanitizedText]
    var size: ScreenSize
  }

  // The other screen, empty, without a cursor: the sequences of xterm, which others and tmux know.
  private static let begin = "\u{1B}[?1049h\u{1B}[2J\u{1B}[?25l"
  // A terminal that knows no other screen is left empty.
  private static let end = "\u{1B}[2J\u{1B}[H\u{1B}[?25h\u{1B}[?1049l"

  /// Uses a terminal that stays open.
  public init(output: CInt) { self.output = output }

  /// How large it is by now.
  public var size: ScreenSize { ScreenSize(of: output) }

  /// Shows it.
  public func open() {
    TerminalRestoration.shared.add(.screen, on: output, undo: Self.end)
    write(Self.begin)
    shown.withLock { $0 = nil }
  }

  /// Brings the shell's text back.
  public func close() { TerminalRestoration.shared.undo(.screen) }

  /// Shows some lines; nothing is sent where they are on the screen already.
  public func draw(_ lines: [SanitizedText], at size: ScreenSize) {
    let isNew = shown.withLock { shown in
      if let known = shown, known.lines == lines, known.size == size { return false }
      shown = Shown(lines: lines, size: size)
      return true
    }
    guard isNew else { return }
    // Each line is cleared before it is written: behind its last column, clearing would take that away.
    let rows = lines.prefix(size.rows).map { "\u{1B}[2K" + $0.string }.joined(separator: "\r\n")
    // What is typed while nobody reads it is echoed at the top, where the next picture covers it.
    write("\u{1B}[H" + rows + "\u{1B}[J\u{1B}[H")
  }

  private func write(_ text: String) {
    TextOutput(descriptor: output, capabilities: Capabilities()).write(SanitizedText(vouchedFor: text))
  }
}

import Glibc
import Synchronization

/// What has to be undone at the terminal before this process ends, however it ends.
public final class TerminalRestoration: Sendable {
  /// What is changed.
  enum Change: Int, Hashable, Sendable { case keyboard, screen }

  private struct Entry {
    let descriptor: CInt
    let text: String
    let modes: Modes?
  }

  private let entries = Mutex<[Change: Entry]>([:])

  /// Those of the process.
  public static let shared = TerminalRestoration()

  /// Notes how a change is undone: by a text, and by modes where they were changed.
  func add(_ change: Change, on descriptor: CInt, undo text: String, _ modes: Modes? = nil) {
    entries.withLock { $0[change] = Entry(descriptor: descriptor, text: text, modes: modes) }
  }

  /// Undoes a change, once.
  func undo(_ change: Change) {
    if let entry = entries.withLock({ $0.removeValue(forKey: change) }) { Self.undo(entry) }
  }

  /// Undoes everything that is not undone yet.
  public func undoAll() {
    for change in [Change.screen, .keyboard] { undo(change) }
  }

  private static func undo(_ entry: Entry) {
    let output = TextOutput(descriptor: entry.descriptor, capabilities: Capabilities())
    output.write(SanitizedText(vouchedFor: entry.text))
    entry.modes?.restore()
  }
}

/// How a terminal handled its keyboard.
struct Modes: Sendable {
  private let values: termios
  private let descriptor: CInt

  /// Keeps modes of a terminal.
  init(_ values: termios, of descriptor: CInt) {
    self.values = values
    self.descriptor = descriptor
  }

  /// Has it do so again.
  func restore() {
    var values = values
    // What was typed for a screen that is gone must not become a command of the shell.
    _ = unsafe tcsetattr(descriptor, TCSAFLUSH, &values)
  }
}

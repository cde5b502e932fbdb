import Glibc
import Synchronization
public import SystemPackage

/// Where text goes; it takes nothing but text that is safe to show.
public protocol TextSink: Sendable {
  /// What can be shown there.
  var capabilities: Capabilities { get }
  /// Why text was lost, if any was.
  var failure: Errno? { get }
  /// Prints a text as it is, without a line end.
  func write(_ text: SanitizedText)
}

extension TextSink {
  /// Prints a text and ends the line; where that is wider than the terminal, it is folded.
  public func writeLine(_ text: SanitizedText = "") {
    let lines = text.folded(to: capabilities.width)
    write(SanitizedText(vouchedFor: lines.map { $0.string + "\n" }.joined()))
  }
}

/// An open descriptor as a place for text.
///
/// A failure is remembered and ends the reporting, never the work: a closed pipe or a full disk must not
/// abort a half-written stick.
public final class TextOutput: TextSink {
  private let descriptor: CInt
  private let firstFailure = Mutex<Errno?>(nil)
  /// What can be shown there.
  public let capabilities: Capabilities

  /// Uses a descriptor that stays open.
  public init(descriptor: CInt, capabilities: Capabilities) {
    self.descriptor = descriptor
    self.capabilities = capabilities
  }

  /// Why text was lost, if any was.
  public var failure: Errno? { firstFailure.withLock { $0 } }

  /// Writes all of a text, or remembers why that is impossible.
  public func write(_ text: SanitizedText) {
    guard failure == nil else { return }
    // What was cut ends with a sign that the fonts of the console lack.
    let string = capabilities.isConsole ? text.string.replacing("…", with: "~") : text.string
    let bytes = Array(string.utf8)
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBufferPointer { memory in
        guard let base = memory.baseAddress else { return 0 }
        return unsafe Glibc.write(descriptor, base + done, bytes.count - done)
      }
      if count >= 0 {
        done += count
        continue
      }
      switch Glibc.errno {
      case EINTR: continue
      case EAGAIN: waitUntilWritable()
      case let code:
        firstFailure.withLock { $0 = Errno(rawValue: code) }
        return
      }
    }
  }

  /// A descriptor that somebody else has made non-blocking.
  private func waitUntilWritable() {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    _ = unsafe poll(&request, 1, 1000)
  }
}

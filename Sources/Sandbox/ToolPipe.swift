import BlockIO
import CLinuxBlock
import Glibc
import SystemPackage

/// A pipe between this process and a program that it has started.
struct ToolPipe: ~Copyable, Sendable {
  private var reader: OwnedDescriptor?
  private var writer: OwnedDescriptor?
  /// What has come out of it so far.
  private(set) var received: [UInt8] = []

  /// Makes a pipe.
  /// - Parameter room: how many bytes it may hold before its writer waits, as far as the system allows.
  init(room: Int? = nil) throws(SystemCallError) {
    var readEnd: CInt = 0
    var writeEnd: CInt = 0
    try SystemCallError.check(unsafe clb_pipe(&readEnd, &writeEnd), "pipe2")
    reader = OwnedDescriptor(adopting: readEnd)
    writer = OwnedDescriptor(adopting: writeEnd)
    // A user may have too many large pipes already; then it is a small one, and slower.
    if let room { _ = clb_set_pipe_size(writeEnd, CInt(clamping: room)) }
  }

  /// The number of the end that is read from; -1 once that is closed.
  var readEnd: CInt {
    switch reader {
    case .some(let end): end.rawValue
    case .none: -1
    }
  }

  /// The number of the end that is written to; -1 once that is closed.
  var writeEnd: CInt {
    switch writer {
    case .some(let end): end.rawValue
    case .none: -1
    }
  }

  /// Has writing return at once where there is no room.
  func neverWaitForRoom() throws(SystemCallError) {
    guard fcntl(writeEnd, F_SETFL, O_NONBLOCK) == 0 else {
      throw SystemCallError(call: "fcntl F_SETFL", errno: Errno(rawValue: Glibc.errno))
    }
  }

  mutating func closeWriteEnd() { writer = nil }
  mutating func closeReadEnd() { reader = nil }

  /// Writes as much as there is room for.
  /// - Returns: the number of bytes.
  func send(_ bytes: RawSpan) -> Int {
    max(0, unsafe bytes.withUnsafeBytes { unsafe write(writeEnd, $0.baseAddress, $0.count) })
  }

  /// Reads what is there; the end of it closes this end.
  mutating func receive() {
    var part = [UInt8](repeating: 0, count: 64 << 10)
    let number = readEnd
    let count = unsafe part.withUnsafeMutableBytes { unsafe read(number, $0.baseAddress, $0.count) }
    if count > 0 { received += part.prefix(count) }
    if count == 0 { closeReadEnd() }
  }
}

public import BlockIO
import CLinuxBlock
import Glibc
import SystemPackage

/// Why a confined process gave no answer.
public enum ConfinementError: Error, Hashable, Sendable {
  /// It could not be started or waited for.
  case system(SystemCallError)
  /// It was ended by a signal, its own or somebody else's.
  case killed(signal: Int32)
  /// It ended with a status that means no answer.
  case failed(status: Int32)
  /// It said more than any answer holds.
  case answerTooLong
  /// It was not done in time.
  case timedOut
  /// The run that wanted its answer is over.
  case cancelled
}

/// This program, started once more to look at a file that nobody vouches for.
///
/// It gets two descriptors, the file and a pipe for the answer, and where it is to make much, a ring for that; and none
/// of this process's (R32): no disk, no terminal, no environment. What it answers is as little trusted as the file.
public struct ConfinedProcess: ~Copyable, Sendable {
  /// The number of the file's descriptor in the confined process.
  public static let input = CInt(clb_input)
  /// The number of the pipe's descriptor in the confined process.
  public static let output = CInt(clb_output)

  /// Its number, as long as this value lives.
  public let process: CInt
  private let answer: OwnedDescriptor
  private var isWaitedFor = false

  /// This very program, whatever lies at its path by now.
  public static let thisProgram = "/proc/self/exe"

  /// Starts this program with one argument.
  ///
  /// - Parameters:
  ///   - argument: what tells it that it is to confine itself.
  ///   - file: the file to look at; its offset is shared, and nothing else of it.
  ///   - program: what is started instead where this program is none that can be, as in a test.
  ///   - room: how many bytes it may say before they are read, as far as the system allows.
  public init(
    argument: String, reading file: borrowing OwnedDescriptor, program: String = thisProgram, room: Int? = nil
  ) throws(ConfinementError) {
    try self.init(argument, file.rawValue, [], program, room)
  }

  /// Starts this program with one argument, to lay what it makes into a ring.
  ///
  /// - Parameters:
  ///   - argument: what tells it that it is to confine itself.
  ///   - file: the file to look at; its offset is shared, and nothing else of it.
  ///   - ring: where it lays what it makes; what it says of that still comes through the pipe.
  ///   - program: what is started instead where this program is none that can be, as in a test.
  public init(
    argument: String, reading file: borrowing OwnedDescriptor, filling ring: borrowing SharedRing,
    program: String = thisProgram
  ) throws(ConfinementError) {
    try self.init(argument, file.rawValue, ring.givenNumbers, program, nil)
  }

  private init(
    _ argument: String, _ file: CInt, _ further: [CInt], _ program: String, _ room: Int?
  ) throws(ConfinementError) {
    var readEnd: CInt = 0
    var writeEnd: CInt = 0
    var started: CInt = 0
    do throws(SystemCallError) {
      try SystemCallError.check(unsafe clb_pipe(&readEnd, &writeEnd), "pipe2")
      let answer = OwnedDescriptor(adopting: readEnd)
      let other = OwnedDescriptor(adopting: writeEnd)
      // A user may have too many large pipes already; then it is a small one, and slower.
      if let room { _ = clb_set_pipe_size(answer.rawValue, CInt(clamping: room)) }
      let given = [file, other.rawValue] + further
      let status = unsafe clb_start(program, "burin", argument, given, CInt(given.count), &started)
      try SystemCallError.check(status, "posix_spawn", path: program)
      self.answer = answer
    } catch { throw .system(error) }
    process = started
  }

  deinit {
    guard !isWaitedFor else { return }
    // The number is still its own: nobody else waits for this process.
    _ = kill(process, SIGKILL)
    _ = waitpid(process, nil, 0)
  }

  /// How often somebody is asked whether the answer is still wanted, in milliseconds.
  private static let patience: CInt = 50

  /// Waits for the whole answer and for the end of the process.
  ///
  /// - Parameters:
  ///   - limit: the longest answer, in bytes.
  ///   - time: how long it may take.
  ///   - isCancelled: asked many times a second.
  /// - Throws: ``ConfinementError``; the process is gone in any case.
  public consuming func answer(
    limit: Int, within time: Duration, isCancelled: () -> Bool
  ) throws(ConfinementError) -> [UInt8] {
    let clock = ContinuousClock()
    let deadline = clock.now + time
    var bytes: [UInt8] = []
    while true {
      if isCancelled() { throw .cancelled }
      guard clock.now < deadline else { throw .timedOut }
      guard try waitForWords() else { continue }
      let part = try readPart()
      if part.isEmpty { break }
      bytes += part
      guard bytes.count <= limit else { throw .answerTooLong }
    }
    try finish(before: deadline)
    return bytes
  }

  /// Fills a range of a buffer with what the process says next.
  ///
  /// - Parameters:
  ///   - buffer: where it goes.
  ///   - range: the part of it that is filled.
  ///   - isCancelled: asked many times a second.
  /// - Returns: the number of bytes; fewer than the range holds only where the process says no more.
  public func read(
    into buffer: inout AlignedBuffer, range: Range<Int>, unless isCancelled: () -> Bool
  ) throws(ConfinementError) -> Int {
    var bytes = buffer.mutableBytes
    var target = bytes._mutatingExtracting(range)
    return try fill(&target, unless: isCancelled)
  }

  private func fill(
    _ target: inout MutableRawSpan, unless isCancelled: () -> Bool
  ) throws(ConfinementError) -> Int {
    let wanted = target.byteCount
    var done = 0
    while done < wanted {
      if isCancelled() { throw .cancelled }
      guard try waitForWords() else { continue }
      let count = unsafe target.withUnsafeMutableBytes { bytes in
        guard let base = bytes.baseAddress else { return 0 }
        // Safe: `done` is less than the count.
        return unsafe Glibc.read(answer.rawValue, base + done, wanted - done)
      }
      if count == 0 { break }
      if count > 0 { done += count } else if Glibc.errno != EINTR { throw Self.failure("read") }
    }
    return done
  }

  /// Reads as many bytes as an array has, fewer where the process says no more.
  public func read(
    into bytes: inout [UInt8], unless isCancelled: () -> Bool
  ) throws(ConfinementError) -> Int {
    var elements = bytes.mutableSpan
    // Safe: every byte pattern is a valid UInt8.
    var target = unsafe elements.mutableBytes
    return try fill(&target, unless: isCancelled)
  }

  /// Waits for the end of a process that says no more.
  /// - Throws: ``ConfinementError``, unless it ended well.
  public mutating func finish(within time: Duration) throws(ConfinementError) {
    try finish(before: ContinuousClock.now + time)
  }

  /// Waits, for the twentieth of a second, until there is something to be read, be it the end.
  /// - Returns: whether there is.
  public func waitForWords() throws(ConfinementError) -> Bool {
    var wanted = pollfd(fd: answer.rawValue, events: Int16(POLLIN), revents: 0)
    let count = unsafe poll(&wanted, 1, Self.patience)
    if count < 0, Glibc.errno != EINTR { throw Self.failure("poll") }
    return count > 0
  }

  private func readPart() throws(ConfinementError) -> [UInt8] {
    var part = [UInt8](repeating: 0, count: 64 << 10)
    let count = unsafe part.withUnsafeMutableBytes {
      unsafe Glibc.read(answer.rawValue, $0.baseAddress, $0.count)
    }
    if count < 0 { throw Self.failure("read") }
    part.removeLast(part.count - count)
    return part
  }

  /// Learns how the process ended; only one that ended well has answered.
  private mutating func finish(before deadline: ContinuousClock.Instant) throws(ConfinementError) {
    var status: CInt = 0
    while !isWaitedFor {
      let ended = unsafe waitpid(process, &status, WNOHANG)
      if ended < 0, Glibc.errno != EINTR {
        let error = Self.failure("waitpid")
        // Its number is no longer its own.
        isWaitedFor = true
        throw error
      }
      isWaitedFor = ended == process
      // It has closed the pipe and has nothing left to do; one that stays all the same is not waited for.
      guard isWaitedFor || ContinuousClock.now < deadline else { throw .timedOut }
      if !isWaitedFor { _ = poll(nil, 0, 1) }
    }
    let signal = status & 0x7f
    guard signal == 0 else { throw .killed(signal: signal) }
    let code = (status >> 8) & 0xff
    guard code == 0 else { throw .failed(status: code) }
  }

  private static func failure(_ call: String) -> ConfinementError {
    .system(SystemCallError(call: call, errno: Errno(rawValue: Glibc.errno)))
  }
}

extension ConfinedProcess {
  /// In the confined process: fills an array from the pipe that it was given to read.
  /// - Returns: the number of bytes; fewer than the array has only where the pipe ends.
  public static func hear(into bytes: inout [UInt8]) throws(SystemCallError) -> Int {
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeMutableBytes { target in
        guard let base = target.baseAddress else { return 0 }
        // Safe: `done` is less than the count.
        return unsafe Glibc.read(input, base + done, target.count - done)
      }
      if count == 0 { break }
      if count > 0 {
        done += count
      } else if Glibc.errno != EINTR {
        throw SystemCallError(call: "read", errno: Errno(rawValue: Glibc.errno))
      }
    }
    return done
  }

  /// In the confined process: sends the whole answer.
  /// - Returns: whether it was taken.
  public static func send(_ bytes: [UInt8]) -> Bool {
    // Safe: every byte of an array of bytes may be looked at.
    unsafe send(bytes.span.bytes)
  }

  /// In the confined process: sends bytes, and waits as long as nobody takes them.
  /// - Returns: whether they were taken.
  public static func send(_ bytes: RawSpan) -> Bool {
    var done = 0
    while done < bytes.byteCount {
      let count = unsafe bytes.withUnsafeBytes { content in
        guard let base = content.baseAddress else { return 0 }
        // Safe: `done` is less than the count.
        return unsafe write(output, base + done, content.count - done)
      }
      if count < 0, Glibc.errno == EINTR { continue }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }
}

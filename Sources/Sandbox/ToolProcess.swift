import BlockIO
import CLinuxBlock
import Glibc
import SystemPackage

/// What a program of the system said, and how it ended.
public struct ToolAnswer: Hashable, Sendable {
  /// Its exit status; only one that ended by itself has answered.
  public let status: Int32
  /// What it wrote to its standard output.
  public let output: [UInt8]
  /// What it wrote to the descriptor for reports.
  public let report: [UInt8]

  /// Creates an answer from its parts.
  public init(status: Int32, output: [UInt8], report: [UInt8]) {
    self.status = status
    self.output = output
    self.report = report
  }
}

/// A program of the system that judges what nobody vouches for, and that is fed in pieces.
///
/// It gets pipes and files in memory, and none of this process's descriptors (R32), no environment, no shell, no
/// right to write to any file or to start anything, and where this is root's process, the identity of nobody (R47).
/// What it answers is compared with what is known without it.
public struct ToolProcess: ~Copyable, Sendable {
  /// The number of its descriptor for reports.
  public static let report = 3

  /// The name under which it can open a file that it was given, by its index.
  public static func path(ofFile index: Int) -> String { "/dev/fd/\(report + 1 + index)" }

  /// Its number, as long as this value lives.
  public let process: CInt
  /// The most bytes that it may say through one pipe.
  private let limit: Int
  private var input: ToolPipe
  private var output: ToolPipe
  private var reports: ToolPipe
  private var failure: ConfinementError?
  private var isWaitedFor = false

  /// Room for a program, its libraries and the keys that it reads; in bytes.
  private static let addressSpace: UInt = 1 << 30
  /// As much as an ordinary user's pipe may hold; in bytes.
  private static let room = 1 << 20

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - program: its absolute path.
  ///   - arguments: what follows its name; none with a zero byte in it.
  ///   - files: what it can open by ``path(ofFile:)``.
  ///   - limit: the longest output and the longest report, in bytes.
  public init(
    program: String, arguments: [String], files: [[UInt8]], limit: Int
  ) throws(ConfinementError) {
    var started: CInt = 0
    do throws(SystemCallError) {
      let input = try ToolPipe(room: Self.room)
      try input.neverWaitForRoom()
      var output = try ToolPipe()
      var reports = try ToolPipe()
      let nothing = try OwnedDescriptor(opening: "/dev/null", .write)
      var kept: [MemoryFile] = []
      for content in files { kept.append(try MemoryFile(content)) }
      let descriptors =
        [input.readEnd, output.writeEnd, nothing.rawValue, reports.writeEnd]
        + kept.map { $0.descriptor.rawValue }
      let words = ([program] + arguments).flatMap { Array($0.utf8CString) }
      let status = unsafe clb_start_tool(
        program, words, CInt(arguments.count + 1), descriptors, CInt(descriptors.count), geteuid() == 0,
        Self.addressSpace, &started)
      try SystemCallError.check(status, "fork", path: program)
      // The files live until they are copied.
      kept.removeAll()
      output.closeWriteEnd()
      reports.closeWriteEnd()
      self.input = input
      self.output = output
      self.reports = reports
    } catch { throw .system(error) }
    self.limit = limit
    process = started
  }

  deinit {
    guard !isWaitedFor else { return }
    // The number is still its own: nobody else waits for this process.
    _ = kill(process, SIGKILL)
    _ = waitpid(process, nil, 0)
  }

  /// How long it is looked for what the program does, in milliseconds.
  private static let glance: CInt = 50

  /// Hands on bytes; where the program no longer takes any, they are dropped, and its answer says why.
  ///
  /// - Parameters:
  ///   - bytes: what it gets on its standard input.
  ///   - patience: how long it may take nothing.
  public mutating func feed(_ bytes: RawSpan, patience: Duration = .seconds(60)) {
    let clock = ContinuousClock()
    var deadline = clock.now + patience
    var done = 0
    while done < bytes.byteCount, failure == nil, !isSilent {
      let count = exchange(bytes.extracting(done..<bytes.byteCount))
      done += count
      if count > 0 { deadline = clock.now + patience } else if clock.now > deadline { failure = .timedOut }
    }
  }

  /// Ends what it is fed, and waits for its answer and its end.
  /// - Throws: ``ConfinementError``; the process is gone with this value in any case.
  public mutating func answer(within time: Duration) throws(ConfinementError) -> ToolAnswer {
    let clock = ContinuousClock()
    let deadline = clock.now + time
    input.closeWriteEnd()
    while failure == nil, !isSilent {
      _ = exchange(RawSpan())
      if clock.now > deadline { failure = .timedOut }
    }
    if let failure { throw failure }
    let status = try wait(until: deadline)
    return ToolAnswer(status: status, output: output.received, report: reports.received)
  }

  /// Whether it has closed both pipes through which it may say something.
  private var isSilent: Bool { output.readEnd < 0 && reports.readEnd < 0 }

  /// Gives and takes once, or looks for a while whether either can be done.
  /// - Returns: how many bytes it took.
  private mutating func exchange(_ bytes: RawSpan) -> Int {
    // This process keeps the end that the program reads from: writing to a program that is gone raises no signal.
    let taker = bytes.isEmpty ? -1 : input.writeEnd
    var states = [(taker, POLLOUT), (output.readEnd, POLLIN), (reports.readEnd, POLLIN)].map {
      pollfd(fd: $0.0, events: Int16($0.1), revents: 0)
    }
    guard unsafe poll(&states, nfds_t(states.count), Self.glance) > 0 else { return 0 }
    if states[1].revents != 0 { output.receive() }
    if states[2].revents != 0 { reports.receive() }
    if max(output.received.count, reports.received.count) > limit { failure = .answerTooLong }
    return states[0].revents == 0 ? 0 : input.send(bytes)
  }

  private mutating func wait(until deadline: ContinuousClock.Instant) throws(ConfinementError) -> Int32 {
    var status: CInt = 0
    while !isWaitedFor {
      let ended = unsafe waitpid(process, &status, WNOHANG)
      isWaitedFor = ended == process
      if ended < 0, Glibc.errno != EINTR {
        // Its number is no longer its own.
        isWaitedFor = true
        throw .system(SystemCallError(call: "waitpid", errno: Errno(rawValue: Glibc.errno)))
      }
      guard isWaitedFor || ContinuousClock.now < deadline else { throw .timedOut }
      if !isWaitedFor { _ = poll(nil, 0, 1) }
    }
    let signal = status & 0x7f
    guard signal == 0 else { throw .killed(signal: signal) }
    let code = (status >> 8) & 0xff
    guard code != clb_not_executed else { throw .failed(status: code) }
    return code
  }
}

/// A file in memory that several can be kept of.
private final class MemoryFile: Sendable {
  let descriptor: OwnedDescriptor

  init(_ bytes: [UInt8]) throws(SystemCallError) { descriptor = try .memoryFile(holding: bytes) }
}

import BlockIO
import DiskFormats
import Glibc
import Sandbox
import SystemPackage

/// What is asked about a disk whose partition table may be moved.
struct TableQuestion: Hashable, Sendable {
  /// The first bytes of the disk.
  let head: [UInt8]
  /// Its length in bytes.
  let byteCount: UInt64
  /// Its logical block size in bytes.
  let blockSize: Int
  /// How many bytes from the first on belong to the image.
  let imageByteCount: UInt64

  /// The answer, found in this process.
  func answered() -> TableAnswer {
    do throws(GPTRelocationError) {
      return .changes(
        try GPTRelocation(
          head: head, byteCount: byteCount, blockSize: blockSize, imageByteCount: imageByteCount))
    } catch { return .refused(error) }
  }
}

/// What changes, or why nothing does.
enum TableAnswer: Hashable, Sendable {
  case changes(GPTRelocation)
  case refused(GPTRelocationError)
}

/// Who answers a question about a table, once.
typealias TableExpert = @Sendable (TableQuestion) throws(ConfinementError) -> TableAnswer

/// The process that reads a partition table that anybody may have made, and can do nothing else (R47).
///
/// It is started before the first byte is written, waits until the image is proven, and is told the first bytes of the
/// disk then. Of its answer only what cannot harm the image is taken (R51).
final class ConfinedRelocation: Sendable {
  /// The only argument of that process; it is no subcommand.
  private static let argument = "confined-relocation"
  private static let longestTime = Duration.seconds(30)

  /// The number of the process.
  let process: CInt
  private let link: OnceBox<Link>

  /// The process, and the pipe that it reads.
  private struct Link: ~Copyable, Sendable {
    let process: ConfinedProcess
    let pipe: FeedingPipe

    consuming func answer(to question: [UInt8], limit: Int) throws(ConfinementError) -> [UInt8] {
      var memory = AlignedBuffer(byteCount: (question.count + 4095) / 4096 * 4096)
      memory.copy(from: question.span, at: 0)
      let deadline = ContinuousClock.now + ConfinedRelocation.longestTime
      let isToldAll = pipe.write(memory, range: 0..<question.count) { ContinuousClock.now > deadline }
      guard isToldAll else { throw .timedOut }
      return try process.answer(limit: limit, within: ConfinedRelocation.longestTime) { false }
    }
  }

  /// Starts it.
  init(program: String = ConfinedProcess.thisProgram) throws(ConfinementError) {
    var pipe: FeedingPipe
    do throws(SystemCallError) { pipe = try FeedingPipe(room: GPTRelocation.headByteCount) } catch {
      throw .system(error)
    }
    guard let end = pipe.takeReadEnd() else { preconditionFailure("a new pipe has two ends") }
    let child = try ConfinedProcess(argument: Self.argument, reading: end, program: program)
    process = child.process
    link = OnceBox(Link(process: child, pipe: pipe))
  }

  /// Asks it, once.
  func answer(_ question: TableQuestion) throws(ConfinementError) -> TableAnswer {
    guard let link = link.take() else { throw .cancelled }
    let bytes = try link.answer(to: question.bytes, limit: TableAnswer.limit)
    guard let answer = TableAnswer(bytes, to: question) else { throw .failed(status: 0) }
    return answer
  }

  // MARK: - In the confined process

  /// Answers one question and ends the process, if it was started for that; returns otherwise.
  ///
  /// To be called before there is a second thread.
  static func runIfAsked() {
    guard CommandLine.arguments.dropFirst().elementsEqual([argument]) else { return }
    do throws(SystemCallError) {
      // One that is to look at a file ends with the thread that started it, which may be gone before the end.
      _ = try Confinement.enter(for: .decoding, isRoot: geteuid() == 0)
      guard let question = try TableQuestion.heard() else { _exit(1) }
      _exit(ConfinedProcess.send(question.answered().bytes) ? 0 : 1)
    } catch { _exit(1) }
  }
}

extension TableQuestion {
  private static let headerByteCount = 32

  /// What the process is told: four numbers of eight bytes each, and the first bytes of the disk.
  fileprivate var bytes: [UInt8] {
    var writer = ByteWriter(count: Self.headerByteCount)
    for (index, number) in [byteCount, UInt64(blockSize), imageByteCount, UInt64(head.count)].enumerated() {
      writer.putLittleEndian(number, at: 8 * index)
    }
    return writer.bytes + head
  }

  /// The question, in the process that is asked.
  fileprivate static func heard() throws(SystemCallError) -> TableQuestion? {
    var header = [UInt8](repeating: 0, count: headerByteCount)
    guard try ConfinedProcess.hear(into: &header) == headerByteCount else { return nil }
    let reader = ByteReader(header)
    let numbers = (0..<4).compactMap { try? reader.littleEndian(UInt64.self, at: 8 * $0) }
    guard numbers.count == 4, let blockSize = Int(exactly: numbers[1]),
      numbers[3] <= UInt64(GPTRelocation.headByteCount)
    else { return nil }
    var head = [UInt8](repeating: 0, count: Int(numbers[3]))
    guard try ConfinedProcess.hear(into: &head) == head.count else { return nil }
    return TableQuestion(head: head, byteCount: numbers[0], blockSize: blockSize, imageByteCount: numbers[2])
  }
}

extension TableAnswer {
  /// The longest answer, in bytes.
  fileprivate static let limit = Int(GPTRelocation.backupLimit) + 2 * 4096 + 16

  private static let refusals: [GPTRelocationError] = [.noTable, .damaged([]), .atEnd, .farEntries, .noRoom]

  /// What the process says: a number, and for changes the place of the copy, its bytes and the first two blocks.
  fileprivate var bytes: [UInt8] {
    switch self {
    case .changes(let changes):
      var writer = ByteWriter(count: 16)
      writer.putLittleEndian(changes.backup.lowerBound, at: 8)
      return writer.bytes + changes.backupBytes + changes.front
    case .refused(let error):
      let reason = if case .damaged = error { GPTRelocationError.damaged([]) } else { error }
      return [UInt8(1 + (Self.refusals.firstIndex(of: reason) ?? 0))]
    }
  }

  /// Understands what the process has said to a question; nil for what is no answer, or none that is harmless.
  fileprivate init?(_ bytes: [UInt8], to question: TableQuestion) {
    if bytes.count == 1 {
      guard bytes[0] > 0, bytes[0] <= Self.refusals.count else { return nil }
      self = .refused(Self.refusals[Int(bytes[0]) - 1])
      return
    }
    let rest = bytes.count - 16 - 2 * question.blockSize
    guard rest > 0, bytes[..<8].allSatisfy({ $0 == 0 }),
      let start = try? ByteReader(bytes).littleEndian(UInt64.self, at: 8),
      let end = start.adding(UInt64(rest)),
      let changes = GPTRelocation(
        backup: start..<end, backupBytes: Array(bytes[16..<(16 + rest)]), front: Array(bytes[(16 + rest)...]),
        head: question.head, byteCount: question.byteCount, blockSize: question.blockSize,
        imageByteCount: question.imageByteCount)
    else { return nil }
    self = .changes(changes)
  }
}

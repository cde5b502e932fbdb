import BlockIO
import Glibc
import Synchronization

/// Gives a file's bytes to the process that decodes it, on a thread of its own.
///
/// They are read once: what a witness takes a digest of is, byte for byte, what is decoded (R50).
final class Feeder: Sendable {
  /// How much is read and given at a time, in bytes.
  static let pieceByteCount = 1 << 20

  private enum Outcome: Sendable {
    case underWay
    /// The file ended, and everything was given; its length in bytes.
    case whole(UInt64)
    case failed(ImageSourceError)
    /// The process wanted no more, or nobody wants any more of it.
    case left
  }

  /// What only the thread uses, once there is one.
  private struct Work: ~Copyable {
    var pipe: FeedingPipe
    var buffer = AlignedBuffer(byteCount: pieceByteCount)
    /// How many bytes the buffer holds.
    var count = 0
    /// How many of them the pipe has taken.
    var given = 0

    init(_ pipe: consuming FeedingPipe) { self.pipe = pipe }
  }

  private let stream: any ImageStream
  private let work: Mutex<Work?>
  private let witness = Mutex<(any ByteWitness)?>(nil)
  private let outcome = Mutex(Outcome.underWay)
  private let thread = Mutex<BackgroundThread.Handle?>(nil)
  private let isAbandoned = Atomic<Bool>(false)

  /// The processes that work for the stream.
  var children: [Int32] { stream.children }

  /// Reads the first piece and gives as much of it as the pipe takes, so that the process can say what it is.
  init(_ stream: any ImageStream, _ pipe: consuming FeedingPipe) throws(ImageSourceError) {
    self.stream = stream
    var work = Work(pipe)
    work.count = try stream.read(into: &work.buffer, range: 0..<Self.pieceByteCount)
    work.given = work.pipe.writeAtOnce(work.buffer, range: 0..<work.count) ?? 0
    self.work = Mutex(work)
  }

  /// Has all bytes shown to a witness; to be called before ``start()``.
  func show(to witness: any ByteWitness) { self.witness.withLock { $0 = witness } }

  /// Goes on to the end of the file; does nothing where that was begun before.
  func start() {
    thread.withLock { thread in
      guard thread == nil else { return }
      thread = BackgroundThread.start { self.run() }
    }
  }

  /// Whoever waits for a pipe or for bytes gives up, and the thread is gone when this returns.
  func abandon() {
    isAbandoned.store(true, ordering: .releasing)
    stream.abandon()
    join()
  }

  /// Why the file gave no more bytes, if that was no end.
  var failure: ImageSourceError? {
    outcome.withLock { if case .failed(let error) = $0 { error } else { nil } }
  }

  /// The length of the file in bytes, once it has ended and was given to its last byte; nil if that is not so.
  func end() -> UInt64? {
    join()
    return outcome.withLock { if case .whole(let count) = $0 { count } else { nil } }
  }

  private func join() {
    let handle = thread.withLock { $0.take() }
    handle?.join()
  }

  // MARK: - The thread

  private func run() {
    // A process that reads no more is learnt of by the error, in this program and in any that uses it.
    var signals = sigset_t()
    _ = unsafe sigemptyset(&signals)
    _ = unsafe sigaddset(&signals, SIGPIPE)
    _ = unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    let witness = witness.withLock(\.self)
    work.withLock { work in
      guard var taken = work.take() else { return }
      let result = feed(&taken, witness)
      // Before the pipe ends: an end that the process sees may be no end.
      outcome.withLock { $0 = result }
      _ = consume taken
    }
  }

  private func feed(_ work: inout Work, _ witness: (any ByteWitness)?) -> Outcome {
    var total: UInt64 = 0
    while true {
      witness?.see(work.buffer, count: work.count)
      total += UInt64(work.count)
      let isGiven = work.pipe.write(work.buffer, range: work.given..<work.count) {
        isAbandoned.load(ordering: .acquiring)
      }
      guard isGiven else { return .left }
      guard work.count == Self.pieceByteCount else { return .whole(total) }
      work.given = 0
      do throws(ImageSourceError) {
        work.count = try stream.read(into: &work.buffer, range: 0..<Self.pieceByteCount)
      } catch { return .failed(error) }
    }
  }
}

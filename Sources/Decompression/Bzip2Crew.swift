import BlockIO

/// Threads that decode the blocks of bzip2 side by side, each block as a stream of its own.
///
/// Whoever gave the blocks takes what they decode to, in their order; a thread that is ahead in a long block waits
/// there, so that memory is bounded whatever a block grows to.
final class Bzip2Crew {
  /// What comes of a block next.
  enum Result {
    case bytes([UInt8])
    /// All of it was given, and its checksum is right.
    case done
    /// It goes on where it was said to end.
    case endsEarly
    case failed(CodecFault)
  }

  private struct Job {
    /// Nil as soon as a thread has it.
    var block: Bzip2Block?
    /// What the thread has told and nobody has taken yet.
    var results: [Result] = []
  }

  private struct State {
    var jobs: [Int: Job] = [:]
    /// The block that is wanted first.
    var first = 0
    var isOver = false

    /// Takes the next block; those far ahead would only wait.
    mutating func takeBlock(ahead: Int) -> (number: Int, block: Bzip2Block)? {
      for number in first..<first + ahead {
        if let block = jobs[number]?.block.take() { return (number, block) }
      }
      return nil
    }

    /// Tells what came of a block; nil as long as there is no room for it.
    /// - Returns: whether it is still wanted.
    mutating func tell(_ result: Result, of number: Int) -> Bool? {
      guard !isOver, let job = jobs[number] else { return false }
      guard job.results.count < Bzip2Crew.mostResults else { return nil }
      jobs[number]?.results.append(result)
      return true
    }
  }

  private let mostThreads: Int
  private let monitor = Monitor(State())
  private var threads: [BackgroundThread.Handle] = []

  /// - Parameter threads: how many may work at once; they are started as they are needed.
  init(threads: Int) { mostThreads = threads }

  deinit {
    monitor.change { $0.isOver = true }
    for thread in threads { thread.join() }
  }

  /// How many blocks keep all threads busy.
  var enough: Int { mostThreads * 2 }

  /// Has a block decoded.
  /// - Parameter number: its place among all blocks.
  func submit(_ block: Bzip2Block, as number: Int) {
    let count = monitor.change { state in
      state.jobs[number] = Job(block: block)
      return state.jobs.count
    }
    guard count > threads.count, threads.count < mostThreads else { return }
    let (monitor, ahead) = (monitor, enough)
    threads.append(BackgroundThread.start { Self.work(monitor, ahead) })
  }

  /// Waits for what comes of a block next; of the earlier ones nothing is wanted any more.
  func take(_ number: Int) -> Result {
    monitor.change { $0.first = number }
    return monitor.wait { state in
      guard let result = state.jobs[number]?.results.first else { return nil }
      state.jobs[number]?.results.removeFirst()
      if case .bytes = result { return result }
      state.jobs[number] = nil
      return result
    }
  }

  /// Forgets a block, whatever has come of it.
  func withdraw(_ number: Int) { monitor.change { $0.jobs[number] = nil } }

  // MARK: - The threads

  /// How much a thread may tell of a block before it waits: a piece and the end, which is most blocks.
  private static let mostResults = 2
  /// How much is decoded before it is told, in bytes; few blocks are longer.
  private static let pieceByteCount = 1 << 20

  private static func work(_ monitor: Monitor<State>, _ ahead: Int) {
    while true {
      let next = monitor.wait { state -> (number: Int, block: Bzip2Block)?? in
        if state.isOver { return .some(nil) }
        return state.takeBlock(ahead: ahead).map { .some($0) }
      }
      guard let (number, block) = next else { return }
      decode(block) { result in monitor.wait { $0.tell(result, of: number) } }
    }
  }

  /// Decodes a block, and stops where it is told that nobody wants more.
  private static func decode(_ block: Bzip2Block, tell: (Result) -> Bool) {
    let (codec, stream) = (Bzip2Codec(), block.stream)
    var (consumed, isEnd, isStuck) = (0, false, false)
    do throws(CodecFault) {
      try codec.begin(head: [])
      while !isEnd, !isStuck {
        var piece = [UInt8](repeating: 0, count: pieceByteCount)
        var count = 0
        while count < piece.count, !isEnd, !isStuck {
          let step = try piece.withRoom(from: count) { room throws(CodecFault) in
            try codec.decode(stream.span.extracting(consumed...), into: &room, isLast: true)
          }
          consumed += step.consumed
          count += step.produced
          isEnd = step.isEnd
          isStuck = step.consumed == 0 && step.produced == 0 && !isEnd
        }
        piece.removeLast(piece.count - count)
        guard piece.isEmpty || tell(.bytes(piece)) else { return }
      }
    } catch {
      _ = tell(.failed(error))
      return
    }
    _ = tell(isEnd && consumed == stream.count && !block.isCutOff ? .done : .endsEarly)
  }
}

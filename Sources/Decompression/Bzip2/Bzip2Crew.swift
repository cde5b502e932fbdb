import BlockIO

/// Threads that decode the blocks of bzip2 side by side.
///
/// Where one is enough, that is the one of whoever takes what the blocks decode to. Whoever gave the blocks takes that in
/// their order; a thread that is ahead in a long block waits there, so that memory is bounded whatever a block grows to.
final class Bzip2Crew {
  /// What comes of a block next.
  enum Result {
    case bytes([UInt8])
    /// All of it was given, and its checksum is right.
    case done
    case failed(Bzip2Fault)
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

  /// What a thread, or whoever takes the results, decodes with.
  private struct Work {
    private var decoder = Bzip2BlockDecoder()

    /// - Returns: what comes of a block first.
    mutating func begin(_ block: Bzip2Block) -> Result {
      do throws(Bzip2Fault) { try decoder.read(block) } catch { return .failed(error) }
      return next()
    }

    /// - Returns: what comes of the block next.
    mutating func next() -> Result {
      do throws(Bzip2Fault) {
        guard let piece = try decoder.nextPiece() else { return .done }
        return .bytes(piece)
      } catch { return .failed(error) }
    }
  }

  private let mostThreads: Int
  private let monitor = Monitor(State())
  private var threads: [BackgroundThread.Handle] = []
  /// Used where no thread is started.
  private var ownWork = Work()

  /// - Parameter threads: how many may work at once; they are started as they are needed, and not for one.
  init(threads: Int) { mostThreads = threads }

  deinit {
    monitor.change { $0.isOver = true }
    for thread in threads { thread.join() }
  }

  /// How many blocks keep all threads busy.
  var enough: Int { isAlone ? 1 : mostThreads * 2 }

  private var isAlone: Bool { mostThreads < 2 }

  /// Has a block decoded.
  /// - Parameter number: its place among all blocks.
  func submit(_ block: Bzip2Block, as number: Int) {
    let count = monitor.change { state in
      state.jobs[number] = Job(block: block)
      return state.jobs.count
    }
    guard !isAlone, count > threads.count, threads.count < mostThreads else { return }
    let (monitor, ahead) = (monitor, enough)
    threads.append(BackgroundThread.start { Self.work(monitor, ahead) })
  }

  /// Waits for what comes of a block next; of the earlier ones nothing is wanted any more.
  func take(_ number: Int) -> Result {
    if isAlone { return decode(number) }
    monitor.change { $0.first = number }
    return monitor.wait { state in
      guard let result = state.jobs[number]?.results.first else { return nil }
      state.jobs[number]?.results.removeFirst()
      if case .bytes = result { return result }
      state.jobs[number] = nil
      return result
    }
  }

  /// Decodes a block, or goes on with it where it was begun.
  private func decode(_ number: Int) -> Result {
    let block = monitor.change { $0.jobs[number]?.block.take() }
    return block.map { ownWork.begin($0) } ?? ownWork.next()
  }

  /// Forgets a block, whatever has come of it.
  func withdraw(_ number: Int) { monitor.change { $0.jobs[number] = nil } }

  // MARK: - The threads

  /// How much a thread may tell of a block before it waits: a piece and the end, which is most blocks.
  private static let mostResults = 2

  private static func work(_ monitor: Monitor<State>, _ ahead: Int) {
    var work = Work()
    while true {
      let next = monitor.wait { state -> (number: Int, block: Bzip2Block)?? in
        if state.isOver { return .some(nil) }
        return state.takeBlock(ahead: ahead).map { .some($0) }
      }
      guard let (number, block) = next else { return }
      var result = work.begin(block)
      // It stops where it is told that nobody wants more.
      while monitor.wait(for: { $0.tell(result, of: number) }), case .bytes = result { result = work.next() }
    }
  }
}

import BlockIO
import DeviceSafety
import ImageSource
import ImageSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Writer

@Suite("The image is read ahead while the media get ready")
struct ReadingAheadTests {
  /// An image longer than any pool, and what is given once the pool holds as much of it as it can.
  private func trial(media: Int, seed: UInt64) throws -> (ManyTrial, Signal) {
    let isAhead = try Signal(of: 1)
    var trial = ManyTrial(content: .random(40 * mebibyte, seed: seed))
    // The head lies before the first piece, which is shorter for that.
    let end = UInt64(BufferPool.count(forMedia: media) * WritePlan.pieceByteCount)
    trial.didRead = { if $0 >= end { isAhead.give() } }
    return (trial, isAhead)
  }

  /// A medium whose first request ends when the image was read ahead.
  private func stick(
    after isAhead: Signal, then end: @escaping @Sendable () -> Errno? = { nil }
  ) -> ManyTrial.Stick {
    var stick = ManyTrial.Stick(capacity: 44 * mebibyte)
    stick.faults.write = { range in
      guard range.lowerBound == 0, range.count < mebibyte else { return nil }
      #expect(isAhead.wait(), "nothing was read before the medium was ready")
      return end()
    }
    return stick
  }

  @Test("as far as the pool reaches, and they are whole", arguments: [1, 2])
  func readsAhead(count: Int) async throws {
    let (trial, isAhead) = try trial(media: count, seed: 11)
    let sticks = [ManyTrial.Stick](repeating: stick(after: isAhead), count: count)
    for (result, medium) in try await trial.run(sticks) {
      _ = try result.get()
      #expect(trial.content.isBeginning(of: medium.content))
    }
  }

  @Test("one that fails then drops out, and gives back what waits for it", arguments: [1, 2])
  func oneFails(others: Int) async throws {
    let (trial, isAhead) = try trial(media: 1 + others, seed: 12)
    let broken = stick(after: isAhead) { .noSuchAddressOrDevice }
    let found = try await trial.run(
      [broken] + [ManyTrial.Stick](repeating: stick(after: isAhead), count: others))
    guard case .failure(let failure) = found[0].result, case .device(let error, _, _) = failure.error else {
      Issue.record("the broken medium: \(found[0].result)")
      return
    }
    #expect(error.errno == .noSuchAddressOrDevice)
    for (result, medium) in found.dropFirst() {
      _ = try result.get()
      #expect(trial.content.isBeginning(of: medium.content))
    }
  }

  @Test("where all of them refuse, the pass ends although it waits for memory", arguments: [1, 2])
  func allFail(count: Int) async throws {
    let (trial, isAhead) = try trial(media: count, seed: 13)
    let broken = stick(after: isAhead) { .readOnlyFileSystem }
    for (result, medium) in try await trial.run([ManyTrial.Stick](repeating: broken, count: count)) {
      guard case .failure(let failure) = result, case .device = failure.error else {
        Issue.record("a broken medium: \(result)")
        return
      }
      #expect(failure.medium == .untouched && medium.content.holdsOnly(0xEE))
    }
  }

  @Test("R40: a run that is cancelled then ends, with zero heads", arguments: [1, 2])
  func cancelled(count: Int) async throws {
    let (trial, isAhead) = try trial(media: count, seed: 14)
    let task = Mutex<Task<[ManyTrial.Ending], any Error>?>(nil)
    // One that has not begun by then is left as it was.
    let begun = try Signal(of: count)
    let stick = stick(after: isAhead) {
      begun.give()
      begun.wait()
      task.withLock { $0?.cancel() }
      return nil
    }
    let started = Channel<Void>()
    let run = Task {
      _ = await started.next()
      return try await trial.run([ManyTrial.Stick](repeating: stick, count: count))
    }
    task.withLock { $0 = run }
    started.send(())
    for (result, medium) in try await run.value {
      guard case .failure(let failure) = result else {
        Issue.record("a run that was cancelled succeeded")
        return
      }
      #expect(failure.error == .cancelled && failure.medium == .erased)
      #expect(medium.content.prefix(mebibyte).holdsOnly(0))
    }
  }

  @Test("R44: an image that fails then fails for all, and none of them can boot")
  func imageFails() async throws {
    let isAhead = try Signal(of: 1)
    var trial = ManyTrial(content: .random(40 * mebibyte, seed: 15))
    trial.fault = .unreadable(at: 6 << 20, .empty(path: "memory.img"))
    // All that is read before it fails.
    trial.didRead = { if $0 >= 4 << 20 { isAhead.give() } }
    for (result, medium) in try await trial.run([stick(after: isAhead), stick(after: isAhead)]) {
      guard case .failure(let failure) = result, case .image = failure.error else {
        Issue.record("the image was whole: \(result)")
        return
      }
      #expect(failure.medium == .erased && medium.content.prefix(mebibyte).holdsOnly(0))
    }
  }
}

import BlockIO
import BlockMap
import DeviceSafety
import Glibc
import ImageSource
import ImageSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Writer

@Suite("One image onto several media")
struct ManyMediaTests {
  private func isWhole(_ medium: MemoryMedium, _ content: [UInt8]) -> Bool {
    guard medium.misaligned.isEmpty, medium.content.count >= content.count else { return false }
    // Safe: both are as long as what is compared.
    return unsafe medium.content.withUnsafeBytes { found in
      unsafe content.withUnsafeBytes { expected in
        guard let left = found.baseAddress, let right = expected.baseAddress else { return false }
        return unsafe memcmp(left, right, expected.count) == 0
      }
    }
  }

  @Test("all of them hold it in the end, whatever their sizes and blocks are", arguments: [3_000, 9_000_777])
  func allWhole(size: Int) async throws {
    let content = [UInt8].random(size, seed: 1)
    let found = try await ManyTrial(content: content).run([
      .init(), .init(capacity: 20 * mebibyte, blockSize: 4096, physical: 4096),
      .init(capacity: 16 * mebibyte, physical: 65_536), .init(capacity: 9_000_960),
    ])
    var sum = SHA256()
    sum.update(content.span)
    let sha256 = sum.finish()
    for (result, medium) in found {
      let report = try result.get()
      #expect(isWhole(medium, content))
      #expect(report.sha256 == sha256)
      #expect(report.imageByteCount == UInt64(size))
    }
    // Each medium is filled up to its own blocks.
    let ends = try found.map { try $0.result.get().writtenByteCount }
    #expect(ends.allSatisfy { $0 >= UInt64(size) } && ends[2] % 65_536 == 0)
  }

  @Test("one that fails at any place drops out, and the others are whole", arguments: [0, 1, 5, 8])
  func oneFails(place: Int) async throws {
    let content = [UInt8].random(10 * mebibyte, seed: 2)
    var broken = ManyTrial.Stick()
    broken.faults.write = { $0.contains(UInt64(place * mebibyte)) ? .noSuchAddressOrDevice : nil }
    let found = try await ManyTrial(content: content).run([.init(), broken, .init()])
    for index in [0, 2] {
      _ = try found[index].result.get()
      #expect(isWhole(found[index].medium, content))
    }
    guard case .failure(let failure) = found[1].result, case .device(let error, _, _) = failure.error else {
      Issue.record("the broken medium: \(found[1].result)")
      return
    }
    #expect(error.errno == .noSuchAddressOrDevice)
  }

  @Test("R42: one that lies in its read-back is found out, and its head is gone; the others are whole")
  func oneLies() async throws {
    let content = [UInt8].random(10 * mebibyte, seed: 3)
    var liar = ManyTrial.Stick()
    liar.faults.corrupt = { content, range in
      if range.contains(5 << 20), content.count > 5 << 20 { content[5 << 20] ^= 1 }
      if content.count == 2 { content[0] ^= 1 }
    }
    let found = try await ManyTrial(content: content).run([liar, .init()])
    guard case .failure(let failure) = found[0].result, case .mismatch(let differences) = failure.error else {
      Issue.record("the lie was believed: \(found[0].result)")
      return
    }
    #expect(differences.firstOffset == 5 << 20 && failure.medium == .erased)
    #expect(found[0].medium.content.prefix(mebibyte).holdsOnly(0))
    _ = try found[1].result.get()
    #expect(isWhole(found[1].medium, content))
  }

  @Test("all that fail end the run, and the image is not read any further")
  func allFail() async throws {
    var broken = ManyTrial.Stick()
    broken.faults.write = { $0.lowerBound >= 4 << 20 && $0.upperBound <= 8 << 20 ? .ioError : nil }
    let found = try await ManyTrial(content: .random(10 * mebibyte, seed: 4)).run([broken, broken])
    for (result, medium) in found {
      guard case .failure(let failure) = result, case .device = failure.error else {
        Issue.record("a broken medium: \(result)")
        return
      }
      #expect(failure.medium == .erased && medium.content.prefix(mebibyte).holdsOnly(0))
    }
  }

  @Test("R34: what goes on after the end of one medium is too large for that one alone")
  func oneTooSmall() async throws {
    let content = [UInt8].random(9 * mebibyte, seed: 5)
    let found = try await ManyTrial(content: content, length: .unknown).run([
      .init(capacity: 6 * mebibyte), .init(), .init(capacity: mebibyte / 2), .init(capacity: 9 * mebibyte),
    ])
    for index in [1, 3] {
      _ = try found[index].result.get()
      #expect(isWhole(found[index].medium, content))
    }
    for (index, capacity) in [(0, 6 * mebibyte), (2, mebibyte / 2)] {
      guard case .failure(let failure) = found[index].result else {
        Issue.record("medium \(index) took what does not fit")
        return
      }
      #expect(failure.error == .tooLarge(capacity: UInt64(capacity)) && failure.medium == .erased)
    }
  }

  @Test("R44: an image that fails fails for all, and none of them can boot")
  func imageFails() async throws {
    let found = try await ManyTrial(
      content: .random(9 * mebibyte, seed: 6), fault: .unreadable(at: 6 << 20, .empty(path: "memory.img"))
    ).run([.init(), .init(capacity: 20 * mebibyte)])
    for (result, medium) in found {
      guard case .failure(let failure) = result, case .image = failure.error else {
        Issue.record("the image was whole: \(result)")
        return
      }
      #expect(failure.medium == .erased && medium.content.prefix(mebibyte).holdsOnly(0))
    }
  }

  @Test("a medium that stops is left behind, and the others are whole", arguments: [false, true])
  func stalled(whileErasing: Bool) async throws {
    // More than the pool and its replacements hold.
    let content = [UInt8](repeating: 7, count: 33 * mebibyte)
    let others = try Signal(of: 2)
    var stuck = ManyTrial.Stick(capacity: 34 * mebibyte)
    stuck.faults.write = { range in
      // As a request that the kernel waits for: it ends when the others are done. Whichever lane comes first with
      // a piece of the body, so that nothing of it is written.
      if whileErasing ? range.contains(0) : range.count > mebibyte { others.wait() }
      return nil
    }
    var other = ManyTrial.Stick(capacity: 34 * mebibyte)
    // Asked for last, when everything is proven.
    other.faults.identity = {
      others.give()
      return nil
    }
    var trial = ManyTrial(content: content)
    trial.patience = .seconds(4)
    let found = try await trial.run([other, stuck, other])
    for index in [0, 2] {
      _ = try found[index].result.get()
      #expect(isWhole(found[index].medium, content))
    }
    guard case .failure(let failure) = found[1].result else {
      Issue.record("the stalled medium was waited for: \(found[1].result)")
      return
    }
    #expect(failure.error == .stalled(.seconds(4)) && failure.medium == .erased)
  }

  @Test("a medium that is slow, and moves, is waited for")
  func slow() async throws {
    let content = [UInt8].random(24 * mebibyte, seed: 8)
    let clock = ContinuousClock()
    var slow = ManyTrial.Stick(capacity: 32 * mebibyte)
    slow.faults.write = { range in
      let end = clock.now + .milliseconds(15)
      while range.count > mebibyte, clock.now < end { sched_yield() }
      return nil
    }
    var trial = ManyTrial(content: content)
    trial.patience = .seconds(30)
    for (result, medium) in try await trial.run([slow, .init(capacity: 32 * mebibyte)]) {
      _ = try result.get()
      #expect(isWhole(medium, content))
    }
  }

  @Test("a medium without company is never given up")
  func alone() async throws {
    let clock = ContinuousClock()
    var slow = ManyTrial.Stick()
    slow.faults.write = { range in
      let end = clock.now + .milliseconds(60)
      while range.lowerBound == 4 << 20, clock.now < end { sched_yield() }
      return nil
    }
    var trial = ManyTrial(content: .random(9 * mebibyte, seed: 9))
    trial.patience = .milliseconds(5)
    _ = try await trial.run([slow])[0].result.get()
  }

  @Test("R37: what a map leaves out is on none of them, whatever their blocks are", arguments: 0..<6)
  func mapped(seed: UInt64) async throws {
    let shape = BlockMap.random(seed: seed, blockByteCount: 32_768 << (seed % 3), blocks: 90)
    let content = [UInt8](repeating: 0x55, count: Int(shape.imageByteCount))
    let map = shape.described(by: content)
    var trial = ManyTrial(content: content, map: map)
    trial.digest = seed % 2 == 0 ? .sha256 : .none
    let found = try await trial.run([
      .init(), .init(capacity: 16 * mebibyte, blockSize: 4096, physical: 65_536),
    ])
    for (result, medium) in found {
      _ = try result.get()
      for range in map.mapped(in: 0..<map.imageByteCount) {
        #expect(medium.content[Int(range.lowerBound)] == 0x55)
        #expect(medium.content[Int(range.upperBound) - 1] == 0x55)
      }
      for range in map.gaps(in: 0..<map.imageByteCount) {
        #expect(medium.content[Int(range.lowerBound)] != 0x55)
        #expect(medium.content[Int(range.upperBound) - 1] != 0x55)
      }
    }
  }

  @Test("R40: a run that is cancelled leaves zero heads on all of them")
  func cancelled() async throws {
    let content = [UInt8].random(24 * mebibyte, seed: 10)
    let task = Mutex<Task<[ManyTrial.Ending], any Error>?>(nil)
    // One that has not begun by then is left as it was.
    let begun = try Signal(of: 2)
    var stick = ManyTrial.Stick(capacity: 32 * mebibyte)
    stick.faults.write = { range in
      // The first request, before the rest of the head goes.
      if range == 0..<65_536 { begun.give() }
      if range.lowerBound == 8 << 20 {
        begun.wait()
        task.withLock { $0?.cancel() }
      }
      return nil
    }
    let started = Channel<Void>()
    let run = Task { [stick] in
      _ = await started.next()
      return try await ManyTrial(content: content).run([stick, stick])
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
}

import BlockIO
import DeviceSafety
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Writer

private let mib: UInt64 = 1 << 20

@Suite("A test of all of a medium")
struct FullTestTests {
  private func error(_ errno: Errno) -> SystemCallError { SystemCallError(call: "pwrite", errno: errno) }

  @Test(
    "R43, R35: a good one passes, whatever its size and its blocks, and is blank afterwards",
    arguments: [
      (5 << 20, 512), (3 << 20, 4096), ((3 << 20) + 512, 512), (1 << 20, 512), (700 << 10, 512), (4096, 4096),
    ]
      as [(UInt64, Int)])
  func good(capacity: UInt64, blockSize: Int) async throws {
    let trial = HealthTrial(capacity: capacity, blockSize: blockSize)
    let medium = trial.medium()
    let report = try await trial.full(on: medium)
    #expect(report.stop == nil && !report.isBad && report.state == .blank)
    #expect(report.surface.intactByteCount == capacity && report.surface.testedByteCount == capacity)
    #expect(report.writtenByteCount == capacity, "the head is written too")
    #expect(medium.misaligned == 0)
    let edge = min(capacity, mib)
    #expect(medium.contents(0..<edge).holdsOnly(0))
    #expect(medium.contents((capacity - edge)..<capacity).holdsOnly(0))
  }

  @Test(
    "R43: what wraps is found with its exact size",
    arguments: [1, 2, 3, 4] as [UInt64], [0, 77 * 4096 + 512] as [UInt64])
  func wraps(size: UInt64, odd: UInt64) async throws {
    let size = size * mib + odd
    let trial = HealthTrial(lie: .wraps(at: size))
    let report = try await trial.full()
    #expect(report.size == .wraps(at: size) && report.stop == nil)
    #expect(report.surface.intactByteCount == size, "each cell keeps one place")
  }

  @Test(
    "R43: what loses its end is found with its exact size, whatever it gives instead",
    arguments: LyingMedium.Remains.allCases, [1, 4] as [UInt64])
  func drops(remains: LyingMedium.Remains, size: UInt64) async throws {
    let size = size * mib + 5 * 512
    let report = try await HealthTrial(lie: .drops(beyond: size, reading: remains)).full()
    #expect(report.size == .ends(at: size))
    #expect(report.surface.faultCount == 1 && report.surface.firstFault == size)
    #expect(report.surface.faults.first?.fault == (remains == .zeros ? .zeros : .lost))
  }

  @Test(
    "R43: a cache of what was written last hides nothing, up to half of the medium",
    arguments: [1, 64, 511], [2, 3] as [UInt64])
  func caches(blocks: Int, size: UInt64) async throws {
    let report = try await HealthTrial(lie: .caches(blocks: blocks, beyond: size * mib)).full()
    #expect(report.size == .ends(at: size * mib), "\(report.size)")
  }

  @Test("R43: any fake is found, with its exact size", arguments: 0..<8 as Range<UInt64>)
  func anyFake(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let capacity = UInt64.random(in: 8192..<12288, using: &generator) * 512
    let size = UInt64.random(in: 2048..<(capacity / 512 - 64), using: &generator) * 512
    let cached = Int.random(in: 1..<Int(capacity / 8192 - 400), using: &generator)
    let lies: [LyingMedium.Lie] = [
      .wraps(at: size), .drops(beyond: size, reading: .old), .drops(beyond: size, reading: .zeros),
      .caches(blocks: cached, beyond: size),
    ]
    let lie = lies[Int(seed) % lies.count]
    let report = try await HealthTrial(capacity: capacity, lie: lie).full()
    let expected: TrueSize = if case .wraps = lie { .wraps(at: size) } else { .ends(at: size) }
    #expect(report.size == expected, "\(lie) of \(capacity)")
  }

  @Test("R43: a cache larger than what is written once more is told by the end that it keeps")
  func largeCache() async throws {
    let trial = HealthTrial(capacity: 7 << 20, lie: .caches(blocks: 640, beyond: 2 * mib))
    var test = FullTest(plan: try trial.plan(), medium: trial.medium(), progress: ProgressMeter())
    test.firstByteCount = mib
    let report = await test.execute()
    #expect(report.size == .ends(at: 2 * mib), "\(report.size) \(report.surface.faults)")
  }

  @Test("bad places are named, to the block, and are no smaller size")
  func badPlaces() async throws {
    let bad = (3 * mib + 8192)..<(3 * mib + 16384)
    let unwritable = (5 * mib)..<(5 * mib + 65536)
    var trial = HealthTrial(capacity: 9 << 20)
    trial.faults.read = { $0.overlaps(bad) ? .ioError : nil }
    trial.faults.write = { $0.overlaps(unwritable) ? .ioError : nil }
    let report = try await trial.full()
    #expect(report.stop == nil && report.isBad && report.size == .asClaimed && report.state == .blank)
    #expect(
      report.surface.faults == [
        .init(range: bad, fault: .unreadable), .init(range: unwritable, fault: .unwritable),
      ])
    #expect(report.writtenByteCount == 9 * mib - 65536 && report.repeatedCount == 0)
  }

  @Test("a flipped bit is found, and what an earlier test has left is no success")
  func damage() async throws {
    let place = 4 * mib + 777
    var trial = HealthTrial()
    trial.faults.corrupt = { content, range in
      if range.contains(place) { content[Int(place)] ^= 8 }
    }
    let medium = MemoryMedium(
      content: [UInt8](repeating: 0, count: Int(trial.capacity)), faults: trial.faults)
    let report = try await trial.full(on: medium)
    #expect(report.surface.faults.map(\.fault) == [.damaged])
    #expect(report.surface.faults.first?.range.contains(place) == true)
    // A stick that takes no writes any more, and says that it does.
    let frozen = HealthTrial()
    let kept = frozen.medium()
    let first = await FullTest(
      plan: try frozen.plan(), medium: kept, progress: ProgressMeter()
    ).execute()
    #expect(!first.isBad)
    let again = try await frozen.full(on: FrozenMedium(kept))
    #expect(again.surface.faults.contains { $0.fault == .stale } && again.isBad)
  }

  @Test(
    "R40: stopped while it is written or read, it says what is known, and both ends are zero",
    arguments: [true, false])
  func stopped(whileWriting: Bool) async throws {
    let trial = HealthTrial(capacity: 13 << 20)
    let base = trial.medium()
    let stopper = Stopper()
    let medium = WatchedMedium(
      base, onWrite: { if whileWriting, $0.lowerBound == 8 * mib { stopper.stop() } },
      onRead: { if !whileWriting, $0.lowerBound == mib { stopper.stop() } })
    let report = try await stopper.run { try await trial.full(on: medium) }
    #expect(report.stop == .cancelled && report.state == .blank && !report.isBad)
    #expect(base.contents(0..<mib).holdsOnly(0))
    if whileWriting {
      #expect(report.writtenByteCount > mib && report.writtenByteCount < 13 * mib)
      #expect(report.surface.testedByteCount == 0)
    } else {
      #expect(report.writtenByteCount == 13 * mib)
      #expect(report.surface.intactByteCount == report.surface.testedByteCount)
      #expect((1..<13).contains(report.surface.testedByteCount / mib))
    }
  }

  @Test("unplugged: the test ends, with what was known")
  func unplugged() async throws {
    var trial = HealthTrial(capacity: 13 << 20)
    trial.faults.read = { $0.lowerBound >= 8 * mib ? .operationNotSupportedByDevice : nil }
    let report = try await trial.full()
    guard case .device(let call, during: .readBack, offset: _)? = report.stop else {
      Issue.record("\(String(describing: report.stop))")
      return
    }
    #expect(call.errno == .operationNotSupportedByDevice && report.state == .unknown)
    #expect(report.surface.testedByteCount >= 4 * mib && report.surface.isIntact)
  }

  @Test("a medium that refuses the first write is as it was")
  func refused() async throws {
    var trial = HealthTrial()
    trial.faults.write = { _ in .readOnlyFileSystem }
    let medium = trial.medium()
    let report = try await trial.full(on: medium)
    #expect(report.state == .untouched && report.stop != nil && report.writtenByteCount == 0)
    var fresh = HealthTrial()
    fresh.faults = trial.faults
    #expect(medium.contents(0..<4096) == fresh.medium().contents(0..<4096))
  }

  @Test("a dead medium is given up, and is bad")
  func givenUp() async throws {
    var trial = HealthTrial(capacity: 9 << 20, budget: FailureBudget(limit: 40))
    trial.faults.read = { $0.lowerBound >= 2 * mib ? .ioError : nil }
    trial.faults.write = { $0.lowerBound >= 2 * mib ? .ioError : nil }
    let report = try await trial.full()
    #expect(report.stop == .gaveUp(failures: 40) && report.isBad)
  }

  @Test("R39: a flush that fails ends the test")
  func flushFails() async throws {
    let trial = HealthTrial(faults: MemoryMedium.Faults(flush: { $0 == 3 ? .ioError : nil }))
    let medium = MemoryMedium(
      content: [UInt8](repeating: 1, count: Int(trial.capacity)), faults: trial.faults)
    let report = try await trial.full(on: medium)
    guard case .device(_, during: .flush, offset: nil)? = report.stop else {
      Issue.record("\(String(describing: report.stop))")
      return
    }
  }

  @Test("the rates cover the medium, each part once")
  func rates() async throws {
    let trial = HealthTrial(capacity: 21 << 20)
    let report = try await trial.full()
    for rates in [report.writeRates, report.readRates] {
      #expect(rates.count == 1 && rates.first?.range.lowerBound == 0)
      #expect(rates.last?.range.upperBound == trial.capacity)
      #expect(zip(rates, rates.dropFirst()).allSatisfy { $0.range.upperBound == $1.range.lowerBound })
      #expect(rates.compactMap(\.bytesPerSecond).allSatisfy { $0 > 0 })
    }
  }

  @Test("a rate is that of the part's own time, and what was left out does not count")
  func rate() {
    let time = Mutex(Duration.zero)
    let curve = RateCurve(capacity: 70 << 20) { time.withLock(\.self) }
    for (index, seconds) in [1, 3, 13].enumerated() {
      if index == 2 { curve.leaveOut(.seconds(8)) }
      time.withLock { $0 = .seconds(seconds) }
      for piece in 0..<2 as Range<UInt64> {
        let start = (UInt64(index) * 32 + piece * 4) * mib
        if start < 70 * mib { curve.add(start..<min(start + 4 * mib, 70 * mib)) }
      }
    }
    #expect(curve.samples.map(\.bytesPerSecond) == [8_388_608, 4_194_304, 3_145_728])
    #expect(curve.samples.map(\.range.upperBound) == [32 * mib, 64 * mib, 70 * mib])
  }
}

/// A medium that acknowledges writes and keeps none of them.
private final class FrozenMedium: Medium {
  private let base: any Medium
  init(_ base: any Medium) { self.base = base }
  func write(_ memory: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64) throws(SystemCallError)
  {}
  func read(
    at offset: UInt64, into memory: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int { try base.read(at: offset, into: &memory, range: range) }
  func flush() throws(SystemCallError) -> CacheFlush { .confirmed }
  func recheck() throws(RecheckError) {}
  func compareIdentity() throws(RecheckError) {}
}

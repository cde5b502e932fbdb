import BlockIO
import DeviceSafety
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Writer

private let mib: UInt64 = 1 << 20

/// Notes that it was asked before anything changed.
private final class NotedBeginning: WriteJournal {
  private let medium: LyingMedium
  private let before: [UInt8]
  let wasAsked = Mutex(false)
  let wasUntouched = Mutex(false)

  init(_ medium: LyingMedium) {
    self.medium = medium
    before = medium.contents(0..<medium.byteCount)
  }

  func willBegin() throws(SystemCallError) {
    wasAsked.withLock { $0 = true }
    wasUntouched.withLock { $0 = medium.contents(0..<medium.byteCount) == before }
  }
  func willWrite(upTo end: UInt64) throws(SystemCallError) {}
  func didComplete(upTo end: UInt64) throws(SystemCallError) {}
}

@Suite("A quick test of a medium")
struct QuickTestTests {
  /// All that a medium gives out.
  private func contents(_ medium: LyingMedium) -> [UInt8] { medium.contents(0..<medium.byteCount) }

  @Test(
    "a good one passes, and every byte is as it was; what is written is noted first",
    arguments: [(21 << 20, 512), (5 << 20, 4096), ((3 << 20) + 512, 512)] as [(UInt64, Int)]
  )
  func good(capacity: UInt64, blockSize: Int) async throws {
    let trial = HealthTrial(capacity: capacity, blockSize: blockSize)
    let medium = trial.medium()
    let before = contents(medium)
    let journal = NotedBeginning(medium)
    let report = try await trial.quick(on: medium, journal: journal)
    #expect(report.stop == nil && !report.isBad)
    #expect(contents(medium) == before && medium.misaligned == 0)
    #expect(journal.wasAsked.withLock(\.self) && journal.wasUntouched.withLock(\.self))
    #expect(report.state == .restored && report.markCount > 2)
  }

  @Test(
    "R44: one in which nothing can be marked proves nothing, and is as it was", arguments: [4096, 1 << 20])
  func tooSmall(capacity: UInt64) async throws {
    let medium = HealthTrial(capacity: capacity).medium()
    let report = try await HealthTrial(capacity: capacity).quick(on: medium)
    #expect(report.stop == .tooSmall && report.state == .untouched && medium.requests == 0)
  }

  @Test("a bad last block is a bad place, and no smaller size")
  func badEnd() async throws {
    var trial = HealthTrial(capacity: 21 << 20)
    let last = trial.capacity - 4096
    trial.faults.read = { $0.upperBound > last && $0.lowerBound >= last ? .ioError : nil }
    let report = try await trial.quick(on: trial.medium())
    #expect(report.size == .asClaimed && report.isBad && report.surface.faults.last?.fault == .unreadable)
  }

  /// A request for the mark at 8 MiB, which is no part of anything larger.
  private static func isMark(_ range: Range<UInt64>) -> Bool {
    range.contains(8 * mib) && range.count < 65536
  }

  @Test(
    "a place that refuses to be written or read is a bad place, and no smaller size",
    arguments: [true, false])
  func badPlace(isWrite: Bool) async throws {
    var trial = HealthTrial(capacity: 21 << 20)
    let touched = Mutex(false)
    if isWrite {
      trial.faults.write = { Self.isMark($0) ? .ioError : nil }
    } else {
      trial.faults.read = { Self.isMark($0) ? .ioError : nil }
    }
    let base = trial.medium()
    let before = contents(base)
    let medium = WatchedMedium(base) { range in if Self.isMark(range) { touched.withLock { $0 = true } } }
    let report = try await trial.quick(on: medium)
    let bad = (8 * mib)..<(8 * mib + 4096)
    #expect(report.size == .asClaimed && report.isBad)
    #expect(report.state == .restored && contents(base) == before)
    #expect(report.surface.faults == [.init(range: bad, fault: isWrite ? .unwritable : .unreadable)])
    #expect(touched.withLock(\.self) == isWrite)
    let written = TestPlaces(of: try trial.plan(), seed: 7).written.reduce(0) { $0 + UInt64($1.count) }
    #expect(report.writtenByteCount == written - 4096)
    #expect(report.surface.readByteCount == (isWrite ? written : written - 4096))
  }

  @Test(
    "a flipped bit in one mark is a bad place; other content may be a smaller size", arguments: [1, 512])
  func flipped(count: Int) async throws {
    let trial = HealthTrial(capacity: 21 << 20)
    var faults = MemoryMedium.Faults()
    faults.corrupt = { content, range in
      guard Self.isMark(range) else { return }
      for index in 0..<count { content[Int(8 * mib) + 512 + (300 + index) % 512] ^= 1 }
    }
    let medium = MemoryMedium(content: [UInt8](repeating: 0xEE, count: 21 << 20), faults: faults)
    let report = try await trial.quick(on: medium)
    #expect((report.size == .asClaimed) == (count == 1) && report.isBad, "\(report.size)")
    #expect(report.surface.faults.first?.range == (8 * mib + 512)..<(8 * mib + 4096))
  }

  @Test("R43: a bad place hides no fake, and a fake that answers with errors but at its very end is one")
  func badFake() async throws {
    var trial = HealthTrial(capacity: 21 << 20, lie: .wraps(at: 9 * mib))
    trial.faults.write = { Self.isMark($0) ? .ioError : nil }
    guard case .wraps = try await trial.quick(on: trial.medium()).size else {
      Issue.record("it wraps")
      return
    }
    trial.lie = .drops(beyond: 12 * mib, reading: .zeros)
    guard case .between(let least, let below) = try await trial.quick(on: trial.medium()).size else {
      Issue.record("it loses its end")
      return
    }
    #expect(8 * mib < least && least <= 12 * mib && 12 * mib <= below)
    trial = HealthTrial(capacity: 21 << 20)
    let last = trial.capacity - 4096
    trial.faults.read = { $0.lowerBound >= 5 * mib && $0.lowerBound < last ? .ioError : nil }
    guard case .between(_, let limit) = try await trial.quick(on: trial.medium()).size else {
      Issue.record("it has no more than 5 MiB")
      return
    }
    #expect(5 * mib <= limit && limit < last)
  }

  @Test("R31: another card in the reader is not written to, whether or not the kernel has counted it yet")
  func cardChanged() async throws {
    for isCounted in [true, false] {
      let trial = HealthTrial(capacity: 21 << 20)
      let swapped = SwappedMedium(trial.medium(), atWrite: 5, isCounted: isCounted)
      let report = try await trial.quick(on: swapped)
      guard case .notRestored(let places) = report.state else {
        Issue.record("\(report.state)")
        return
      }
      #expect(places.count == 5 && report.stop != nil && swapped.writesAfterwards == 0)
    }
  }

  @Test("R31: onto another card that nobody tells of, nothing is put back of what was on the first one")
  func cardChangedUnseen() async throws {
    let capacity = 21 << 20
    let second = [UInt8](repeating: 0x11, count: capacity)
    let medium = SilentlySwappedMedium(
      MemoryMedium(content: [UInt8](repeating: 0xEE, count: capacity)), MemoryMedium(content: second))
    let report = try await HealthTrial(capacity: UInt64(capacity)).quick(on: medium)
    guard case .notRestored(let places) = report.state else {
      Issue.record("\(report.state)")
      return
    }
    #expect(report.isBad && places.count > 2 && medium.second.content == second)
  }

  @Test(
    "R43: what wraps, at any size, is found, and its data preserved",
    arguments: [1, 4, 9, 17] as [UInt64], [0, 3 * 512] as [UInt64])
  func wraps(size: UInt64, odd: UInt64) async throws {
    let trial = HealthTrial(capacity: 21 << 20, lie: .wraps(at: size * mib + odd))
    let medium = trial.medium()
    let before = contents(medium)
    let report = try await trial.quick(on: medium)
    guard case .wraps(let found) = report.size else {
      Issue.record("\(report.size)")
      return
    }
    #expect(found % (size * mib + odd) == 0, "it is the true size or a multiple")
    #expect(report.state == .restored && contents(medium) == before)
  }

  @Test(
    "R43: what loses its end is found, with a size between two marks, and its data preserved",
    arguments: LyingMedium.Remains.allCases, [3, 12] as [UInt64])
  func drops(remains: LyingMedium.Remains, size: UInt64) async throws {
    let trial = HealthTrial(capacity: 21 << 20, lie: .drops(beyond: size * mib, reading: remains))
    let medium = trial.medium()
    let before = contents(medium)
    let report = try await trial.quick(on: medium)
    guard case .between(let least, let below) = report.size else {
      Issue.record("\(report.size)")
      return
    }
    #expect(least <= size * mib && size * mib <= below)
    #expect(contents(medium) == before && report.isBad)
  }

  @Test("R43: a cache of what was written last hides nothing", arguments: [64, 1500])
  func caches(blocks: Int) async throws {
    try await caches(.caches(blocks: blocks, beyond: 5 * mib))
    try await caches(.hides(blocks: blocks, beyond: 5 * mib))
  }

  private func caches(_ lie: LyingMedium.Lie) async throws {
    let trial = HealthTrial(capacity: 32 << 20, lie: lie)
    let report = try await trial.quick(on: trial.medium())
    guard case .between(let least, let below) = report.size else {
      Issue.record("\(report.size)")
      return
    }
    #expect(least <= 5 * mib && 5 * mib <= below)
  }

  @Test("stopped after any request, everything is as it was", arguments: [1, 5, 20])
  func stopped(after count: Int) async throws {
    let trial = HealthTrial(capacity: 21 << 20)
    let base = trial.medium()
    let before = contents(base)
    let stopper = Stopper()
    let writes = Mutex(0)
    let medium = WatchedMedium(base) { _ in
      let number = writes.withLock { number in
        number += 1
        return number
      }
      if number == count { stopper.stop() }
    }
    let report = try await stopper.run { try await trial.quick(on: medium) }
    #expect(report.stop == .cancelled && report.state == .restored)
    #expect(contents(base) == before)
  }

  @Test("unplugged while it is marked, it says which places are not as they were")
  func unplugged() async throws {
    let trial = HealthTrial(capacity: 21 << 20)
    let writes = Mutex(0)
    let isGone: @Sendable () -> Bool = { writes.withLock { $0 > 3 } }
    let medium = WatchedMedium(
      trial.medium(),
      onWrite: { _ throws(SystemCallError) in
        writes.withLock { $0 += 1 }
        if isGone() { throw SystemCallError(call: "pwrite", errno: .operationNotSupportedByDevice) }
      },
      onRead: { _ throws(SystemCallError) in
        if isGone() { throw SystemCallError(call: "pread", errno: .operationNotSupportedByDevice) }
      })
    let report = try await trial.quick(on: medium)
    guard case .notRestored(let places) = report.state, case .device? = report.stop else {
      Issue.record("\(report.state), \(String(describing: report.stop))")
      return
    }
    #expect(places.count == 4, "three marks, and one of which nobody knows")
  }

  @Test("a place that cannot be read is left alone and named")
  func unreadable() async throws {
    var trial = HealthTrial(capacity: 21 << 20)
    trial.faults.read = { $0.contains(8 * mib) && $0.count < 65536 ? .ioError : nil }
    let touched = Mutex(false)
    let base = trial.medium()
    let medium = WatchedMedium(base) { range in
      if range.lowerBound == 8 * mib, range.count < 65536 { touched.withLock { $0 = true } }
    }
    let report = try await trial.quick(on: medium)
    #expect(report.surface.faults.contains { $0.range.lowerBound == 8 * mib && $0.fault == .unreadable })
    #expect(report.isBad && report.state == .restored && !touched.withLock(\.self))
  }

  @Test("the places are the same for the same seed, disjoint, and spare the first MiB")
  func places() throws {
    for capacity in [2 << 20, 21 << 20, 64_000_000_000, 2_000_398_934_016] as [UInt64] {
      let plan = try HealthTrial(capacity: capacity).plan()
      let places = TestPlaces(of: plan, seed: 3)
      #expect(places == TestPlaces(of: plan, seed: 3))
      #expect(zip(places.written, places.written.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
      #expect(places.written.allSatisfy { $0.lowerBound >= mib && $0.upperBound <= capacity })
      #expect(places.ballast.reduce(0) { $0 + $1.count } <= 16 << 20 && places.marks.count < 200)
      #expect(places.searched <= max(mib, capacity / 100))
    }
  }

  @Test("reading alone names what cannot be read")
  func reading() async throws {
    var trial = HealthTrial()
    let bad = (3 * mib)..<(3 * mib + 4096)
    trial.faults.read = { $0.overlaps(bad) ? .ioError : nil }
    let medium = trial.medium()
    let report = await ReadTest(
      medium: medium, capacity: trial.capacity, alignment: 4096, progress: ProgressMeter()
    ).execute()
    #expect(report.surface.faults == [.init(range: bad, fault: .unreadable)] && report.isBad)
    #expect(report.surface.testedByteCount == trial.capacity && report.state == .untouched)
    #expect(report.surface.readByteCount == trial.capacity - 4096)
    let good = await ReadTest(
      medium: HealthTrial().medium(), capacity: trial.capacity, alignment: 4096, progress: ProgressMeter()
    ).execute()
    #expect(!good.isBad && good.stop == nil)
  }
}

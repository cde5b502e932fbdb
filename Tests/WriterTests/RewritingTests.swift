import BlockIO
import DeviceSafety
import ImageSource
import ImageSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Writer

/// A medium that forgets the piece at a place again, after it was read so many times.
private final class ForgetfulMedium: Medium {
  private let memory: MemoryMedium
  private let place: UInt64
  private let patience: Int
  private let reads = Atomic<Int>(0)

  init(_ memory: MemoryMedium, at place: UInt64, after patience: Int) {
    (self.memory, self.place, self.patience) = (memory, place, patience)
  }

  func write(_ bytes: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64) throws(SystemCallError) {
    try memory.write(bytes, range: range, at: offset)
  }

  func read(
    at offset: UInt64, into bytes: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    let count = try memory.read(at: offset, into: &bytes, range: range)
    if offset == place, reads.add(1, ordering: .relaxed).newValue > patience {
      bytes.copy(from: [UInt8](repeating: 0, count: 512).span, at: range.lowerBound)
    }
    return count
  }

  func flush() throws(SystemCallError) -> CacheFlush { try memory.flush() }
  func recheck() throws(RecheckError) { try memory.recheck() }
  func compareIdentity() throws(RecheckError) { try memory.compareIdentity() }
}

@Suite("R42: what a medium does not hold is written once more, and then proven")
struct RewritingTests {
  private let content = [UInt8].random(13 * mebibyte, seed: 0x2E)

  private func lost(_ place: Int, times: Int, also: Int? = nil) -> MemoryMedium.Faults {
    let left = Mutex(times)
    var faults = MemoryMedium.Faults()
    faults.corrupt = { medium, range in
      guard range.contains(UInt64(place)), range.lowerBound >= UInt64(mebibyte) else { return }
      let isLost = left.withLock { left in
        left -= 1
        return left >= 0
      }
      if isLost {
        medium[place] ^= 1
      } else if let also {
        medium[also] ^= 1
      }
    }
    return faults
  }

  @Test("a piece that was lost once is rewritten; everything is read again, and that piece twice")
  func mended() async throws {
    let place = 5 * mebibyte + 777
    let (result, medium, _) = try await Trial(
      content: content, capacity: 16 * mebibyte, faults: lost(place, times: 1)
    ).run()
    let report = try result.get()
    #expect(Array(medium.content[..<content.count]) == content)
    let rewritten = try #require(report.rewritten)
    #expect(rewritten.firstOffset == UInt64(place) && rewritten.byteCount == 1)
    #expect(rewritten.damage.bitBlockCount == 1)
    let piece = UInt64(4 * mebibyte)..<UInt64(8 * mebibyte)
    let log = medium.log
    let again = try #require(log.lastIndex(of: .write(piece)))
    let later = log[again...]
    #expect(log[..<again].contains(.write(piece)), "it was written before")
    #expect(later.count { $0 == .read(piece) } == 3)
    #expect(later.contains(.read(UInt64(mebibyte)..<UInt64(4 * mebibyte))), "the rest is proven anew as well")
    let flushes = later.indices.filter { later[$0] == .flush }
    let reads = later.indices.filter { later[$0] == .read(piece) }
    #expect(flushes[0] < reads[0] && reads[0] < flushes[1] && flushes[1] < reads[2])
  }

  @Test("a medium that holds everything is read once, and nothing is said to be rewritten")
  func untouched() async throws {
    let (result, medium, _) = try await Trial(content: content, capacity: 16 * mebibyte).run()
    #expect(try result.get().rewritten == nil)
    #expect(medium.log.count { $0 == .read(UInt64(4 * mebibyte)..<UInt64(8 * mebibyte)) } == 1)
  }

  @Test("what is lost twice is no success, and is not written a third time")
  func lostAgain() async throws {
    let (result, medium, _) = try await Trial(
      content: content, capacity: 16 * mebibyte, faults: lost(5 * mebibyte, times: 2)
    ).run()
    let failure = try #require(throws: WriteFailure.self) { try result.get() }
    guard case .mismatch(let differences) = failure.error else {
      Issue.record("not a mismatch: \(failure)")
      return
    }
    #expect(differences.firstOffset == UInt64(5 * mebibyte))
    #expect(failure.medium == .erased)
    #expect(medium.log.count { $0 == .write(UInt64(4 * mebibyte)..<UInt64(8 * mebibyte)) } == 2)
  }

  @Test("a rewrite that hurts another piece is found")
  func hurts() async throws {
    let (result, _, _) = try await Trial(
      content: content, capacity: 16 * mebibyte, faults: lost(5 * mebibyte, times: 1, also: 9 * mebibyte)
    ).run()
    let failure = try #require(throws: WriteFailure.self) { try result.get() }
    guard case .mismatch(let differences) = failure.error else {
      Issue.record("not a mismatch: \(failure)")
      return
    }
    #expect(differences.firstOffset == UInt64(9 * mebibyte))
  }

  @Test("a piece that is there at first and gone later is no success", arguments: 1...4)
  func forgets(reads: Int) async throws {
    let geometry = BlockGeometry(
      byteCount: UInt64(16 * mebibyte), logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false,
      diskSequence: 1)
    let image = try MemoryImage(content)
    let plan = try WritePlan(imageLength: image.length, geometry: geometry, digest: .none)
    let memory = MemoryMedium(
      content: [UInt8](repeating: 0xEE, count: 16 * mebibyte), faults: lost(5 * mebibyte, times: 1))
    let medium = ForgetfulMedium(memory, at: UInt64(4 * mebibyte), after: reads)
    let run = WriteRun(image: image, plan: plan, medium: medium, progress: ProgressMeter())
    await #expect(throws: WriteFailure.self) { try await run.execute() }
  }

  @Test("where a write was lost, what was there before is known again")
  func stale() async throws {
    var faults = MemoryMedium.Faults()
    faults.corrupt = { medium, range in
      guard range.lowerBound == UInt64(4 * mebibyte) else { return }
      medium.replaceSubrange(
        Int(range.lowerBound)..<Int(range.upperBound), with: repeatElement(0xEE, count: range.count))
    }
    let (result, _, _) = try await Trial(content: content, capacity: 16 * mebibyte, faults: faults).run()
    let failure = try #require(throws: WriteFailure.self) { try result.get() }
    guard case .mismatch(let differences) = failure.error else {
      Issue.record("not a mismatch: \(failure)")
      return
    }
    let half = UInt64(4 * mebibyte) + 2048
    let old = differences.damage.staleBlockCount { range in
      range.lowerBound < half ? [UInt8](repeating: 0xEE, count: range.count) : nil
    }
    #expect(old.count == 4 && old.known == 4)
    let other = differences.damage.staleBlockCount { [UInt8](repeating: 0xED, count: $0.count) }
    #expect(other.count == 0 && other.known == 8)
  }

  @Test("an image that is a disk may give other bytes each time, and is not written once more")
  func disk() async throws {
    let geometry = BlockGeometry(
      byteCount: UInt64(16 * mebibyte), logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false,
      diskSequence: 1)
    let image = try MemoryImage(content, noticesChanges: false)
    let plan = try WritePlan(imageLength: image.length, geometry: geometry, digest: .none)
    let medium = MemoryMedium(
      content: [UInt8](repeating: 0xEE, count: 16 * mebibyte), faults: lost(5 * mebibyte, times: 1))
    let run = WriteRun(image: image, plan: plan, medium: medium, progress: ProgressMeter())
    let failure = try await #require(throws: WriteFailure.self) { try await run.execute() }
    guard case .mismatch = failure.error else {
      Issue.record("not a mismatch: \(failure)")
      return
    }
    #expect(medium.log.count { $0 == .write(UInt64(4 * mebibyte)..<UInt64(8 * mebibyte)) } == 1)
    #expect(failure.medium == .erased)
  }

  @Test("of a few pieces one may be lost, and no more")
  func share() async throws {
    var faults = MemoryMedium.Faults()
    let left = Mutex(2)
    faults.corrupt = { medium, range in
      guard range.lowerBound >= UInt64(4 * mebibyte), range.lowerBound < UInt64(12 * mebibyte) else { return }
      if left.withLock({
        $0 -= 1; return $0 >= 0
      }) {
        medium[Int(range.lowerBound)] ^= 1
      }
    }
    let (result, medium, _) = try await Trial(
      content: content, capacity: 16 * mebibyte, faults: faults
    ).run()
    #expect(throws: WriteFailure.self) { try result.get() }
    #expect(medium.log.count { $0 == .write(UInt64(4 * mebibyte)..<UInt64(8 * mebibyte)) } == 1)
  }

  @Test("R43: what is written once more onto the memory of another place is found", arguments: [false, true])
  func capacity(hurts: Bool) async throws {
    let writes = Mutex(0)
    let place = UInt64(4 * mebibyte)
    var faults = MemoryMedium.Faults()
    faults.corrupt = { medium, range in
      guard range == place..<UInt64(8 * mebibyte) else { return }
      switch writes.withLock({
        $0 += 1; return $0
      }) {
      case 1: medium[Int(place) + 9] ^= 1
      case 2 where hurts:
        // 16 MiB is a power of two, and so has a mark.
        medium.replaceSubrange((16 * mebibyte)..<(16 * mebibyte + 4096), with: repeatElement(7, count: 4096))
      default: break
      }
    }
    let geometry = BlockGeometry(
      byteCount: UInt64(24 * mebibyte), logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false,
      diskSequence: 1)
    let image = try MemoryImage(content)
    let plan = try WritePlan(
      imageLength: image.length, geometry: geometry, digest: .none,
      probing: CapacityProbing(seed: 1, toleratesFake: false))
    let medium = MemoryMedium(
      content: [UInt8](repeating: 0, count: 24 * mebibyte), faults: faults)
    let run = WriteRun(image: image, plan: plan, medium: medium, progress: ProgressMeter())
    guard hurts else {
      let report = try await run.execute()
      #expect(report.rewritten != nil && report.capacity?.shortfall == nil)
      #expect(medium.content[content.count...].holdsOnly(0), "no mark is left")
      return
    }
    let failure = try await #require(throws: WriteFailure.self) { try await run.execute() }
    guard case .fakeCapacity = failure.error else {
      Issue.record("not found: \(failure)")
      return
    }
  }

  @Test("an image that cannot be read again, or is another one then, leaves the mismatch")
  func noSecondPass() async throws {
    let (result, medium, _) = try await Trial(
      content: content, capacity: 16 * mebibyte, imageFault: .laterPassesEnd(at: UInt64(3 * mebibyte)),
      faults: lost(5 * mebibyte, times: 1)
    ).run()
    let failure = try #require(throws: WriteFailure.self) { try result.get() }
    guard case .mismatch(let differences) = failure.error else {
      Issue.record("not a mismatch: \(failure)")
      return
    }
    #expect(differences.isCoarse)
    #expect(medium.log.count { $0 == .write(UInt64(4 * mebibyte)..<UInt64(8 * mebibyte)) } == 1)
  }
}

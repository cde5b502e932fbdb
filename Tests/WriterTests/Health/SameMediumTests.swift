import BlockIO
import DeviceSafety
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Writer

private let mib: UInt64 = 1 << 20

/// A medium of zeros on which one piece takes long, and which sees who overtakes it.
private final class SlowMedium: ReadableMedium {
  private struct State {
    var overtaking = 0
    var isSlow = true
    var farthest: UInt64 = 0
  }

  private let state = Mutex(State())

  /// The last piece that was read while the first one was not there yet.
  var farthest: UInt64 { state.withLock(\.farthest) }

  func read(
    at offset: UInt64, into memory: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    let piece = offset / UInt64(WritePlan.pieceByteCount)
    guard piece == 0 else {
      state.withLock { state in
        state.overtaking += 1
        if state.isSlow { state.farthest = max(state.farthest, piece) }
      }
      return range.count
    }
    while state.withLock({ $0.overtaking < SurfaceReader.lead - 1 }) { sched_yield() }
    // Time for the other lane to go too far.
    for _ in 0..<2000 where state.withLock({ $0.overtaking < SurfaceReader.lead }) { sched_yield() }
    state.withLock { $0.isSlow = false }
    return range.count
  }

  func compareIdentity() throws(RecheckError) {}
}

@Suite("R29, R31: a test goes on with the medium that was confirmed, and in bounded memory")
struct SameMediumTests {
  @Test("another card in the reader is not written to, nor made blank", arguments: [true, false], [1, 3, 6])
  func swapped(isCounted: Bool, atWrite: Int) async throws {
    let trial = HealthTrial(capacity: 13 << 20)
    let medium = SwappedMedium(trial.medium(), atWrite: atWrite, isCounted: isCounted)
    let report = try await trial.full(on: medium)
    #expect(report.stop != nil && medium.writesAfterwards == 0)
    #expect(report.state == .unknown)
  }

  @Test("one that is changed while it is blanked is not called blank")
  func changedAtTheEnd() async throws {
    let trial = HealthTrial()
    let base = trial.medium()
    let rechecks = Mutex(0)
    // Once at the start and once at the end of the test proper; then the card goes.
    let medium = WatchedMedium(
      base,
      onRecheck: { () throws(RecheckError) in
        rechecks.withLock { $0 += 1 }
      },
      onIdentity: { () throws(RecheckError) in
        if rechecks.withLock({ $0 >= 2 }) { throw .changed(.medium(expected: 1, found: 2)) }
      })
    let report = try await trial.full(on: medium)
    #expect(report.stop == .identity(.changed(.medium(expected: 1, found: 2))) && report.state == .unknown)
  }

  @Test("R44: ends that do not become zero are no success")
  func notBlank() async throws {
    let trial = HealthTrial()
    let base = trial.medium()
    let isStuck = Mutex(true)
    let medium = WatchedMedium(
      base,
      onWrite: { range throws(SystemCallError) in
        // The tail is zeroed first of all, and last.
        if range.upperBound == trial.capacity, range.count == Int(mib), isStuck.withLock(\.self) {
          throw SystemCallError(call: "pwrite", errno: .ioError)
        }
      }, onRecheck: { () throws(RecheckError) in isStuck.withLock { $0.toggle() } })
    // Stuck from the second look at it on, when all of it was read.
    let report = try await trial.full(on: medium)
    #expect(report.surface.isIntact && report.state == .unknown && report.isBad)
  }

  @Test("requests that succeed in smaller pieces only are told, and no success")
  func repeated() async throws {
    var trial = HealthTrial(capacity: 9 << 20)
    trial.faults.write = { $0.contains(5 * mib) && $0.count > 65536 ? .ioError : nil }
    let writing = try await trial.full()
    #expect(
      writing.repeatedCount == 1 && writing.surface.isIntact && writing.isBad && writing.state == .blank)
    trial.faults.write = { _ in nil }
    trial.faults.read = { $0.contains(7 * mib) && $0.count > 4096 ? .ioError : nil }
    let reading = await ReadTest(
      medium: trial.medium(), capacity: trial.capacity, alignment: 4096, progress: ProgressMeter()
    ).execute()
    #expect(reading.repeatedCount == 2 && reading.surface.isIntact && reading.isBad)
  }

  @Test("a medium that is only read must be the same at the end")
  func readOnly() async throws {
    var trial = HealthTrial()
    trial.faults.identity = { .changed(.medium(expected: 1, found: 2)) }
    let report = await ReadTest(
      medium: trial.medium(), capacity: trial.capacity, alignment: 4096, progress: ProgressMeter()
    ).execute()
    #expect(report.stop == .identity(.changed(.medium(expected: 1, found: 2))))
  }

  @Test("a bad end is a bad place; one that lacks more than that is smaller than it claims")
  func badEnd() {
    for (lost, expected) in [
      (UInt64(4096), TrueSize.asClaimed), (255 << 20, .asClaimed),
      (257 << 20, .ends(at: (64 << 30) - (257 << 20))),
    ] {
      var map = SurfaceMap()
      map.append(0..<((64 << 30) - lost), nil)
      map.append(((64 << 30) - lost)..<(64 << 30), .zeros)
      #expect(map.trueSize(claimed: 64 << 30) == expected)
    }
  }

  @Test("what lies ahead of a piece that takes long is bounded")
  func bounded() async {
    let medium = SlowMedium()
    let capacity = UInt64(3 * SurfaceReader.lead * WritePlan.pieceByteCount)
    let report = await ReadTest(
      medium: medium, capacity: capacity, alignment: 4096, progress: ProgressMeter()
    ).execute()
    #expect(report.surface.testedByteCount == capacity && report.stop == nil)
    #expect(medium.farthest == UInt64(SurfaceReader.lead - 1))
  }

  @Test("runs that touch and are alike are one")
  func segments() {
    var segments = SurfaceSegments()
    for start in stride(from: 0, to: 4096, by: 512) as StrideTo<UInt64> {
      segments.append(start..<(start + 512), start < 2048 ? .stray(distance: 4096) : nil)
    }
    segments.append(4096..<4096, .lost)
    #expect(segments.all.map(\.range) == [0..<2048, 2048..<4096] && !segments.hasUnreadable)
  }
}

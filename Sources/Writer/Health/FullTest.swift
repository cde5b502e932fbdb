import BlockIO
import DeviceSafety
import SystemPackage

/// Writes all of a medium with what tells each of its places from every other, and reads all of that back.
///
/// The first MiB stays zero but for the moment in which it is tested itself: wherever the run ends, nothing boots
/// (R40).
struct FullTest {
  let plan: WritePlan
  let medium: any Medium
  let progress: ProgressMeter
  var pattern = TestPattern()
  var budget = FailureBudget()
  var now: @Sendable () -> Duration = FullTest.clock()

  /// How long the part is that is read first and then written once more, in bytes, if the medium has twice as much:
  /// more than the memory of any controller.
  var firstByteCount: UInt64 = 64 << 20

  private static let refusals: [Errno] = [.readOnlyFileSystem, .notPermitted, .permissionDenied]

  /// A clock that begins now.
  static func clock() -> @Sendable () -> Duration {
    let clock = ContinuousClock()
    let started = clock.now
    return { started.duration(to: clock.now) }
  }

  var head: Range<UInt64> { 0..<UInt64(plan.largestHeadByteCount) }
  /// Everything behind the head.
  var body: Range<UInt64> { head.upperBound..<plan.capacity }

  func execute() async -> TestReport {
    var report = TestReport(.full, claimed: plan.capacity)
    do throws(TestStop) { try begin(&report) } catch {
      report.stop = error
      return report
    }
    do throws(TestStop) { try await test(&report) } catch { report.stop = error }
    report.size = report.surface.trueSize(claimed: plan.capacity)
    // Where nothing is lost, whatever failed has succeeded later.
    let isProven = report.stop == nil && report.surface.isIntact
    report.repeatedCount = isProven ? budget.failureCount : budget.repeatedCount
    progress.begin(.erasing, total: UInt64(head.count))
    do throws(TestStop) { try blank(&report) } catch {
      report.state = .unknown
      report.stop = report.stop ?? error
    }
    return report
  }

  /// The first request tells whether the medium takes writes at all.
  private func begin(_ report: inout TestReport) throws(TestStop) {
    try recheck()
    guard !Task.isCancelled else { throw .cancelled }
    progress.begin(.erasing, total: plan.zeroedRanges.reduce(0) { $0 + UInt64($1.count) })
    for range in plan.zeroedRanges {
      do throws(SystemCallError) { try zero(range) } catch {
        // A refused write changes nothing; any other error leaves open what reached the medium.
        if !Self.refusals.contains(error.errno) { report.state = .unknown }
        try tolerate(error, at: range.lowerBound)
      }
      report.state = .unknown
      progress.advance(by: range.count)
    }
    try flush()
  }

  private func test(_ report: inout TestReport) async throws(TestStop) {
    let headMap = try await testHead(&report)
    let writer = SurfaceWriter(
      medium: medium, pattern: pattern, budget: budget, plan: plan, progress: progress)
    try await writeBody(writer, &report)
    try await read(headMap, writer, &report)
    try await readAgain(writer, &report)
    try recheck()
  }

  private func writeBody(_ writer: SurfaceWriter, _ report: inout TestReport) async throws(TestStop) {
    let pieces = BodyPieces(start: body.lowerBound, end: body.upperBound)
    let rates = RateCurve(capacity: plan.capacity, now: now)
    let started = now()
    progress.begin(.writing, total: pieces.byteCount)
    var stop: TestStop?
    do throws(TestStop) {
      try await writer.run(pieces, rates: rates)
      progress.begin(.flushing)
      try flush()
    } catch { stop = error }
    report.writing = now() - started
    report.writtenByteCount += writer.writtenByteCount
    report.writeRates = rates.samples
    if let stop { throw stop }
  }

  /// Writes, reads and zeroes the head, which is erased before and after.
  private func testHead(_ report: inout TestReport) async throws(TestStop) -> SurfaceMap {
    let pieces = BodyPieces(start: 0, end: head.upperBound)
    let writer = SurfaceWriter(
      medium: medium, pattern: pattern, budget: budget, plan: plan, progress: ProgressMeter())
    try await writer.run(pieces)
    report.writtenByteCount = writer.writtenByteCount
    try flush()
    let reader = SurfaceReader(
      medium: medium, expectation: .pattern(pattern), budget: budget, alignment: plan.alignment,
      unwritable: writer.unwritable, progress: ProgressMeter())
    let (map, stop) = await reader.run(pieces)
    if let stop { throw stop }
    do throws(SystemCallError) { try zero(head) } catch { try tolerate(error, at: 0) }
    try flush()
    return map
  }

  /// Leaves both ends zero, however the run ended, and looks whether they are.
  private func blank(_ report: inout TestReport) throws(TestStop) {
    // Where it ended because another medium is in the drive, that one must not be touched (R31).
    do throws(RecheckError) { try medium.requireSame(reading: plan.touchstones) } catch {
      throw .identity(error)
    }
    let edge = UInt64(head.count)
    let tail = (plan.capacity - edge).rounded(downTo: UInt64(plan.blockSize))..<plan.capacity
    // An end that is not there in truth cannot be zero.
    let ends = report.size == .asClaimed ? [tail, head] : [head]
    for range in ends {
      do throws(SystemCallError) { try zero(range) } catch { try tolerate(error, at: range.lowerBound) }
    }
    try flush()
    let isBlank = try areZero(ends)
    do throws(RecheckError) { try medium.compareIdentity() } catch { throw .identity(error) }
    report.state = isBlank ? .blank : .unknown
    progress.advance(by: head.count)
  }

  private func areZero(_ ranges: [Range<UInt64>]) throws(TestStop) -> Bool {
    var found = AlignedBuffer(byteCount: Int(WritePlan.edgeByteCount) * 2)
    for range in ranges {
      do throws(SystemCallError) {
        let count = try medium.read(at: range.lowerBound, into: &found, range: 0..<range.count)
        guard count == range.count, found.isZero(0..<count) else { return false }
      } catch {
        try tolerate(error, at: range.lowerBound)
        return false
      }
    }
    return true
  }

  /// Lets erasing go on where a place of the medium takes no zeros: that is found when it is read.
  private func tolerate(_ error: SystemCallError, at offset: UInt64) throws(TestStop) {
    try budget.spend(
      FailedRequest(error: error, operation: .erase, offset: offset), writing: medium, plan.touchstones)
  }

  private func zero(_ range: Range<UInt64>) throws(SystemCallError) {
    let zeros = AlignedBuffer(byteCount: Int(WritePlan.edgeByteCount))
    for offset in stride(from: range.lowerBound, to: range.upperBound, by: zeros.byteCount) {
      let count = Int(min(UInt64(zeros.byteCount), range.upperBound - offset))
      try medium.write(zeros, range: 0..<count, at: offset)
    }
  }

  func flush() throws(TestStop) {
    do throws(SystemCallError) { _ = try medium.flush() } catch {
      throw .device(error, during: .flush, offset: nil)
    }
  }

  private func recheck() throws(TestStop) {
    do throws(RecheckError) { try medium.recheck() } catch { throw .identity(error) }
  }
}

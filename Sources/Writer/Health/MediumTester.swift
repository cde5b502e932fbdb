import BlockIO
public import DeviceSafety

/// Tests a medium: how much it holds in truth (R43), where it fails, and how fast it is along its length.
public enum MediumTester {
  /// Writes all of an approved target and reads it back; what was on it is lost, and it is blank afterwards.
  ///
  /// Cancelling the task stops the run at the next piece; the report says what is known by then.
  public static func testAll(
    of target: consuming ApprovedTarget, plan: WritePlan, progress: ProgressMeter
  ) async -> TestReport {
    let held = HeldTarget(target)
    let report = await FullTest(plan: plan, medium: held, progress: progress).execute()
    return publish(report, held, progress)
  }

  /// Marks some places of an approved target, reads them back and puts back what was there.
  /// - Parameters:
  ///   - target: the medium.
  ///   - plan: how requests are laid out on it.
  ///   - places: where it is marked.
  ///   - journal: who is told before the first of them changes; nobody if nil.
  ///   - progress: who is told how far it is.
  public static func testQuickly(
    _ target: consuming ApprovedTarget, plan: WritePlan, places: TestPlaces,
    journal: (any WriteJournal)? = nil,
    progress: ProgressMeter
  ) async -> TestReport {
    let held = HeldTarget(target)
    let report = await QuickTest(
      plan: plan, places: places, medium: held, progress: progress, journal: journal
    ).execute()
    return publish(report, held, progress)
  }

  /// Reads all of a medium; nothing is written.
  public static func readAll(of medium: consuming MediumReader, progress: ProgressMeter) async -> TestReport {
    let geometry = medium.geometry
    let capacity = geometry.byteCount.rounded(downTo: UInt64(max(geometry.logicalBlockSize, 512)))
    return await ReadTest(
      medium: OpenMedium(medium), capacity: capacity, alignment: max(4096, geometry.logicalBlockSize),
      progress: progress
    ).execute()
  }

  private static func publish(
    _ report: TestReport, _ held: HeldTarget, _ progress: ProgressMeter
  ) -> TestReport {
    var report = report
    switch report.stop {
    case .device(let failure, let operation, let offset)?:
      report.stop = .device(held.cause(of: failure), during: operation, offset: offset)
    case .identity(let found)?: report.stop = .identity(held.cause(of: found))
    default: break
    }
    do throws(SystemCallError) { try held.finish() } catch { report.partitionsPublished = false }
    if report.stop == nil { progress.begin(.done) }
    return report
  }
}

/// A medium that is only read, shared by the lanes that read it.
private final class OpenMedium: ReadableMedium {
  private let reader: MediumReader

  init(_ reader: consuming MediumReader) { self.reader = reader }

  func read(
    at offset: UInt64, into memory: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int { try reader.read(at: offset, into: &memory, range: range) }

  func compareIdentity() throws(RecheckError) { try reader.compareIdentity() }
}

/// Reads all of a medium, whatever is on it.
struct ReadTest {
  let medium: any ReadableMedium
  /// What can be read, in bytes.
  let capacity: UInt64
  let alignment: Int
  let progress: ProgressMeter
  var budget = FailureBudget()
  var now: @Sendable () -> Duration = FullTest.clock()

  func execute() async -> TestReport {
    var report = TestReport(.readOnly, claimed: capacity)
    progress.begin(.reading, total: capacity)
    let rates = RateCurve(capacity: capacity, now: now)
    let started = now()
    let reader = SurfaceReader(
      medium: medium, expectation: .anything, budget: budget, alignment: alignment, progress: progress,
      rates: rates)
    (report.surface, report.stop) = await reader.run(BodyPieces(start: 0, end: capacity))
    report.repeatedCount = budget.repeatedCount
    if report.stop == nil {
      // What was read may be of two media, where the second one came between two requests.
      do throws(RecheckError) { try medium.compareIdentity() } catch { report.stop = .identity(error) }
    }
    report.reading = now() - started
    report.readRates = rates.samples
    if report.stop == nil { progress.begin(.done) }
    return report
  }
}

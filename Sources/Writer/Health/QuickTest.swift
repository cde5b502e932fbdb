import BlockIO
import DeviceSafety
import Synchronization
import SystemPackage

/// Marks some places of a medium, reads them back, and puts back what was there.
///
/// What is in the places is kept in memory meanwhile, and outside of it as well where somebody saved it. Where
/// several addresses are the same memory, all of them had the same content, and so get the right one back.
struct QuickTest {
  let plan: WritePlan
  let places: TestPlaces
  let medium: any Medium
  let progress: ProgressMeter
  var journal: (any WriteJournal)?
  var pattern = TestPattern()
  var budget = FailureBudget()

  /// What a place held before.
  struct Saved {
    let place: Range<UInt64>
    /// Nil where it could not be read: it is left alone then.
    let bytes: [UInt8]?
    var isChanged = false
    /// Whether the medium took what was written there.
    var isWritten = false
  }

  func execute() async -> TestReport {
    var report = TestReport(.quick, claimed: plan.capacity)
    var saved: [Saved] = []
    progress.begin(
      .probing,
      total: UInt64((places.marks + places.ballast).reduce(0) { $0 + $1.count } * 4) + places.searched)
    do throws(TestStop) {
      guard !places.marks.isEmpty else { throw .tooSmall }
      try recheck()
      saved = try save(places.marks) + save(places.ballast)
      guard !Task.isCancelled else { throw .cancelled }
      if let journal {
        do throws(SystemCallError) { try journal.willBegin() } catch { throw .journal(error) }
      }
      try test(&saved, &report)
    } catch { report.stop = error }
    let changed = saved.filter(\.isChanged)
    if !changed.isEmpty {
      do throws(TestStop) { report.state = try putBack(changed) } catch {
        report.state = .notRestored(Self.places(of: changed))
        report.stop = report.stop ?? error
      }
    }
    if report.stop == nil {
      do throws(TestStop) { try recheck() } catch { report.stop = error }
    }
    report.repeatedCount = budget.repeatedCount
    return report
  }

  /// Reads what is in some places.
  private func save(_ places: [Range<UInt64>]) throws(TestStop) -> [Saved] {
    var memory = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    var saved: [Saved] = []
    for place in places {
      guard !Task.isCancelled else { throw .cancelled }
      do throws(SystemCallError) {
        let count = try medium.read(at: place.lowerBound, into: &memory, range: 0..<place.count)
        saved.append(Saved(place: place, bytes: count == place.count ? memory.copied(0..<count) : nil))
      } catch {
        try tolerateRead(error, at: place.lowerBound)
        saved.append(Saved(place: place, bytes: nil))
      }
      progress.advance(by: place.count)
    }
    return saved
  }

  private func test(_ saved: inout [Saved], _ report: inout TestReport) throws(TestStop) {
    let markCount = places.marks.count
    // The highest first: where two marks are the same memory, the lower one stays and the higher one tells.
    try write(Array(saved.indices.prefix(markCount).reversed()), &saved)
    try write(Array(saved.indices.dropFirst(markCount)), &saved)
    try flush()
    let written = saved.filter(\.isWritten).map(\.place)
    report.writtenByteCount = written.reduce(0) { $0 + UInt64($1.count) }
    report.drivenByteCount = places.ballast.filter(written.contains).reduce(0) { $0 + UInt64($1.count) }
    report.markCount = markCount
    var findings = MarkFindings()
    findings.strays = try search(&report)
    try judge(saved, &findings, &report)
    let shortfall = findings.shortfall(claimed: plan.capacity, proven: 0)
    report.size =
      switch shortfall?.estimate {
      case .wrapsAt(let size)?: .wraps(at: size)
      case .between(let least, let below)? where SurfaceMap.isShort(least, of: plan.capacity):
        .between(least, below)
      case .between?, nil: .asClaimed
      }
  }

  private func write(_ indexes: [Int], _ saved: inout [Saved]) throws(TestStop) {
    var memory = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    for index in indexes where saved[index].bytes != nil {
      guard !Task.isCancelled else { throw .cancelled }
      let place = saved[index].place
      pattern.fill(&memory, range: 0..<place.count, at: place.lowerBound)
      // Whether it fails or not, it may have changed.
      saved[index].isChanged = true
      do throws(SystemCallError) {
        try medium.write(memory, range: 0..<place.count, at: place.lowerBound)
        saved[index].isWritten = true
      } catch {
        try tolerateWrite(error, at: place.lowerBound)
      }
      progress.advance(by: place.count)
    }
  }

  /// Looks for marks in the beginning of the medium that belong elsewhere.
  /// - Returns: the greatest common divisor of how far from their places they lay, in bytes, if there are any.
  private func search(_ report: inout TestReport) throws(TestStop) -> [UInt64] {
    var memory = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    var stride: UInt64 = 0
    for piece in BodyPieces(start: 0, end: places.searched) {
      guard !Task.isCancelled else { throw .cancelled }
      progress.advance(by: piece.count)
      let count: Int
      do throws(SystemCallError) {
        count = try medium.read(at: piece.lowerBound, into: &memory, range: 0..<piece.count)
      } catch {
        try tolerateRead(error, at: piece.lowerBound)
        continue
      }
      for start in Swift.stride(from: 0, to: count, by: TestPattern.sectorByteCount) {
        let offset = piece.lowerBound + UInt64(start)
        guard let owner = pattern.owner(of: memory, at: start), owner != offset else { continue }
        stride = SurfaceMap.greatestCommonDivisor(stride, max(owner, offset) - min(owner, offset))
      }
      report.searchedByteCount = piece.upperBound
    }
    return stride == 0 ? [] : [stride]
  }

  func tolerateRead(_ error: SystemCallError, at offset: UInt64) throws(TestStop) {
    try budget.spend(FailedRequest(error: error, operation: .readBack, offset: offset), reading: medium)
  }

  func tolerateWrite(_ error: SystemCallError, at offset: UInt64) throws(TestStop) {
    try budget.spend(
      FailedRequest(error: error, operation: .probe, offset: offset), writing: medium, plan.touchstones)
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

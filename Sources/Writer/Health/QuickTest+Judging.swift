import BlockIO
import DeviceSafety

extension QuickTest {
  /// What is wrong with a place that was marked.
  private struct Flaw {
    /// From the first sector on that is not as it has to be.
    let place: SurfaceMap.Place
    /// Whether that could be read.
    var isRead = true
    /// Whether a place that is there can be like that: it fails, or has a few bits of its own mark changed.
    var isLocal = true
  }

  /// How many bytes of a sector may be changed for it to count as its own mark.
  private static let changedByteCount = 16

  /// Reads the marks, in random order, so that no cache can guess what comes next.
  func judge(
    _ saved: [Saved], _ findings: inout MarkFindings, _ report: inout TestReport
  ) throws(TestStop) {
    var flaws: [Range<UInt64>: Flaw] = [:]
    var memory = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    var expected = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    for one in saved.shuffled() {
      guard !Task.isCancelled else { throw .cancelled }
      flaws[one.place] = try flaw(in: one, &memory, &expected)
      progress.advance(by: one.place.count)
    }
    var local: [SurfaceMap.Place] = []
    for place in places.written {
      let flaw = flaws[place]
      let intact = place.lowerBound..<(flaw?.place.range.lowerBound ?? place.upperBound)
      report.surface.append(intact, nil)
      // The ballast is the last that was written: it may be in such a cache itself.
      if !intact.isEmpty, places.marks.contains(place) { findings.answers[intact] = .intact }
      guard let flaw else { continue }
      let (range, fault) = (flaw.place.range, flaw.place.fault)
      report.surface.append(range, fault, isRead: flaw.isRead)
      if flaw.isLocal { local.append(flaw.place) }
      findings.answers[range] =
        switch fault {
        case .stray(let distance): .mark(of: range.lowerBound &+ UInt64(bitPattern: distance))
        case .unreadable: .unreadable
        default: .lost
        }
    }
    leaveOut(local, of: &findings)
  }

  /// Leaves out of what tells of the size those bad places that have good ones behind them.
  ///
  /// What is behind the true size is lost up to the end, or is the memory of another place, or stays in a cache as
  /// long as little else is written; the marks of the end were written first. Behind one that is lost without an
  /// error, being kept does not mean being there.
  private func leaveOut(_ local: [SurfaceMap.Place], of findings: inout MarkFindings) {
    let doubtful = findings.answers.filter { answer in
      answer.value != .intact && !local.contains { $0.range == answer.key }
    }
    let end = doubtful.keys.map(\.lowerBound).min() ?? plan.capacity
    let kept = findings.intactPlaces.map(\.lowerBound).filter { $0 < end }
    let failing = local.filter { bad in
      bad.fault != .unwritable && places.marks.contains { $0.overlaps(bad.range) }
    }
    for bad in local {
      let start = bad.range.lowerBound
      let keptCount = kept.count { $0 > start }
      let failingCount = failing.count { $0.range.lowerBound >= start }
      // Of many that are lost, a cache may have kept a few.
      if keptCount > 0, keptCount >= failingCount { findings.answers[bad.range] = nil }
    }
  }

  /// What is wrong with a place; nil for nothing.
  private func flaw(
    in one: Saved, _ memory: inout AlignedBuffer, _ expected: inout AlignedBuffer
  ) throws(TestStop) -> Flaw? {
    let place = one.place
    guard one.bytes != nil else {
      return Flaw(place: SurfaceMap.Place(range: place, fault: .unreadable), isRead: false)
    }
    let unreadable = Flaw(
      place: SurfaceMap.Place(range: place, fault: one.isWritten ? .unreadable : .unwritable), isRead: false)
    pattern.fill(&expected, range: 0..<place.count, at: place.lowerBound)
    do throws(SystemCallError) {
      let count = try medium.read(at: place.lowerBound, into: &memory, range: 0..<place.count)
      guard count == place.count else { return unreadable }
    } catch {
      try tolerateRead(error, at: place.lowerBound)
      return unreadable
    }
    guard let different = memory.firstDifference(from: expected, in: 0..<place.count) else { return nil }
    let start = different - different % TestPattern.sectorByteCount
    let range = (place.lowerBound + UInt64(start))..<place.upperBound
    let fault = pattern.fault(of: memory, at: start, from: range.lowerBound, &expected)
    if case .stray = fault {
      return Flaw(place: SurfaceMap.Place(range: range, fault: fault), isLocal: false)
    }
    // What was never written cannot come back.
    guard one.isWritten else { return Flaw(place: SurfaceMap.Place(range: range, fault: .unwritable)) }
    return Flaw(
      place: SurfaceMap.Place(range: range, fault: fault),
      isLocal: fault == .damaged && holdsMark(place, &memory, &expected))
  }

  /// Whether each sector of a place that was read holds its own mark, but for a few bytes.
  private func holdsMark(
    _ place: Range<UInt64>, _ memory: inout AlignedBuffer, _ expected: inout AlignedBuffer
  ) -> Bool {
    pattern.fill(&expected, range: 0..<place.count, at: place.lowerBound)
    for start in stride(from: 0, to: place.count, by: TestPattern.sectorByteCount) {
      let sector = start..<(start + TestPattern.sectorByteCount)
      let changed = zip(memory.copied(sector), expected.copied(sector)).filter { $0.0 != $0.1 }
      if changed.count > Self.changedByteCount { return false }
    }
    return true
  }
}

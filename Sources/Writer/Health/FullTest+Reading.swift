import BlockIO

/// A fake may keep what was written last in a cache, and so pretend to have it. Each place is read only after much
/// else was written: the first part after all the rest, the rest after the first part was written once more.
extension FullTest {
  private func reader(_ expectation: SurfaceReader.Expectation, _ writer: SurfaceWriter) -> SurfaceReader {
    SurfaceReader(
      medium: medium, expectation: expectation, budget: budget, alignment: plan.alignment,
      unwritable: writer.unwritable, progress: progress)
  }

  /// Reads everything that was written, in two parts.
  func read(
    _ headMap: SurfaceMap, _ writer: SurfaceWriter, _ report: inout TestReport
  ) async throws(TestStop) {
    let started = now()
    let rates = RateCurve(capacity: plan.capacity, now: now)
    var bodyReader = reader(.pattern(pattern), writer)
    bodyReader.rates = rates
    let half = (UInt64(body.count) / 2).rounded(downTo: UInt64(WritePlan.edgeByteCount))
    let middle = body.lowerBound + min(firstByteCount, half)
    progress.begin(.verifying, total: middle)
    report.surface = try await readHead(headMap, writer, &report)
    try await go(on: bodyReader, body.lowerBound..<middle, &report)
    let paused = now()
    if report.surface.strayByteCount == 0 {
      // Where places are the same memory, that is known by now, and writing one of them would change another.
      try await drive(middle, writer)
      report.drivenByteCount = middle - body.lowerBound
    }
    rates.leaveOut(now() - paused)
    let pause = now() - paused
    progress.begin(.verifying, total: body.upperBound - middle)
    defer {
      report.reading = now() - started - pause
      report.readRates = rates.samples
    }
    try await go(on: bodyReader, middle..<body.upperBound, &report)
  }

  /// The head must have kept its pattern before, and its zeros since.
  private func readHead(
    _ headMap: SurfaceMap, _ writer: SurfaceWriter, _ report: inout TestReport
  ) async throws(TestStop) -> SurfaceMap {
    let (map, stop) = await reader(.zeros(pattern), writer).run(BodyPieces(start: 0, end: head.upperBound))
    if let stop { throw stop }
    return headMap.isIntact ? map : headMap
  }

  /// Adds what a range holds to what is known of those before it.
  private func go(
    on reader: SurfaceReader, _ range: Range<UInt64>, _ report: inout TestReport
  ) async throws(TestStop) {
    let pieces = BodyPieces(start: range.lowerBound, end: range.upperBound)
    let (map, stop) = await reader.run(pieces, after: report.surface)
    report.surface = map
    if let stop { throw stop }
  }

  /// Writes the beginning of the body once more.
  private func drive(_ end: UInt64, _ writer: SurfaceWriter) async throws(TestStop) {
    let pieces = BodyPieces(start: body.lowerBound, end: end)
    progress.begin(.writing, total: pieces.byteCount)
    try await writer.run(pieces)
    try flush()
  }

  /// A larger cache shows as an end that is kept beyond much that is lost: that is read again after more was written.
  func readAgain(_ writer: SurfaceWriter, _ report: inout TestReport) async throws(TestStop) {
    let found = report.surface
    guard found.strayByteCount == 0, let before = found.beforeLastIntact, before.end > body.lowerBound else {
      return
    }
    let kept = found.end - before.end
    // Little that is lost before much that is kept are bad blocks.
    guard before.faultyByteCount >= kept / 8 else { return }
    let wanted = 2 * (kept + report.drivenByteCount)
    try await drive(min(before.end, body.lowerBound + wanted), writer)
    progress.begin(.verifying, total: kept)
    report.surface = before
    try await go(on: reader(.pattern(pattern), writer), before.end..<body.upperBound, &report)
  }
}

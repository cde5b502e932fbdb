import BlockIO
import Synchronization

/// Reads pieces of a medium past every cache and tells what is wrong with them.
struct SurfaceReader: Sendable {
  /// What is expected there.
  enum Expectation: Sendable {
    /// Anything that can be read.
    case anything
    /// Zeros; what else is there may belong to a pattern.
    case zeros(TestPattern)
    /// What a pattern has for each place.
    case pattern(TestPattern)
  }

  let medium: any ReadableMedium
  let expectation: Expectation
  let budget: FailureBudget
  /// The smallest request in bytes.
  let alignment: Int
  /// What the medium refused to write.
  var unwritable: [Range<UInt64>] = []
  let progress: ProgressMeter
  var rates: RateCurve?

  /// How many pieces a lane may be ahead of the first one that is not judged yet: what is found meanwhile is kept in
  /// memory, and a bad piece can take minutes.
  static let lead = 16

  /// What the lanes share.
  private final class Findings: Sendable {
    struct State {
      var map = SurfaceMap()
      var next = 0
      /// Pieces that were judged before one that comes earlier.
      var early: [Int: SurfaceSegments] = [:]
    }

    let state: Mutex<State>
    /// The pieces that may be read.
    let indexes = Channel<Int>()
    private let count: Int

    init(_ map: SurfaceMap, count: Int) {
      state = Mutex(State(map: map))
      self.count = count
      for index in 0..<min(SurfaceReader.lead, count) { indexes.send(index) }
      if count <= SurfaceReader.lead { indexes.finish() }
    }

    /// Lets another piece be read for each that was judged.
    func allow(_ judged: Range<Int>) {
      for index in judged where index + SurfaceReader.lead < count {
        indexes.send(index + SurfaceReader.lead)
      }
      if judged.upperBound + SurfaceReader.lead >= count { indexes.finish() }
    }
  }

  /// Reads all pieces.
  /// - Parameter map: what is known of what comes before them.
  /// - Returns: what is known then, up to the first piece that was not read, and why it ended before its time.
  func run(_ pieces: BodyPieces, after map: SurfaceMap = SurfaceMap()) async -> (SurfaceMap, TestStop?) {
    let findings = Findings(map, count: pieces.count)
    let stops = await Lanes.run(min(WriteRun.lanes, pieces.count)) { () -> TestStop? in
      var reader = PieceReader(self)
      while let index = await findings.indexes.next() {
        let segments: SurfaceSegments
        do throws(TestStop) { segments = try reader.read(pieces[index]) } catch {
          // The other lane has no reason to go on.
          findings.indexes.abandon()
          return error
        }
        rates?.add(pieces[index])
        progress.advance(by: pieces[index].count)
        add(segments, index, to: findings)
      }
      return nil
    }
    return (findings.state.withLock(\.map), stops.compactMap(\.self).first)
  }

  private func add(_ segments: SurfaceSegments, _ index: Int, to findings: Findings) {
    let judged = findings.state.withLock { state in
      let first = state.next
      state.early[index] = segments
      while let next = state.early.removeValue(forKey: state.next) {
        for segment in next.all {
          state.map.append(
            segment.range, segment.fault.map { fault($0, of: segment.range) },
            isRead: segment.fault != .unreadable)
        }
        state.next += 1
      }
      return first..<state.next
    }
    if !judged.isEmpty { findings.allow(judged) }
  }

  /// What was never written cannot come back: that is then what is wrong.
  private func fault(_ fault: SurfaceFault, of range: Range<UInt64>) -> SurfaceFault {
    unwritable.contains { $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound }
      ? .unwritable : fault
  }
}

/// One lane's memory, and what it makes of a piece.
private struct PieceReader: ~Copyable {
  private let reader: SurfaceReader
  private var found = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
  private var expected = AlignedBuffer(byteCount: WritePlan.pieceByteCount)

  /// What is read after a failed request, in bytes, before the blocks one by one.
  private static let step = 64 << 10

  init(_ reader: SurfaceReader) { self.reader = reader }

  mutating func read(_ piece: Range<UInt64>) throws(TestStop) -> SurfaceSegments {
    try read(piece, by: max(Self.step, reader.alignment))
  }

  /// Reads with one request, and after an I/O error with smaller ones.
  private mutating func read(
    _ range: Range<UInt64>, by step: Int
  ) throws(TestStop) -> SurfaceSegments {
    guard !Task.isCancelled else { throw .cancelled }
    do throws(SystemCallError) {
      let count = try reader.medium.read(at: range.lowerBound, into: &found, range: 0..<range.count)
      let end = range.lowerBound + UInt64(count)
      var segments = judge(range.lowerBound..<end)
      segments.append(end..<range.upperBound, .unreadable)
      return segments
    } catch {
      try reader.budget.spend(
        FailedRequest(error: error, operation: .readBack, offset: range.lowerBound), reading: reader.medium)
    }
    var segments = SurfaceSegments()
    let part = range.count > step ? step : reader.alignment
    guard range.count > part, reader.budget.mayTrace(toBlocks: part < step) else {
      segments.append(range, .unreadable)
      return segments
    }
    for start in stride(from: range.lowerBound, to: range.upperBound, by: part) {
      segments.append(try read(start..<min(start + UInt64(part), range.upperBound), by: step))
    }
    if !segments.hasUnreadable { reader.budget.noteRepeated() }
    return segments
  }

  /// Compares what was read, sector by sector where it is not as expected.
  private mutating func judge(_ range: Range<UInt64>) -> SurfaceSegments {
    var segments = SurfaceSegments()
    let pattern: TestPattern
    switch reader.expectation {
    case .anything:
      segments.append(range, nil)
      return segments
    case .zeros(let other):
      pattern = other
      expected.zero(0..<range.count)
    case .pattern(let own):
      pattern = own
      if found.isZero(0..<range.count) {
        segments.append(range, .zeros)
        return segments
      }
      pattern.fill(&expected, range: 0..<range.count, at: range.lowerBound)
    }
    var position = 0
    while let place = found.firstDifference(from: expected, in: position..<range.count) {
      let start = place - place % TestPattern.sectorByteCount
      let offset = range.lowerBound + UInt64(start)
      segments.append((range.lowerBound + UInt64(position))..<offset, nil)
      let fault = pattern.fault(of: found, at: start, from: offset, &expected)
      position = start + TestPattern.sectorByteCount
      segments.append(offset..<(range.lowerBound + UInt64(position)), fault)
    }
    segments.append((range.lowerBound + UInt64(position))..<range.upperBound, nil)
    return segments
  }
}

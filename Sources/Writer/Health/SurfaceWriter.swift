import BlockIO
import Synchronization

/// Writes a pattern onto a medium, and goes on where a place refuses it.
final class SurfaceWriter: Sendable {
  private struct State {
    var writtenByteCount: UInt64 = 0
    var unwritable: [Range<UInt64>] = []
  }

  private let medium: any Medium
  private let pattern: TestPattern
  private let budget: FailureBudget
  private let alignment: Int
  private let touchstones: [Range<UInt64>]
  private let progress: ProgressMeter
  private let state = Mutex(State())

  /// What is written after a failed request, in bytes.
  private static let step = 64 << 10
  /// So many pieces are written one after the other.
  private static let piecesInOrder = 16

  init(
    medium: any Medium, pattern: TestPattern, budget: FailureBudget, plan: WritePlan, progress: ProgressMeter
  ) {
    self.medium = medium
    self.pattern = pattern
    self.budget = budget
    alignment = plan.alignment
    touchstones = plan.touchstones
    self.progress = progress
  }

  /// How many bytes were written without an error, of one pass.
  var writtenByteCount: UInt64 { state.withLock(\.writtenByteCount) }
  /// What the medium refused to write.
  var unwritable: [Range<UInt64>] { state.withLock(\.unwritable) }

  /// Writes all pieces, those of a lower address first.
  func run(_ pieces: BodyPieces, rates: RateCurve? = nil) async throws(TestStop) {
    let next = Atomic<Int>(0)
    // In order where pieces that overtake each other are much of the medium: then a cache would keep others than
    // those that were asked for last.
    let stops = await Lanes.run(pieces.count > Self.piecesInOrder ? WriteRun.lanes : 1) { () -> TestStop? in
      var memory = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < pieces.count else { return nil }
        let piece = pieces[index]
        self.pattern.fill(&memory, range: 0..<piece.count, at: piece.lowerBound)
        do throws(TestStop) { try self.write(memory, piece) } catch {
          // The other lane has no reason to go on.
          next.store(pieces.count, ordering: .relaxed)
          return error
        }
        rates?.add(piece)
        self.progress.advance(by: piece.count)
      }
    }
    if let stop = stops.compactMap(\.self).first { throw stop }
  }

  /// Writes a piece with one request, and after an I/O error with smaller ones.
  private func write(_ memory: borrowing AlignedBuffer, _ piece: Range<UInt64>) throws(TestStop) {
    guard !Task.isCancelled else { throw .cancelled }
    if try put(memory, 0..<piece.count, of: piece) { return }
    guard budget.mayTrace(toBlocks: false) else {
      state.withLock { $0.unwritable.append(piece) }
      return
    }
    let step = max(Self.step, alignment)
    var isWhole = true
    for start in stride(from: 0, to: piece.count, by: step) {
      guard !Task.isCancelled else { throw .cancelled }
      let part = start..<min(start + step, piece.count)
      if try put(memory, part, of: piece) { continue }
      isWhole = false
      let place = (piece.lowerBound + UInt64(part.lowerBound))..<(piece.lowerBound + UInt64(part.upperBound))
      state.withLock { $0.unwritable.append(place) }
    }
    if isWhole { budget.noteRepeated() }
  }

  /// - Returns: whether the medium took it.
  private func put(
    _ memory: borrowing AlignedBuffer, _ part: Range<Int>, of piece: Range<UInt64>
  ) throws(TestStop) -> Bool {
    let offset = piece.lowerBound + UInt64(part.lowerBound)
    do throws(SystemCallError) { try medium.write(memory, range: part, at: offset) } catch {
      try budget.spend(
        FailedRequest(error: error, operation: .write, offset: offset), writing: medium, touchstones)
      return false
    }
    state.withLock { $0.writtenByteCount += UInt64(part.count) }
    return true
  }
}

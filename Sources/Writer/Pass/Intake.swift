import ImageTrust
import Synchronization

/// What a pass has found of the image: the same for every medium.
struct PassedImage: Sendable {
  /// The first bytes, zero-padded, which wait for the commit.
  let head: PieceMemory
  /// The image's length in bytes, now that it has ended.
  let byteCount: UInt64
  /// What was found of the image.
  let findings: PassFindings
  /// What was found of the compressed file that it is in; nil where there is none, or nothing was to be found.
  let fileFindings: PassFindings?
  /// Whether the file was read once more for that.
  let readsFileAgain: Bool
}

/// Where the run of one medium takes the pieces of the image from.
///
/// A medium that leaves gives back at once what was queued for it: it holds nobody up.
final class Intake: Sendable {
  private struct State {
    /// The next piece of the layout.
    var nextIndex = 0
    var hasArrived = false
    var hasLeft = false
    var failure: WriteError?
  }

  let plan: WritePlan
  /// Shows that the run moves.
  let progress: ProgressMeter
  private let deliveries = Channel<Delivery>()
  private let settled = Channel<Result<PassedImage, WriteError>>()
  private let attendance: Attendance
  private let state = Mutex(State())

  init(_ plan: WritePlan, _ progress: ProgressMeter, _ attendance: Attendance) {
    self.plan = plan
    self.progress = progress
    self.attendance = attendance
  }

  // MARK: The run of the medium

  /// Says that the medium is ready for the first piece.
  func arrive() { state.withLock { $0.hasArrived = true } }

  /// The next piece; nil once there are no more, or the medium is no longer with the pass.
  func next() async -> Delivery? { await deliveries.next() }

  /// What the pass has found, once the image has been read to its end and hashed.
  func image() async throws(WriteError) -> PassedImage {
    if let failure { throw failure }
    guard let result = await settled.next() else { throw failure ?? .cancelled }
    return try result.get()
  }

  /// Says that the medium takes no more pieces.
  func leave() {
    let leaves = state.withLock { state in
      defer { state.hasLeft = true }
      return !state.hasLeft
    }
    guard leaves else { return }
    deliveries.abandon()
    settled.finish()
    attendance.left()
  }

  /// Why the pass goes on without the medium, if it does.
  var failure: WriteError? { state.withLock(\.failure) }

  // MARK: The pass

  /// Whether the medium still takes pieces.
  var isPresent: Bool { state.withLock { !$0.hasLeft } }

  /// Whether all lanes of the medium wait for a piece.
  var isIdle: Bool { deliveries.waitingCount == WriteRun.lanes }

  /// Whether the medium is ready for pieces.
  var hasArrived: Bool { state.withLock(\.hasArrived) }

  /// How many pieces the lanes of the medium are at work on.
  var busyLanes: Int { hasArrived ? WriteRun.lanes - deliveries.waitingCount : 0 }

  /// The pieces of the medium's layout in what is read next: all of it as one where there is no map.
  func partIndexes(in range: Range<UInt64>, _ index: Int) -> Range<Int> {
    state.withLock { state in
      guard plan.map != nil, let layout = plan.layout else { return index..<(index + 1) }
      let indexes = layout.bodyPieces.indices(from: state.nextIndex, startingBefore: range.upperBound)
      state.nextIndex = indexes.upperBound
      return indexes
    }
  }

  /// The parts of what has been read that are written: all of it, or what the map says of it.
  func parts(_ indexes: Range<Int>, offset: UInt64, count: Int) -> [Piece.Part] {
    let read = offset..<plan.writtenEnd(of: offset + UInt64(count))
    guard plan.map != nil, let pieces = plan.layout?.bodyPieces else {
      return [Piece.Part(index: indexes.lowerBound, range: 0..<read.count)]
    }
    return indexes.compactMap { index in
      // An image that ends before its map does is refused in the end.
      let place = pieces[index].clamped(to: read)
      guard !place.isEmpty else { return nil }
      let start = Int(place.lowerBound - read.lowerBound)
      return Piece.Part(index: index, range: start..<(start + place.count))
    }
  }

  /// Hands a piece on, unless nothing of it is written.
  func deliver(_ piece: Piece, _ parts: [Piece.Part]) {
    if !parts.isEmpty { deliveries.send(Delivery(piece: piece, parts: parts)) }
  }

  /// Goes on without the medium.
  func drop(_ error: WriteError) {
    state.withLock { if !$0.hasLeft { $0.failure = error } }
    leave()
  }

  /// Lets go of what is queued, as the image has failed.
  func abandon() { deliveries.abandon() }

  /// Says that no more pieces come.
  func finish() { deliveries.finish() }

  /// Tells the run what the pass has found, or why it has failed.
  func settle(_ result: Result<PassedImage, WriteError>) { settled.send(result) }
}

/// Who is with a pass over an image.
final class Attendance: Sendable {
  private let departures = Channel<Void>()
  private let expected: Int

  init(of expected: Int) { self.expected = expected }

  func left() { departures.send(()) }

  /// Waits until every medium has left.
  /// - Returns: false where the pass was over before.
  func everybodyLeft() async -> Bool {
    for _ in 0..<expected where await departures.next() == nil { return false }
    return true
  }

  /// Says that the pass is over.
  func conclude() { departures.finish() }
}

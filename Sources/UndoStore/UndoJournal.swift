public import BlockIO
import Synchronization

/// Notes in a record how far a write has come, before it comes there.
///
/// What was noted lasts when a call returns: after a power cut the record never claims less than what
/// happened. To cost nothing beside the write, the bound grows by leaps of a factor of four.
public final class UndoJournal: Sendable {
  private struct State {
    var sequence: UInt64 = 1
    var progress = UndoProgress(stage: .saved, upTo: 0)
  }

  private let sink: any RecordSink
  /// What is to begin together with it; nil where nothing is.
  private let companion: UndoJournal?
  private let state = Mutex(State())
  /// The bound that lasts, readable without waiting for the one who moves it.
  private let allowed = Atomic<UInt64>(0)
  /// The last byte that somebody announced, for the end of a run that is stopped.
  private let announced = Atomic<UInt64>(0)

  /// The first bound in bytes, which is noted together with the beginning.
  static let firstBound: UInt64 = 64 << 20

  /// Takes over a record that has been saved just now.
  /// - Parameter companion: what is to begin together with it.
  init(_ sink: any RecordSink, with companion: UndoJournal? = nil) {
    self.sink = sink
    self.companion = companion
  }

  /// Takes over what was begun before: what it has changed until then stays noted.
  /// - Parameters:
  ///   - sequence: the number of the last change that was noted.
  ///   - upTo: how far it came at most, in bytes.
  init(_ sink: any RecordSink, after sequence: UInt64, upTo: UInt64) {
    self.sink = sink
    companion = nil
    state.withLock {
      $0 = State(sequence: sequence, progress: UndoProgress(stage: .begun, upTo: upTo))
    }
    allowed.store(upTo, ordering: .relaxed)
    announced.store(upTo, ordering: .relaxed)
  }

  /// What is noted now.
  public var progress: UndoProgress { state.withLock(\.progress) }

  /// Says that the next request may change the disk.
  public func willBegin() throws(SystemCallError) {
    try note(UndoProgress(stage: .begun, upTo: Self.firstBound))
    // An extra: where that cannot be noted, the record tells it as long as it is there.
    try? companion?.willBegin()
  }

  /// Says that the image will be written up to a byte; returns at once unless that is beyond the bound.
  public func willWrite(upTo end: UInt64) throws(SystemCallError) {
    _ = announced.max(end, ordering: .relaxed)
    guard end > allowed.load(ordering: .acquiring) else { return }
    var bound = Self.firstBound
    while bound < end { bound = bound > UInt64.max / 4 ? .max : bound * 4 }
    try note(UndoProgress(stage: .begun, upTo: bound))
  }

  /// Says that the run is over before its time: nothing beyond what was announced has changed.
  public func didStop() throws(SystemCallError) {
    let upTo = announced.load(ordering: .relaxed)
    guard state.withLock({ $0.progress.stage == .begun }) else { return }
    try note(UndoProgress(stage: .stopped, upTo: upTo))
  }

  /// Says that all of the image is written and proven, and how many bytes from the first on were overwritten.
  public func didComplete(upTo end: UInt64) throws(SystemCallError) {
    try note(UndoProgress(stage: .completed, upTo: end))
  }

  /// Says that everything that was saved is on the disk again, put back by the one who changed it.
  public func didRestore() throws(SystemCallError) {
    try note(UndoProgress(stage: .restored, upTo: 0))
  }

  private func note(_ progress: UndoProgress) throws(SystemCallError) {
    let failure = state.withLock { state -> SystemCallError? in
      // Another lane was here first.
      if state.progress.stage == .begun, progress.stage == .begun, state.progress.upTo >= progress.upTo {
        return nil
      }
      do throws(SystemCallError) {
        try sink.note(progress, sequence: state.sequence &+ 1)
        state.sequence &+= 1
        state.progress = progress
        allowed.store(progress.upTo, ordering: .releasing)
        return nil
      } catch { return error }
    }
    if let failure { throw failure }
  }
}

extension RecordSink {
  /// Writes a state into the slot that does not hold the newest one, and waits until it lasts.
  func note(_ progress: UndoProgress, sequence: UInt64) throws(SystemCallError) {
    let slot = ProgressSlot(sequence: sequence, progress: progress)
    try write(slot.bytes, at: slot.offset)
    try synchronize()
  }
}

import Synchronization

/// What a run is doing.
public enum WritePhase: Int, Hashable, Sendable, CaseIterable {
  case preparing, saving, erasing, writing, flushing, verifying, committing, restoring, done
}

/// A moment of a run.
public struct ProgressReading: Hashable, Sendable {
  /// What is being done.
  public let phase: WritePhase
  /// Bytes of this phase that are done.
  public let done: UInt64
  /// Bytes of this phase in all; 0 where it has no length.
  public let total: UInt64
}

/// The newest state of a run: written by the threads that move bytes, read by whoever shows it.
///
/// Nobody waits for anybody here, so a slow terminal never slows a stick.
public final class ProgressMeter: Sendable {
  private let phase = Atomic<Int>(0)
  private let done = Atomic<UInt64>(0)
  private let total = Atomic<UInt64>(0)

  /// Starts at the preparing phase.
  public init() {}

  /// The newest state.
  public var reading: ProgressReading {
    let total = total.load(ordering: .relaxed)
    return ProgressReading(
      phase: WritePhase(rawValue: phase.load(ordering: .acquiring)) ?? .preparing,
      done: min(done.load(ordering: .relaxed), total), total: total)
  }

  /// Starts a phase of so many bytes.
  public func begin(_ phase: WritePhase, total: UInt64 = 0) {
    self.total.store(total, ordering: .relaxed)
    done.store(0, ordering: .relaxed)
    self.phase.store(phase.rawValue, ordering: .releasing)
  }

  /// Counts bytes of the phase that are done.
  public func advance(by bytes: Int) { done.add(UInt64(bytes), ordering: .relaxed) }
}

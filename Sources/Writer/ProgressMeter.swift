import Synchronization

/// What a run is doing.
public enum WritePhase: Int, Hashable, Sendable, CaseIterable {
  case preparing, saving, erasing, writing, flushing, verifying, committing, restoring, reading, probing
  /// A person is waited for, who unplugs the medium, and plugs it in again.
  case unplugging, replugging
  case done
}

/// What the end of a phase is known by.
public enum ProgressScale: Hashable, Sendable {
  /// Nothing: it takes as long as it takes.
  case none
  /// So many bytes in all.
  case bytes(UInt64)
  /// The end of the image's file, as the length of what is in it is not known: how many of its bytes have
  /// been consumed for what is done, and how many it has.
  case file(consumed: UInt64, of: UInt64)
}

/// A moment of a run.
public struct ProgressReading: Hashable, Sendable {
  /// What is being done.
  public let phase: WritePhase
  /// Bytes of this phase that are done.
  public let done: UInt64
  /// What its end is known by.
  public let scale: ProgressScale
}

/// The newest state of a run: written by the threads that move bytes, read by whoever shows it.
///
/// Nobody waits for anybody here, so a slow terminal never slows a stick.
public final class ProgressMeter: Sendable {
  private let phase = Atomic<Int>(0)
  private let done = Atomic<UInt64>(0)
  private let total = Atomic<UInt64>(0)
  private let consumed = Atomic<UInt64>(0)
  private let fileTotal = Atomic<UInt64>(0)

  /// Starts at the preparing phase.
  public init() {}

  /// The newest state; more than everything is never done.
  public var reading: ProgressReading {
    let phase = WritePhase(rawValue: phase.load(ordering: .acquiring)) ?? .preparing
    let done = done.load(ordering: .relaxed)
    let total = total.load(ordering: .relaxed)
    let fileTotal = fileTotal.load(ordering: .relaxed)
    if total > 0 { return ProgressReading(phase: phase, done: min(done, total), scale: .bytes(total)) }
    guard fileTotal > 0 else { return ProgressReading(phase: phase, done: done, scale: .none) }
    let consumed = min(consumed.load(ordering: .relaxed), fileTotal)
    return ProgressReading(phase: phase, done: done, scale: .file(consumed: consumed, of: fileTotal))
  }

  /// Starts a phase of so many bytes; 0 where it has no length.
  public func begin(_ phase: WritePhase, total: UInt64 = 0) { begin(phase, total: total, file: 0) }

  /// Starts a phase that ends where the image's file of so many bytes does; 0 where nobody knows how many.
  public func begin(_ phase: WritePhase, fileByteCount: UInt64) {
    begin(phase, total: 0, file: fileByteCount)
  }

  private func begin(_ phase: WritePhase, total: UInt64, file: UInt64) {
    self.total.store(total, ordering: .relaxed)
    fileTotal.store(file, ordering: .relaxed)
    done.store(0, ordering: .relaxed)
    consumed.store(0, ordering: .relaxed)
    self.phase.store(phase.rawValue, ordering: .releasing)
  }

  /// Counts bytes of the phase that are done.
  /// - Parameters:
  ///   - bytes: how many.
  ///   - consumed: how much of the image's file it took up to their end; pieces need not come in order.
  public func advance(by bytes: Int, consumed: UInt64 = 0) {
    done.add(UInt64(bytes), ordering: .relaxed)
    self.consumed.max(consumed, ordering: .relaxed)
  }
}

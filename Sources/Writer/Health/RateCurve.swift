import BlockIO
import Synchronization

/// How fast a part of a medium was read or written.
public struct RateSample: Hashable, Sendable {
  /// The bytes.
  public let range: Range<UInt64>
  /// How many of them went by in a second; nil where too few did to tell.
  public let bytesPerSecond: Double?
}

/// Measures how fast the requests go by along a medium.
///
/// Some are in flight at once, so that none of them has a time of its own: what counts is when the last one of each
/// part was done.
final class RateCurve: Sendable {
  private struct Part {
    var byteCount: UInt64 = 0
    var last = Duration.zero
  }

  private struct State {
    var parts: [Part]
    var leftOut = Duration.zero
  }

  /// How many parts there are at most: as many as fit into a line of a terminal.
  static let partCount: UInt64 = 60
  /// How many requests a part has at least: those in flight at its ends then matter little.
  private static let leastPieceCount: UInt64 = 8

  private let capacity: UInt64
  private let partByteCount: UInt64
  private let now: @Sendable () -> Duration
  private let started: Duration
  private let state: Mutex<State>

  /// Starts to measure.
  /// - Parameters:
  ///   - capacity: the size of the medium in bytes.
  ///   - now: a clock that never goes back.
  init(capacity: UInt64, now: @escaping @Sendable () -> Duration) {
    self.capacity = capacity
    self.now = now
    started = now()
    let least = Self.leastPieceCount * UInt64(WritePlan.pieceByteCount)
    partByteCount = (capacity / Self.partCount + 1).rounded(upTo: least)
    let count = Int((capacity + partByteCount - 1) / partByteCount)
    state = Mutex(State(parts: Array(repeating: Part(), count: count)))
  }

  /// Counts a request that has just ended.
  func add(_ range: Range<UInt64>) {
    let time = now()
    state.withLock { state in
      let index = Int(range.lowerBound / partByteCount)
      state.parts[index].byteCount += UInt64(range.count)
      state.parts[index].last = max(state.parts[index].last, time - state.leftOut)
    }
  }

  /// Says that for so long something else was done.
  func leaveOut(_ time: Duration) { state.withLock { $0.leftOut += time } }

  /// The parts that something was counted in.
  var samples: [RateSample] {
    let parts = state.withLock(\.parts)
    var previous = started
    return parts.enumerated().compactMap { index, part in
      guard part.byteCount > 0 else { return nil }
      let seconds = (part.last - previous) / .seconds(1)
      previous = max(previous, part.last)
      let start = UInt64(index) * partByteCount
      return RateSample(
        range: start..<min(start + partByteCount, capacity),
        bytesPerSecond: seconds > 0 ? Double(part.byteCount) / seconds : nil)
    }
  }
}

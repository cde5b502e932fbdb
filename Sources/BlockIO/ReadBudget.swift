import Synchronization

/// How much may still be read of something that may be hostile.
///
/// Small scattered reads in the end cost the budget too, so that every parser stops.
public struct ReadBudget: ~Copyable, Sendable {
  private let remaining: Mutex<Int>
  /// What each read costs at least, in bytes.
  private static let costOfRead = 512

  /// Creates a budget of so many bytes.
  public init(byteCount: Int) { remaining = Mutex(byteCount) }

  /// Takes a read from it.
  /// - Throws: ``ByteReadError/budgetExhausted`` where too little is left, for ever.
  public borrowing func spend(_ byteCount: Int) throws(ByteReadError) {
    let isAffordable = remaining.withLock { left in
      left -= max(byteCount, Self.costOfRead)
      return left >= 0
    }
    guard isAffordable else { throw .budgetExhausted }
  }
}

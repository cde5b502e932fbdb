import BlockIO

/// How much may be read of a disk to learn what is on it.
public struct EvidenceLimits: Hashable, Sendable {
  /// Bytes, over all partitions.
  public var byteCount: Int
  /// Time, over all partitions; what libblkid reads does not count.
  public var duration: Duration

  /// Creates limits.
  public init(byteCount: Int, duration: Duration) {
    self.byteCount = byteCount
    self.duration = duration
  }

  /// For a listing, which must be quick.
  public static let glance = EvidenceLimits(byteCount: 6 << 20, duration: .milliseconds(300))
  /// For the one disk that is to be written, about which a rule decides.
  public static let look = EvidenceLimits(byteCount: 16 << 20, duration: .seconds(5))
}

/// A disk as bytes, of which only so many are read for only so long.
final class BoundedBytes: RandomAccessBytes {
  private let disk: any RandomAccessBytes
  private let budget: ReadBudget
  private let clock = ContinuousClock()
  private let deadline: ContinuousClock.Instant
  var byteCount: UInt64 { disk.byteCount }

  /// Begins to count.
  init(_ disk: any RandomAccessBytes, _ limits: EvidenceLimits) {
    self.disk = disk
    budget = ReadBudget(byteCount: limits.byteCount)
    deadline = clock.now + limits.duration
  }

  func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    guard clock.now < deadline else { throw .budgetExhausted }
    try requireInBounds(offset: offset, count: count)
    try budget.spend(count)
    return try disk.bytes(at: offset, count: count)
  }

  func willRead(_ ranges: [Range<UInt64>]) { disk.willRead(ranges) }
}

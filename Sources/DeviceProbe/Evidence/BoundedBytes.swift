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
  private let file: FileBytes
  private let clock = ContinuousClock()
  private let deadline: ContinuousClock.Instant
  var byteCount: UInt64 { file.byteCount }

  /// Takes over a descriptor.
  init(adopting descriptor: consuming OwnedDescriptor, _ limits: EvidenceLimits) throws(SystemCallError) {
    file = try FileBytes(adopting: descriptor, budget: limits.byteCount)
    deadline = clock.now + limits.duration
  }

  func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    guard clock.now < deadline else { throw .budgetExhausted }
    return try file.bytes(at: offset, count: count)
  }

  func willRead(_ ranges: [Range<UInt64>]) { file.willRead(ranges) }
}

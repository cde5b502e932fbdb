/// What a decoder may use (R49).
public struct DecodingLimits: Hashable, Sendable {
  /// The memory that a stream may need at all, in bytes; more is ``DecodingError/memoryLimit(needed:allowed:)``.
  public var memory: UInt64
  /// The memory that xz may use to decode blocks side by side, in bytes; where it is too little, fewer threads run.
  public var threadedMemory: UInt64
  /// How many threads may run, at least one.
  public var threads: Int
  /// How far a Zstandard frame may refer back, in bytes.
  public var window: UInt64

  /// What `zstd --long` needs, and what decoders agree to hold without being asked (RFC 8878, 3.1.1.1.2).
  public static let usualWindow: UInt64 = 1 << 27
  /// Enough for every preset of xz and for ``usualWindow``.
  public static let usualMemory: UInt64 = 192 << 20
  /// What one thread needs for a block of `xz -T0` at its default preset, and a little more.
  private static let memoryOfThread: UInt64 = 60 << 20
  /// More of them decode faster than any medium takes the bytes.
  private static let mostThreads = 8

  /// The limits for a machine with so many processors.
  public init(processors: Int) {
    threads = min(max(processors, 1), Self.mostThreads)
    threadedMemory = UInt64(threads) * Self.memoryOfThread
    memory = Self.usualMemory
    window = Self.usualWindow
  }
}

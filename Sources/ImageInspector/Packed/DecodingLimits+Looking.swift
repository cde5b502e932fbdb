import Decompression

extension DecodingLimits {
  /// What a stream may ask for is the same as in a write: what can be looked at can be written.
  ///
  /// There is one thread, because the confined process may have no other: without memory for several, liblzma
  /// starts none.
  static let looking: DecodingLimits = {
    var limits = DecodingLimits(processors: 1)
    limits.threadedMemory = 0
    return limits
  }()
}

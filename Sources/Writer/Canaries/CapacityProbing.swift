/// How a run probes that the medium has the capacity that it claims (R43).
public struct CapacityProbing: Hashable, Sendable {
  /// Decides which places are drawn, so that a plan that is carried out later has the same ones.
  public let seed: UInt64
  /// Whether an image that is whole may stay on a medium that proves smaller than it claims.
  public let toleratesFake: Bool

  /// How many places are drawn at random.
  static let drawnCount = 8

  /// Creates a way to probe.
  public init(seed: UInt64, toleratesFake: Bool) {
    self.seed = seed
    self.toleratesFake = toleratesFake
  }

  /// The places that are marked, one block each: ascending, disjoint, none of them in the first MiB.
  ///
  /// All powers of two: a medium that ignores the upper bits of an address shows the mark of one of them at
  /// byte 0. The last two blocks: one that drops what is beyond its end drops these whatever its size. And
  /// some that no maker of fakes can know. The image's length has no part in it, because it need not be
  /// known beforehand.
  func places(capacity: UInt64, alignment: Int) -> [Range<UInt64>] {
    let block = UInt64(alignment)
    let first = WritePlan.edgeByteCount
    guard capacity > first else { return [] }
    let last = (capacity - 1).rounded(downTo: block)
    var starts: Set<UInt64> = [last, last - block]
    for exponent in first.trailingZeroBitCount..<UInt64.bitWidth where UInt64(1) << exponent <= last {
      starts.insert(UInt64(1) << exponent)
    }
    var generator = PlaceGenerator(state: seed)
    for _ in 0..<Self.drawnCount {
      starts.insert(UInt64.random(in: first / block...last / block, using: &generator) * block)
    }
    return starts.filter { $0 >= first }.sorted().map { $0..<min($0 + block, capacity) }
  }
}

/// SplitMix64: the same places for the same seed.
private struct PlaceGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

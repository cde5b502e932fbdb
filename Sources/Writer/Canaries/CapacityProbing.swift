/// How a run probes that the medium has the capacity that it claims (R43).
public struct CapacityProbing: Hashable, Sendable {
  /// Decides which places are drawn, so that a plan that is carried out later has the same ones.
  public let seed: UInt64
  /// Whether an image that is whole may stay on a medium that proves smaller than it claims.
  public let toleratesFake: Bool

  /// How many places are drawn at random.
  static let drawnCount = 8
  /// How many places at most make sure that the image is hit; each is two small writes and a read, and slow sticks
  /// take some hundredths of a second for them.
  static let sureCount = 64

  /// Creates a way to probe.
  public init(seed: UInt64, toleratesFake: Bool) {
    self.seed = seed
    self.toleratesFake = toleratesFake
  }

  /// The places that are marked, one block each: ascending, disjoint, none of them in the first MiB.
  ///
  /// All powers of two: a medium that ignores the upper bits of an address shows the mark of one of them at
  /// byte 0. The last two blocks: one that drops what is beyond its end drops these whatever its size. Some that
  /// no maker of fakes can know. And where the image is no smaller than about the 128th part of the medium, so many
  /// that one of them falls on it whatever the true size is.
  /// - Parameter imageByteCount: the image's length in bytes; 0 where it is not known beforehand. One that is
  ///   longer in truth is hit as surely.
  func places(capacity: UInt64, alignment: Int, imageByteCount: UInt64 = 0) -> [Range<UInt64>] {
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
    starts.formUnion(Self.surePlaces(last, block, imageByteCount))
    return starts.filter { $0 >= first }.sorted().map { $0..<min($0 + block, capacity) }
  }

  /// Places of which one comes to lie on what is looked at from byte 0 on, the image or the erased head, on any medium
  /// that wraps behind that; none where it takes too many.
  ///
  /// A place p comes to lie there if the true size is in one of the ranges (p - T, p], ((p - T) / 2, p / 2],
  /// ((p - T) / 3, p / 3] and so on, where T is the length of what is looked at. Places that are no more than T apart
  /// in the upper half of the medium have the first of their ranges cover that half, the second ones the quarter
  /// below it, and so on down to byte 0.
  private static func surePlaces(_ last: UInt64, _ block: UInt64, _ imageByteCount: UInt64) -> [UInt64] {
    let looked = max(imageByteCount, WritePlan.edgeByteCount).rounded(downTo: block)
    guard looked > 0, looked < last / 2, (last / 2 - 1) / looked < UInt64(sureCount) else { return [] }
    return Array(stride(from: last, to: last / 2, by: -Int(looked)))
  }
}

/// SplitMix64: the same places for the same seed.
struct PlaceGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

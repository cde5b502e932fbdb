/// What a quick test of a medium marks, and where it looks for what wraps.
public struct TestPlaces: Hashable, Sendable {
  /// The marked blocks, ascending and disjoint.
  public let marks: [Range<UInt64>]
  /// What is written after them, to drive them out of a cache that pretends to be memory.
  public let ballast: [Range<UInt64>]
  /// How much of the beginning is searched for marks that belong elsewhere, in bytes.
  public let searched: UInt64

  /// How much is written after the marks at most, in bytes; it is kept in memory meanwhile.
  private static let ballastByteCount = UInt64(16 << 20)

  /// Chooses the places of a medium.
  /// - Parameters:
  ///   - plan: the medium; nothing else of it matters.
  ///   - seed: decides which places are drawn.
  public init(of plan: WritePlan, seed: UInt64) {
    let (capacity, alignment) = (plan.capacity, plan.alignment)
    // As much as makes one of the marks come to lie there whatever the true size is, see CapacityProbing.
    searched = min(capacity, max(WritePlan.edgeByteCount, (capacity / 120).rounded(upTo: 1 << 20)))
    let marks = CapacityProbing(seed: seed, toleratesFake: false)
      .places(capacity: capacity, alignment: alignment, imageByteCount: searched)
    self.marks = marks
    // Of a fake, the end is what is not there: some keep only what was written there in such a cache.
    let wanted = min(Self.ballastByteCount, capacity / 2)
    ballast = Array(
      BodyPieces(
        runs: Ballast.runs(
          of: wanted, in: min(WritePlan.edgeByteCount, capacity)..<capacity, alignment, besides: marks)))
  }

  /// Everything that is written.
  public var written: [Range<UInt64>] { (marks + ballast).sorted { $0.lowerBound < $1.lowerBound } }
}

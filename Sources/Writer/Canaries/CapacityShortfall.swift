/// A medium that does not keep what is written beyond some point: smaller than it claims, or failing.
public struct CapacityShortfall: Hashable, Sendable {
  /// What the medium seems to hold in truth.
  public enum Estimate: Hashable, Sendable {
    /// What is written from this byte on overwrites the beginning.
    case wrapsAt(UInt64)
    /// At least so many bytes, and fewer than that; it loses what is written beyond.
    case between(UInt64, UInt64)

    /// What is surely there, in bytes.
    var trustedByteCount: UInt64 {
      switch self {
      case .wrapsAt(let end): end
      case .between(let least, _): least
      }
    }
  }

  /// What it claims to hold, in bytes.
  public let claimedByteCount: UInt64
  /// What it seems to hold.
  public let estimate: Estimate
  /// How many places beyond the image were probed.
  public let probedPlaceCount: Int
  /// How many of them did not keep what was written.
  public let lostPlaceCount: Int
  /// How many of these could not even be read.
  public let unreadablePlaceCount: Int
}

/// What a run knows of the capacity of a medium in the end.
public struct CapacityEvidence: Hashable, Sendable {
  /// How many places beyond the image were probed.
  public let probedPlaceCount: Int
  /// What is wrong; nil where all of them kept what was written.
  public let shortfall: CapacityShortfall?
}

/// What is found where a mark was written.
enum MarkAnswer: Hashable, Sendable {
  /// The mark.
  case intact
  /// The mark of the place that begins at this byte: both are the same memory.
  case mark(of: UInt64)
  /// Anything else: what was there before, zeros, other bytes.
  case lost
  /// An I/O error.
  case unreadable
}

/// What reading the marks has found.
struct MarkFindings: Hashable, Sendable {
  /// The probed places that the image does not cover, with what was found there.
  var answers: [Range<UInt64>: MarkAnswer] = [:]
  /// How far from its place each mark lay that was found in the first MiB, in bytes.
  var strays: [UInt64] = []
  /// What else is in the first MiB, which must be zero until the commit: the end of an image that does not
  /// fit, or what could not be erased.
  var head = Differences()
  /// How many requests had to be repeated, to take them away again.
  var retries = 0

  /// The places that hold their marks.
  var intactPlaces: [Range<UInt64>] { answers.filter { $0.value == .intact }.map(\.key) }

  /// How far apart places are that turned out to be the same memory, in bytes.
  private var distances: [UInt64] {
    strays
      + answers.compactMap { place, answer in
        guard case .mark(let other) = answer else { return nil }
        return max(place.lowerBound, other) - min(place.lowerBound, other)
      }
  }

  /// Judges the marks.
  /// - Parameters:
  ///   - claimed: the claimed capacity in bytes.
  ///   - proven: how many bytes from the first on are known to be there.
  ///   - echoes: further distances between places that are the same memory, in bytes.
  /// - Returns: nil where nothing speaks against the claim.
  func shortfall(claimed: UInt64, proven: UInt64, echoes: [UInt64] = []) -> CapacityShortfall? {
    let lost = answers.filter { $0.value != .intact }
    let distances = self.distances + echoes
    guard !lost.isEmpty || !distances.isEmpty else { return nil }
    let firstLost = lost.keys.map(\.lowerBound).min() ?? claimed
    return CapacityShortfall(
      claimedByteCount: claimed, estimate: estimate(distances, firstLost, proven),
      probedPlaceCount: answers.count, lostPlaceCount: lost.count,
      unreadablePlaceCount: lost.values.filter { $0 == .unreadable }.count)
  }

  private func estimate(
    _ distances: [UInt64], _ firstLost: UInt64, _ proven: UInt64
  ) -> CapacityShortfall.Estimate {
    // Addresses that are equal modulo the true size differ by multiples of it.
    let wrap = distances.reduce(0, Self.greatestCommonDivisor)
    if wrap > 0, wrap >= proven { return .wrapsAt(wrap) }
    let intact = intactPlaces
    // Where something is kept beyond what is lost, being kept does not mean being there.
    guard !intact.contains(where: { $0.lowerBound > firstLost }) else { return .between(proven, firstLost) }
    return .between(max(proven, intact.map(\.upperBound).max() ?? 0), max(proven, firstLost))
  }

  private static func greatestCommonDivisor(_ left: UInt64, _ right: UInt64) -> UInt64 {
    var (left, right) = (left, right)
    while right != 0 { (left, right) = (right, left % right) }
    return left
  }
}

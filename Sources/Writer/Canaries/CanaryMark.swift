/// What one run writes at the places that it probes.
///
/// The number of the run keeps anything older from being taken for it, marks of an earlier run too. All 32
/// bytes say again whose they are and where they belong, so that each copy vouches for the others: whatever
/// part of a block is lost or comes out elsewhere, the rest still tells.
struct CanaryMark: Sendable {
  private static let magic: UInt64 = 0x6B72_616D_6E69_7262
  /// Each block of this many bytes names its own place.
  static let sectorByteCount = 512

  private let run: (high: UInt64, low: UInt64)

  /// Draws the number of a run; the system's generator cannot be foreseen.
  init(using generator: inout some RandomNumberGenerator) {
    run = (generator.next(), generator.next())
  }

  /// Draws the number of a run.
  init() {
    var generator = SystemRandomNumberGenerator()
    self.init(using: &generator)
  }

  /// The mark that belongs at a place.
  func placed(at place: Range<UInt64>) -> PlacedMark {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(place.count)
    let magic = Self.bytes(of: Self.magic)
    let number = Self.bytes(of: run.high) + Self.bytes(of: run.low)
    for start in stride(from: place.lowerBound, to: place.upperBound, by: Self.sectorByteCount) {
      var sector = magic + Self.bytes(of: start) + number
      while sector.count < Self.sectorByteCount { sector += sector }
      bytes += sector
    }
    return PlacedMark(place: place, bytes: bytes)
  }

  private static func bytes(of word: UInt64) -> [UInt8] {
    (0..<UInt64(8)).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
  }
}

/// A mark with the place where it belongs.
struct PlacedMark: Hashable, Sendable {
  let place: Range<UInt64>
  let bytes: [UInt8]
}

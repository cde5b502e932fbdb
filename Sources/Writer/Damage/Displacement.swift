import BlockIO

/// Data of the image that was found where other data of it belongs.
public struct Displacement: Hashable, Sendable {
  /// How far it is from its place, in bytes.
  public let distance: UInt64
  /// Whether it was found behind its place.
  public let isBehind: Bool
  /// How many of the blocks that were looked for were found at this distance.
  public let blockCount: Int
  /// How many were looked for.
  public let soughtCount: Int
  /// Whether it is what a medium shows that begins anew at this distance, where its memory ends.
  public let isWrap: Bool
}

/// Looks for blocks that were found on a medium among those of the image.
struct BlockSearch {
  /// A block that is in the image more often tells nothing.
  private enum Found {
    case nowhere
    case once(UInt64)
    case often
  }

  private let samples: [Damage.Sample]
  private var places: [ChunkDigest: Found]

  init(_ samples: [Damage.Sample]) {
    self.samples = samples
    places = [:]
    for sample in samples { places[sample.digest] = .nowhere }
  }

  /// Looks through the first bytes of a buffer, which are the image's from an offset on.
  mutating func look(through buffer: borrowing AlignedBuffer, count: Int, at offset: UInt64) {
    let size = Int(Differences.blockSize)
    for start in stride(from: 0, to: count - size + 1, by: size) {
      let digest = ChunkDigest(of: buffer, range: start..<(start + size))
      switch places[digest] {
      case .nowhere?: places[digest] = .once(offset + UInt64(start))
      case .once?: places[digest] = .often
      case .often?, nil: break
      }
    }
  }

  /// The distance at which most of the blocks were found; nil where none was.
  /// - Parameters:
  ///   - differences: all that differs.
  ///   - imageByteCount: the length of the image in bytes.
  func displacement(_ differences: Differences, imageByteCount: UInt64) -> Displacement? {
    var counts: [Int64: Int] = [:]
    for sample in samples {
      guard case .once(let place)? = places[sample.digest], place != sample.offset else { continue }
      counts[Int64(clamping: sample.offset) - Int64(clamping: place), default: 0] += 1
    }
    // Of equals the nearest, so that the answer is the same each time.
    guard
      let (distance, count) = counts.min(by: { ($1.value, $0.key.magnitude) < ($0.value, $1.key.magnitude) })
    else { return nil }
    let isWrap = Self.isWrap(distance, differences, imageByteCount)
    return Displacement(
      distance: distance.magnitude, isBehind: distance > 0, blockCount: count, soughtCount: samples.count,
      isWrap: isWrap)
  }

  /// A medium that wraps has one memory for two ends of the image: all that lies behind its true size, where the
  /// first write has won, or all that lies before the rest, where the last one has.
  private static func isWrap(_ distance: Int64, _ differences: Differences, _ end: UInt64) -> Bool {
    let size = distance.magnitude
    guard size >= WritePlan.edgeByteCount, let first = differences.firstOffset,
      let last = differences.lastEnd
    else { return false }
    // The head is written last of all, and zeros are the same everywhere.
    let slack = WritePlan.edgeByteCount * 2
    let reachesEnd = { (place: UInt64) in place + slack >= end }
    if distance > 0 { return first >= size && first - size < slack && reachesEnd(last) }
    return first < slack && reachesEnd(last.addingReportingOverflow(size).partialValue)
  }
}

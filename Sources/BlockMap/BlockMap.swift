public import BlockIO

/// A part of an image that matters.
public struct MappedRange: Hashable, Sendable {
  /// Its bytes in the image.
  public let bytes: Range<UInt64>
  /// Their digest, by the algorithm of the map; nil where the map has none.
  public let digest: [UInt8]?

  /// Creates a range.
  public init(_ bytes: Range<UInt64>, digest: [UInt8]? = nil) {
    self.bytes = bytes
    self.digest = digest
  }
}

/// Which parts of an image matter; the others need not come onto a medium.
public struct BlockMap: Hashable, Sendable {
  /// The length of the image in bytes.
  public let imageByteCount: UInt64
  /// How the map counts, in bytes: every range begins on a multiple of it, and ends on one or with the image.
  public let blockByteCount: UInt64
  /// How the digests of the ranges are made; nil where there are none.
  public let algorithm: DigestAlgorithm?
  /// The parts that matter: ascending, disjoint, none of them empty.
  public let ranges: [MappedRange]
  /// How many bytes matter.
  public let mappedByteCount: UInt64

  /// The block sizes that are understood, in bytes.
  public static let blockSizes: ClosedRange<UInt64> = 512...(1 << 30)
  /// How many ranges are kept at most.
  public static let rangeLimit = 200_000

  /// Creates a map.
  /// - Parameter ranges: must be as ``BlockMap/ranges`` says.
  public init(
    imageByteCount: UInt64, blockByteCount: UInt64, algorithm: DigestAlgorithm? = nil, ranges: [MappedRange]
  ) {
    precondition(imageByteCount > 0 && Self.blockSizes.contains(blockByteCount), "a map of nothing")
    var end: UInt64 = 0
    var count: UInt64 = 0
    for range in ranges {
      let bytes = range.bytes
      precondition(bytes.lowerBound >= end && !bytes.isEmpty, "ranges of a map out of order")
      precondition(bytes.lowerBound % blockByteCount == 0, "a range that begins within a block")
      end = bytes.upperBound
      precondition(end % blockByteCount == 0 || end == imageByteCount, "a range that ends within a block")
      count += UInt64(bytes.count)
    }
    precondition(end <= imageByteCount, "a range behind the image")
    self.imageByteCount = imageByteCount
    self.blockByteCount = blockByteCount
    self.algorithm = algorithm
    self.ranges = ranges
    mappedByteCount = count
  }

  /// How many ranges have a digest.
  public var digestCount: Int { ranges.count { $0.digest != nil } }

  /// What matters of a part of the image, ascending; ranges that touch are one.
  public func mapped(in part: Range<UInt64>) -> [Range<UInt64>] {
    var found: [Range<UInt64>] = []
    for range in ranges[firstIndex(endingBehind: part.lowerBound)...] {
      guard range.bytes.lowerBound < part.upperBound else { break }
      let piece = range.bytes.clamped(to: part)
      if let last = found.last, last.upperBound == piece.lowerBound {
        found[found.count - 1] = last.lowerBound..<piece.upperBound
      } else {
        found.append(piece)
      }
    }
    return found
  }

  /// What does not matter of a part of the image or lies behind it, ascending.
  public func gaps(in part: Range<UInt64>) -> [Range<UInt64>] {
    var gaps: [Range<UInt64>] = []
    var position = part.lowerBound
    for piece in mapped(in: part) {
      if piece.lowerBound > position { gaps.append(position..<piece.lowerBound) }
      position = piece.upperBound
    }
    if position < part.upperBound { gaps.append(position..<part.upperBound) }
    return gaps
  }

  private func firstIndex(endingBehind offset: UInt64) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = low + (high - low) / 2
      if ranges[middle].bytes.upperBound > offset { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

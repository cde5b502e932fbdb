public import BlockIO

/// Which digest of the image is taken beside the write.
public enum DigestChoice: String, Hashable, Sendable, CaseIterable {
  /// SHA-256, on a thread of its own.
  case sha256
  /// None: the read-back still proves that the medium holds what was read from the image.
  case none
}

/// Why an image cannot be planned onto a medium.
public enum WritePlanError: Error, Hashable, Sendable {
  /// The image does not fit: both lengths in bytes.
  case tooLarge(image: UInt64, capacity: UInt64)
  /// The medium has block sizes that burin cannot write, in bytes.
  case unsupportedBlockSize(logical: Int, physical: Int)
  /// The medium has no room for a single block.
  case noCapacity
}

/// What is written where, in which order; a value that `--dry-run` prints and the writer obeys.
///
/// The order keeps the stick unable to boot until everything on it is proven: erase, body, read-back,
/// and the head only then (R36).
public struct WritePlan: Hashable, Sendable {
  /// The image's length in bytes.
  public let imageByteCount: UInt64
  /// What can be addressed on the medium, in bytes: its size without a partial last block.
  public let capacity: UInt64
  /// The logical block size of the medium in bytes.
  public let blockSize: Int
  /// What every write is aligned to, in bytes: 4096 or the physical block size if that is larger (R35).
  public let alignment: Int
  /// The image with zeros up to the alignment (or the end of the medium): what is written in all, in bytes.
  public let writtenByteCount: UInt64
  /// Bytes from 0 that are withheld until the rest is proven.
  public let headByteCount: Int
  /// The first bytes of the head, written last of all with one request: boot code, partition tables
  /// and volume descriptors.
  public let anchorByteCount: Int
  /// The ranges that are zeroed before anything else: head, last MiB, and stale signatures; ascending, disjoint.
  public let zeroedRanges: [Range<UInt64>]
  /// The ranges that are zeroed or marked before the image is written; ascending, disjoint.
  ///
  /// What the image does not cover of them is zero in the end.
  public let erasedRanges: [Range<UInt64>]
  /// Which digest is taken.
  public let digest: DigestChoice
  /// How the capacity is probed; nil where it is not.
  public let probing: CapacityProbing?
  /// The blocks that are marked to probe the capacity, ascending and disjoint; all of them are in ``erasedRanges``.
  public let probedPlaces: [Range<UInt64>]

  /// How much is moved with one request, in bytes.
  public static let pieceByteCount = 4 << 20
  /// How much is withheld and erased at either end, in bytes.
  public static let edgeByteCount: UInt64 = 1 << 20
  /// The anchor fits into one request even of USB 2 storage, which takes 120 KiB.
  static let largestAnchor = 64 << 10

  /// Plans an image onto a medium.
  /// - Parameters:
  ///   - imageByteCount: the image's length in bytes, at least 1.
  ///   - geometry: the medium.
  ///   - staleSignatures: byte ranges of signatures that tools would still find on the medium.
  ///   - digest: which digest to take.
  ///   - probing: how to probe the capacity, if it is to be probed.
  public init(
    imageByteCount: UInt64, geometry: BlockGeometry, staleSignatures: [Range<UInt64>] = [],
    digest: DigestChoice, probing: CapacityProbing? = nil
  ) throws(WritePlanError) {
    let logical = geometry.logicalBlockSize
    let physical = geometry.physicalBlockSize
    guard logical >= 512, logical <= 65_536, logical.nonzeroBitCount == 1 else {
      throw .unsupportedBlockSize(logical: logical, physical: physical)
    }
    blockSize = logical
    // A physical block size that makes no sense is not worth refusing a write that does not need it.
    let plausible = physical.nonzeroBitCount == 1 && physical >= logical && physical <= 65_536
    alignment = max(4096, logical, plausible ? physical : logical)
    capacity = geometry.byteCount.rounded(downTo: UInt64(logical))
    guard capacity > 0 else { throw .noCapacity }
    guard imageByteCount <= capacity else { throw .tooLarge(image: imageByteCount, capacity: capacity) }
    self.imageByteCount = imageByteCount
    self.digest = digest
    let written = min(imageByteCount.rounded(upTo: UInt64(alignment)), capacity)
    writtenByteCount = written
    headByteCount = Int(min(Self.edgeByteCount, written))
    anchorByteCount = min(max(Self.largestAnchor, alignment), headByteCount)
    self.probing = probing
    probedPlaces = probing?.places(capacity: capacity, alignment: alignment) ?? []
    zeroedRanges = Self.erased(capacity: capacity, blockSize: UInt64(logical), besides: staleSignatures)
    erasedRanges = Self.erased(
      capacity: capacity, blockSize: UInt64(logical), besides: staleSignatures + probedPlaces)
  }

  /// The ranges of the body in the order in which they are written.
  public var bodyPieces: BodyPieces { BodyPieces(start: UInt64(headByteCount), end: writtenByteCount) }

  /// The erased ranges that the image does not cover: they must read back as zeros.
  public var emptyRanges: [Range<UInt64>] {
    erasedRanges.compactMap { range in
      range.upperBound <= writtenByteCount
        ? nil : max(range.lowerBound, writtenByteCount)..<range.upperBound
    }
  }

  private static func erased(
    capacity: UInt64, blockSize: UInt64, besides places: [Range<UInt64>]
  ) -> [Range<UInt64>] {
    let edge = min(edgeByteCount, capacity)
    var ranges = [0..<edge, (capacity - edge).rounded(downTo: blockSize)..<capacity]
    for place in places where place.lowerBound < capacity && !place.isEmpty {
      let end = min(place.upperBound, capacity).rounded(upTo: blockSize)
      ranges.append(place.lowerBound.rounded(downTo: blockSize)..<min(end, capacity))
    }
    ranges.sort { $0.lowerBound < $1.lowerBound }
    return ranges.reduce(into: []) { merged, range in
      if let last = merged.last, range.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
  }
}

/// The pieces of a range, each ending on a multiple of ``WritePlan/pieceByteCount``.
public struct BodyPieces: RandomAccessCollection, Hashable, Sendable {
  private let start: UInt64
  private let end: UInt64
  /// The first index.
  public let startIndex = 0
  /// One past the last index.
  public let endIndex: Int

  init(start: UInt64, end: UInt64) {
    self.start = start
    self.end = end
    let size = UInt64(WritePlan.pieceByteCount)
    endIndex = start >= end ? 0 : Int((end - 1) / size - start / size) + 1
  }

  /// The byte range of a piece.
  public subscript(position: Int) -> Range<UInt64> {
    let size = UInt64(WritePlan.pieceByteCount)
    let lower = (start / size + UInt64(position)) * size
    return Swift.max(lower, start)..<Swift.min(lower + size, end)
  }
}

extension UInt64 {
  /// The largest multiple of `step` that is not above the number.
  func rounded(downTo step: UInt64) -> UInt64 { self - self % step }

  /// The smallest multiple of `step` that is not below the number, or the largest there is.
  func rounded(upTo step: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(step - 1)
    return (overflow ? UInt64.max : sum).rounded(downTo: step)
  }
}

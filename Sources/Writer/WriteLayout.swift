/// Where an image comes to lie on the medium of a plan; known once the image's length is.
///
/// Only a plan makes one, and only for an image that fits: see ``WritePlan/layout(of:)``.
public struct WriteLayout: Hashable, Sendable {
  /// The image's length in bytes.
  public let imageByteCount: UInt64
  /// The image with zeros up to the alignment (or the end of the medium): what is written in all, in bytes.
  public let writtenByteCount: UInt64
  /// Bytes from 0 that are withheld until the rest is proven.
  public let headByteCount: Int
  /// The first bytes of the head, written last of all with one request: boot code, partition tables
  /// and volume descriptors.
  public let anchorByteCount: Int
  /// The erased ranges that the image does not cover: they must read back as zeros.
  public let emptyRanges: [Range<UInt64>]

  /// The anchor fits into one request even of USB 2 storage, which takes 120 KiB.
  private static let largestAnchor = 64 << 10

  init?(of imageByteCount: UInt64, capacity: UInt64, alignment: Int, erased: [Range<UInt64>]) {
    guard imageByteCount > 0, imageByteCount <= capacity else { return nil }
    self.imageByteCount = imageByteCount
    let written = Self.writtenEnd(of: imageByteCount, capacity: capacity, alignment: alignment)
    writtenByteCount = written
    headByteCount = Int(min(WritePlan.edgeByteCount, written))
    anchorByteCount = min(max(Self.largestAnchor, alignment), headByteCount)
    emptyRanges = erased.compactMap { range in
      range.upperBound <= written ? nil : max(range.lowerBound, written)..<range.upperBound
    }
  }

  /// Where the padding ends of an image that ends here (R35).
  static func writtenEnd(of imageEnd: UInt64, capacity: UInt64, alignment: Int) -> UInt64 {
    min(imageEnd.rounded(upTo: UInt64(alignment)), capacity)
  }

  /// The ranges of the body in the order in which they are written.
  public var bodyPieces: BodyPieces { BodyPieces(start: UInt64(headByteCount), end: writtenByteCount) }
}

import BlockMap

/// Where an image comes to lie on the medium of a plan; known once the image's length is.
///
/// Only a plan makes one, and only for an image that fits: see ``WritePlan/layout``.
public struct WriteLayout: Hashable, Sendable {
  /// The image's length in bytes.
  public let imageByteCount: UInt64
  /// Where the image ends on the medium, with zeros up to the alignment (or the end of the medium), in bytes.
  public let writtenByteCount: UInt64
  /// Bytes from 0 that are withheld until the rest is proven.
  public let headByteCount: Int
  /// The first bytes of the head, written last of all with one request: boot code, partition tables
  /// and volume descriptors.
  public let anchorByteCount: Int
  /// The erased ranges that nothing is written to: they must read back as zeros.
  public let emptyRanges: [Range<UInt64>]
  /// The ranges of the body in the order in which they are written: all of it, or what a map says of it, in whole
  /// blocks.
  public let bodyPieces: BodyPieces
  /// How many bytes from the first on are written without a gap.
  public let unbrokenByteCount: UInt64

  /// The anchor fits into one request even of USB 2 storage, which takes 120 KiB.
  static let largestAnchor = 64 << 10

  init?(
    of imageByteCount: UInt64, capacity: UInt64, alignment: Int, erased: [Range<UInt64>], map: BlockMap? = nil
  ) {
    guard imageByteCount > 0, imageByteCount <= capacity else { return nil }
    self.imageByteCount = imageByteCount
    let written = Self.writtenEnd(of: imageByteCount, capacity: capacity, alignment: alignment)
    writtenByteCount = written
    let head = min(WritePlan.edgeByteCount, written)
    headByteCount = Int(head)
    anchorByteCount = min(max(Self.largestAnchor, alignment), headByteCount)
    let body =
      map.map { Self.runs(of: $0, in: head..<written, alignment: UInt64(alignment)) }
      ?? (head < written ? [head..<written] : [])
    bodyPieces = BodyPieces(runs: body)
    emptyRanges = erased.subtracting([0..<head] + body)
    unbrokenByteCount = body.first?.lowerBound == head ? body[0].upperBound : head
  }

  /// Where the padding ends of an image that ends here (R35).
  static func writtenEnd(of imageEnd: UInt64, capacity: UInt64, alignment: Int) -> UInt64 {
    min(imageEnd.rounded(upTo: UInt64(alignment)), capacity)
  }

  /// The whole blocks of a part of the medium that hold something that matters, joined where they touch.
  private static func runs(
    of map: BlockMap, in part: Range<UInt64>, alignment: UInt64
  ) -> [Range<UInt64>] {
    map.mapped(in: part).reduce(into: []) { runs, range in
      let start = max(range.lowerBound.rounded(downTo: alignment), part.lowerBound)
      let end = min(range.upperBound.rounded(upTo: alignment), part.upperBound)
      if let last = runs.last, start <= last.upperBound {
        runs[runs.count - 1] = last.lowerBound..<max(last.upperBound, end)
      } else {
        runs.append(start..<end)
      }
    }
  }
}

public import BlockIO

/// What a medium holds, piece by piece, as digests: enough to compare it later without the image.
///
/// The digests are no proof against an attacker: they tell apart what wears out, gets lost or is changed by chance.
public struct MediumChunks: Hashable, Sendable {
  /// The bytes that are told of: ascending, disjoint, none of them empty.
  public let extents: [Range<UInt64>]
  /// A digest of each piece of them, in order.
  public let digests: [ChunkDigest]

  /// More pieces than this are not taken: 256 GiB, where they are whole.
  public static let mostPieces = 65_536
  /// The pieces end at multiples of this, in bytes, and where their extents end.
  public static let pieceByteCount = UInt64(WritePlan.pieceByteCount)

  /// Takes extents and digests that anybody may have written.
  /// - Returns: nil where they do not fit together.
  public init?(extents: [Range<UInt64>], digests: [ChunkDigest]) {
    guard !extents.isEmpty, digests.count <= Self.mostPieces, extents.count <= digests.count else {
      return nil
    }
    var end: UInt64 = 0
    for extent in extents {
      guard !extent.isEmpty, extent.lowerBound >= end, extent.upperBound <= UInt64(Int64.max) else {
        return nil
      }
      end = extent.upperBound
    }
    self.extents = extents
    self.digests = digests
    guard pieces.count == digests.count else { return nil }
  }

  /// Takes extents and digests that fit together; however many they are.
  private init(_ extents: [Range<UInt64>], _ digests: [ChunkDigest]) {
    self.extents = extents
    self.digests = digests
  }

  /// What was proven of a body and its head.
  init(of written: WrittenBody) {
    let head = written.layout.headByteCount
    extents = [0..<UInt64(head)] + written.layout.bodyPieces.runs
    digests = [ChunkDigest(of: written.head.buffer, count: head)] + written.digests
  }

  /// The same medium after its first bytes were changed on purpose, and bytes behind all others were written.
  /// - Parameters:
  ///   - before: the first bytes as they were: all of the first piece at least.
  ///   - after: the first bytes as they are.
  ///   - tail: what was written behind, and where that begins, in bytes.
  /// - Returns: nil where the first bytes were not those that are told of, or the rest is not behind them.
  public func changed(
    from before: [UInt8], to after: [UInt8], tail: (offset: UInt64, bytes: [UInt8])
  ) -> MediumChunks? {
    let count = pieces[0].count
    guard before.count >= count, after.count >= count, !tail.bytes.isEmpty,
      extents.allSatisfy({ $0.upperBound <= tail.offset }),
      ChunkDigest(of: Array(before[..<count]).span) == digests.first
    else { return nil }
    let end = BodyPieces(runs: [tail.offset..<(tail.offset + UInt64(tail.bytes.count))])
    let endDigests = end.map { piece in
      let start = Int(piece.lowerBound - tail.offset)
      return ChunkDigest(of: Array(tail.bytes[start..<(start + piece.count)]).span)
    }
    return MediumChunks(
      extents + end.runs,
      [ChunkDigest(of: Array(after[..<count]).span)] + digests.dropFirst() + endDigests)
  }

  /// The pieces that the digests are of.
  var pieces: BodyPieces { BodyPieces(runs: extents) }

  /// How many bytes are told of.
  public var byteCount: UInt64 { pieces.byteCount }

  /// The bytes from the first on that are told of without a gap.
  public var unbrokenByteCount: UInt64 {
    extents.reduce(0) { $1.lowerBound == $0 ? $1.upperBound : $0 }
  }
}

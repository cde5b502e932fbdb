import BlockIO

/// A piece that was not found as it was written, and the digest of what was found.
struct FoundPiece: Hashable, Sendable {
  let index: Int
  let digest: ChunkDigest
}

/// Pieces of the image that are read where other pieces were written (R43).
enum PieceEchoes {
  /// How far from their places pieces were found, in bytes.
  ///
  /// The digests tell it without another look at the image. What occurs more than once in the image tells
  /// nothing, nor do zeros, which are what many media give for what they have lost.
  /// - Parameters:
  ///   - found: the pieces that differ, with the digests of what was read.
  ///   - digests: what was written, by piece.
  static func distances(
    _ found: [FoundPiece], _ digests: [ChunkDigest], _ pieces: BodyPieces
  ) -> [UInt64] {
    let memory = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    var zeros: [Int: ChunkDigest] = [:]
    let owners = Dictionary(grouping: digests.indices) { digests[$0] }
    return found.compactMap { piece in
      let count = pieces[piece.index].count
      let ofZeros = zeros[count] ?? ChunkDigest(of: memory, count: count)
      zeros[count] = ofZeros
      guard piece.digest != ofZeros, let owner = owners[piece.digest], owner.count == 1,
        owner[0] != piece.index
      else { return nil }
      // Two lanes write: which of two pieces came last is not certain.
      let places = [pieces[owner[0]].lowerBound, pieces[piece.index].lowerBound]
      return max(places[0], places[1]) - min(places[0], places[1])
    }
  }
}

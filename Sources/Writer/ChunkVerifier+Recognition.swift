import BlockIO
public import ImageSource

/// A medium that was written is known again by what is on it, and where it differs, the bytes are found.
extension ChunkVerifier {
  /// Whether a medium holds any of some pieces that no other medium is likely to hold; a few are looked at.
  /// - Returns: nil where none of them tells one medium from another.
  /// - Throws: ``VerifyError`` where the medium cannot be read.
  public static func recognises(
    _ chunks: MediumChunks, on medium: borrowing MediumReader
  ) throws(VerifyError) -> Bool? {
    let telling = chunks.tellingPieces(atMost: mostLooks)
    guard !telling.isEmpty else { return nil }
    var buffer = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    let block = UInt64(max(medium.geometry.logicalBlockSize, 512))
    for index in telling {
      guard !Task.isCancelled else { throw .cancelled }
      let range = chunks.pieces[index]
      guard range.upperBound <= medium.geometry.byteCount else { continue }
      let place = try read(range, of: medium, into: &buffer, block: block)
      if place.count == range.count, ChunkDigest(of: buffer, range: place) == chunks.digests[index] {
        return true
      }
    }
    return false
  }

  /// Finds the bytes that differ in pieces of which no more is known, by reading the image again.
  ///
  /// - Parameters:
  ///   - differences: what was found by digests.
  ///   - chunks: those digests, of all of the image and of nothing else.
  ///   - image: what was written.
  ///   - byteCount: its length in bytes; what lies behind is not the image's.
  ///   - medium: where it was written.
  /// - Returns: nil where one of them cannot be read again, where not all pieces are listed, or where one of them is as
  ///   it should be by now: that they differed is proven all the same.
  public static func explain(
    _ differences: Differences, in chunks: MediumChunks, by image: any ImageSource, byteCount: UInt64,
    on medium: borrowing MediumReader
  ) -> Differences? {
    guard differences.rangeCount == differences.ranges.count, let stream = try? image.start() else {
      return nil
    }
    var comparison = PieceComparison(stream)
    for piece in chunks.pieces where differences.ranges.contains(where: piece.overlaps) {
      guard !Task.isCancelled, piece.lowerBound < byteCount,
        comparison.compare(piece.lowerBound..<min(piece.upperBound, byteCount), on: medium)
      else { return nil }
    }
    return comparison.found
  }

  /// How many pieces are looked at to know a medium again.
  private static let mostLooks = 16
}

/// A comparison of some pieces of an image with a medium.
private struct PieceComparison: ~Copyable {
  private let stream: any ImageStream
  private var position: UInt64 = 0
  private var expected = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
  private var actual = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
  private(set) var found = Differences()

  init(_ stream: any ImageStream) { self.stream = stream }

  /// Compares a piece that lies behind all that were compared before.
  /// - Returns: whether both could be read, and differ.
  mutating func compare(_ range: Range<UInt64>, on medium: borrowing MediumReader) -> Bool {
    let block = UInt64(max(medium.geometry.logicalBlockSize, 512))
    guard (try? stream.skip(range.lowerBound - position)) != nil,
      let count = try? stream.read(into: &expected, range: 0..<range.count), count == range.count,
      let place = try? ChunkVerifier.read(range, of: medium, into: &actual, block: block),
      place.lowerBound == 0
    else { return false }
    position = range.upperBound
    var part = Differences()
    part.compare(expected, actual, range: 0..<place.count, at: range.lowerBound)
    part.addMissing((range.lowerBound + UInt64(place.count))..<range.upperBound)
    found.append(part)
    return !part.isEmpty
  }
}

extension MediumChunks {
  /// Pieces by which a medium is known again, spread over all of it: what is there only once, and is not one of the
  /// two things that unwritten media hold.
  func tellingPieces(atMost limit: Int) -> [Int] {
    let pieces = pieces
    let counts = digests.reduce(into: [ChunkDigest: Int]()) { $0[$1, default: 0] += 1 }
    // Some more are tried than are wanted, and no more than that: each length has blank digests of its own.
    var blanks: [Int: [ChunkDigest]] = [:]
    var tried: Set<Int> = []
    var found: [Int] = []
    for number in 0..<(limit * Self.rounds) where found.count < limit {
      let place = number % limit * Self.rounds + number / limit
      let index = place * digests.count / (limit * Self.rounds)
      guard tried.insert(index).inserted, counts[digests[index]] == 1 else { continue }
      let count = pieces[index].count
      let blank = blanks[count] ?? [0, 0xFF].map { Self.blank($0, count) }
      blanks[count] = blank
      if !blank.contains(digests[index]) { found.append(index) }
    }
    return found.sorted()
  }

  /// How often it is gone through all of the medium, each time a little further on.
  private static let rounds = 4

  private static func blank(_ byte: UInt8, _ count: Int) -> ChunkDigest {
    ChunkDigest(of: [UInt8](repeating: byte, count: count).span)
  }
}

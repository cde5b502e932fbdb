import BlockIO
import ImageSource

/// What a comparison of a medium with the digests of what was written found.
public struct ChunkReport: Hashable, Sendable {
  /// The pieces that differ, as a whole: digests do not tell where in them.
  public let differences: Differences
  /// Whether the medium has the SHA-256 of the image; nil where none was known, or not all of the image is told of.
  public let hasSHA256: Bool?
  /// How long it took.
  public let duration: Duration

  /// Whether the medium holds what was written.
  public var isSame: Bool { differences.isEmpty && hasSHA256 != false }
}

/// Compares a medium with the digests of what was written to it, past every cache and without the image (R42).
public enum ChunkVerifier {
  /// Reads all that is told of; a difference does not end the comparison.
  /// - Parameters:
  ///   - chunks: what the medium had when it was written.
  ///   - image: the length of the image in bytes and its SHA-256, where that is known.
  ///   - medium: the medium, which is read to the end of them.
  ///   - progress: who is told how far it is.
  /// - Throws: ``VerifyError`` where the medium is too small or cannot be read.
  public static func verify(
    _ chunks: MediumChunks, image: (byteCount: UInt64, sha256: [UInt8])?,
    against medium: consuming MediumReader, progress: ProgressMeter
  ) throws(VerifyError) -> ChunkReport {
    let clock = ContinuousClock()
    let started = clock.now
    let capacity = medium.geometry.byteCount
    let end = chunks.extents.last?.upperBound ?? 0
    guard end <= capacity else { throw .tooSmall(image: .exact(end), capacity: capacity) }
    progress.begin(.verifying, total: chunks.byteCount)
    // A hash of the whole needs the whole.
    let hashed = image.flatMap { $0.byteCount <= chunks.unbrokenByteCount ? $0 : nil }
    var sum = SHA256()
    var differences = Differences()
    var buffer = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    let block = UInt64(max(medium.geometry.logicalBlockSize, 512))
    for (range, digest) in zip(chunks.pieces, chunks.digests) {
      guard !Task.isCancelled else { throw .cancelled }
      let place = try read(range, of: medium, into: &buffer, block: block)
      if place.count == range.count, ChunkDigest(of: buffer, range: place) == digest {
        differences.addEqual(range.count)
      } else {
        differences.addPiece(range)
      }
      if let hashed, range.lowerBound < hashed.byteCount {
        let count = min(place.count, Int(min(hashed.byteCount, range.upperBound) - range.lowerBound))
        sum.update(buffer.bytes.extracting(place.lowerBound..<(place.lowerBound + count)))
      }
      progress.advance(by: range.count)
    }
    try medium.requireSameMedium()
    let found = sum.finish()
    progress.begin(.done)
    return ChunkReport(
      differences: differences, hasSHA256: hashed.map { $0.sha256 == found },
      duration: started.duration(to: clock.now))
  }

  /// Reads whole blocks around a range.
  /// - Returns: where in the buffer its bytes are; fewer than asked for where the medium ends.
  static func read(
    _ range: Range<UInt64>, of medium: borrowing MediumReader, into buffer: inout AlignedBuffer, block: UInt64
  ) throws(VerifyError) -> Range<Int> {
    let start = range.lowerBound.rounded(downTo: block)
    let whole = Int(min(range.upperBound.rounded(upTo: block) - start, UInt64(buffer.byteCount)))
    let count: Int
    do throws(SystemCallError) { count = try medium.read(at: start, into: &buffer, range: 0..<whole) } catch {
      throw .device(error, offset: start)
    }
    let first = Int(range.lowerBound - start)
    return first..<max(first, min(count, first + range.count))
  }
}

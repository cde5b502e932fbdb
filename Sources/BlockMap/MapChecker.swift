public import BlockIO

/// How an image is not the one that a map describes.
public enum MapMismatch: Error, Hashable, Sendable {
  /// It has another length than the map says, in bytes; nil where it goes on after that.
  case length(stated: UInt64, found: UInt64?)
  /// The bytes of a range have another digest than the map says.
  case range(Range<UInt64>, DigestAlgorithm, expected: [UInt8], found: [UInt8])
}

/// Checks the ranges of a map while the bytes of the image go by, in their order (R50); used by one thread at a time.
public final class MapChecker {
  private let map: BlockMap
  private var position: UInt64 = 0
  /// The first range that has not ended yet.
  private var index = 0
  private var digest: MessageDigest?

  /// Starts at the first byte of the image.
  public init(_ map: BlockMap) { self.map = map }

  /// Takes the bytes that come next.
  /// - Throws: ``MapMismatch`` as soon as a range has ended that is not what the map says.
  public func add(_ bytes: RawSpan) throws(MapMismatch) {
    let end = position + UInt64(bytes.byteCount)
    while index < map.ranges.count {
      let range = map.ranges[index]
      guard range.bytes.lowerBound < end else { break }
      let part = range.bytes.clamped(to: position..<end)
      if let expected = range.digest, let algorithm = map.algorithm {
        if part.lowerBound == range.bytes.lowerBound { digest = MessageDigest(algorithm) }
        digest?.update(bytes.extracting(Int(part.lowerBound - position)..<Int(part.upperBound - position)))
        if part.upperBound == range.bytes.upperBound { try finish(range, algorithm, expected) }
      }
      guard part.upperBound == range.bytes.upperBound else { break }
      index += 1
    }
    position = end
  }

  /// Takes the first bytes of a buffer as those that come next.
  /// - Throws: ``MapMismatch`` as soon as a range has ended that is not what the map says.
  public func add(_ buffer: borrowing AlignedBuffer, count: Int) throws(MapMismatch) {
    try add(buffer.bytes.extracting(0..<count))
  }

  /// Leaves out bytes that do not matter.
  public func skip(_ count: UInt64) { position += count }

  private func finish(
    _ range: MappedRange, _ algorithm: DigestAlgorithm, _ expected: [UInt8]
  ) throws(MapMismatch) {
    // A digest that could not be taken has proven nothing.
    let found = digest.take()?.finish() ?? []
    guard found == expected else { throw .range(range.bytes, algorithm, expected: expected, found: found) }
  }
}

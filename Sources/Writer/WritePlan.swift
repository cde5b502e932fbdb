public import BlockIO
public import BlockMap
public import ImageSource
public import ImageTrust

/// Which digest of the image is taken beside the write.
public enum DigestChoice: String, Hashable, Sendable, CaseIterable {
  /// SHA-256, on a thread of its own.
  case sha256
  /// None: the read-back still proves that the medium holds what was read from the image.
  case none
}

extension ClaimSelection {
  /// Selects the claims that a write decides about.
  public init(of claims: [ChecksumClaim], besides digest: DigestChoice) {
    self.init(of: claims, taken: digest == .sha256 ? [.sha256] : [])
  }
}

/// Why an image cannot be planned onto a medium.
public enum WritePlanError: Error, Hashable, Sendable {
  /// The image has no bytes.
  case empty
  /// The image does not fit, by its length or by what it says of itself; the capacity in bytes.
  case tooLarge(image: ImageLength, capacity: UInt64)
  /// The medium has block sizes that burin cannot write, in bytes.
  case unsupportedBlockSize(logical: Int, physical: Int)
  /// The medium has no room for a single block.
  case noCapacity
  /// This machine's libcrypto is forbidden to compute the digest of a checksum that was given.
  case digestForbidden(DigestAlgorithm)
  /// The image is not the one that the map describes.
  case map(MapMismatch)
}

/// What is written where, in which order; a value that `--dry-run` prints and the writer obeys.
///
/// The order keeps the stick unable to boot until everything on it is proven: erase, body, read-back,
/// and the head only then (R36).
public struct WritePlan: Hashable, Sendable {
  /// What is known of the image's length.
  public let imageLength: ImageLength
  /// Which parts of the image are written; nil for all of it.
  public let map: BlockMap?
  /// Where the image comes to lie; nil where that is known only once it has been read to its end.
  public let layout: WriteLayout?
  /// The fewest bytes of an image that holds all that its own structures name; nil where that is not known, or does not
  /// matter.
  public let leastByteCount: UInt64?
  /// What can be addressed on the medium, in bytes: its size without a partial last block.
  public let capacity: UInt64
  /// The logical block size of the medium in bytes.
  public let blockSize: Int
  /// What every write is aligned to, in bytes: 4096 or the physical block size if that is larger (R35).
  public let alignment: Int
  /// The ranges that are zeroed before anything else: head, last MiB, and stale signatures; ascending, disjoint.
  public let zeroedRanges: [Range<UInt64>]
  /// The ranges that are zeroed or marked besides the image; ascending, disjoint.
  ///
  /// What the image does not cover of them is zero in the end.
  public let erasedRanges: [Range<UInt64>]
  /// Which digest is taken.
  public let digest: DigestChoice
  /// The checksums that the image, or the compressed file that it is in, is said to have.
  public let claims: ClaimSelection
  /// Whether the checksum inside of the image is compared, if it has one.
  public let comparesImplanted: Bool
  /// Whether nothing but a good signature will do.
  public let requiresSignature: Bool
  /// How the capacity is probed; nil where it is not.
  public let probing: CapacityProbing?
  /// The blocks that are marked to probe the capacity, ascending and disjoint; all of them are in ``erasedRanges``.
  public let probedPlaces: [Range<UInt64>]
  /// What is zeroed once the image is written, to drive it and the marks out of a cache that pretends to be memory.
  ///
  /// Ascending and disjoint, and all of it in ``erasedRanges``. What the image covers of it stays as it is.
  public let ballast: [Range<UInt64>]
  /// Whether the medium is read first, and only what differs is written.
  public let isDelta: Bool

  /// How much is moved with one request, in bytes.
  public static let pieceByteCount = 4 << 20
  /// How much is withheld and erased at either end of a medium that has so much, in bytes.
  public static let edgeByteCount: UInt64 = 1 << 20

  /// Plans an image onto a medium.
  /// - Parameters:
  ///   - imageLength: what is known of the image's length.
  ///   - leastByteCount: how many bytes the image must have, as far as that is known, whatever its length.
  ///   - geometry: the medium.
  ///   - staleSignatures: byte ranges of signatures that tools would still find on the medium.
  ///   - digest: which digest to take.
  ///   - claims: the checksums that the image is said to have.
  ///   - comparesImplanted: whether to compare a checksum inside of the image where nothing better speaks for it.
  ///   - requiresSignature: whether nothing but a good signature will do.
  ///   - probing: how to probe the capacity, if it is to be probed.
  ///   - map: which parts of the image are to be written; nil for all of it. It also tells its length.
  ///   - isDelta: whether the medium is read first, and only what differs is written.
  public init(
    imageLength: ImageLength, leastByteCount: UInt64? = nil, geometry: BlockGeometry,
    staleSignatures: [Range<UInt64>] = [], digest: DigestChoice, claims: [ChecksumClaim] = [],
    comparesImplanted: Bool = false, requiresSignature: Bool = false, probing: CapacityProbing? = nil,
    map: BlockMap? = nil, isDelta: Bool = false
  ) throws(WritePlanError) {
    let logical = geometry.logicalBlockSize
    let physical = geometry.physicalBlockSize
    guard logical >= 512, logical <= 65_536, logical.nonzeroBitCount == 1 else {
      throw .unsupportedBlockSize(logical: logical, physical: physical)
    }
    // A physical block size that makes no sense is not worth refusing a write that does not need it.
    let plausible = physical.nonzeroBitCount == 1 && physical >= logical && physical <= 65_536
    let alignment = max(4096, logical, plausible ? physical : logical)
    let capacity = geometry.byteCount.rounded(downTo: UInt64(logical))
    guard capacity > 0 else { throw .noCapacity }
    let selection = ClaimSelection(of: claims, besides: digest)
    if let algorithm = selection.algorithms.first(where: { MessageDigest($0) == nil }) {
      throw .digestForbidden(algorithm)
    }
    if let map { try Self.require(map, for: imageLength) }
    // R34: what is too large by its own account is refused before anything is written; only the end proves it.
    if let byteCount = map?.imageByteCount ?? imageLength.byteCount, byteCount > capacity {
      throw .tooLarge(
        image: map.map { ImageLength.stated($0.imageByteCount) } ?? imageLength, capacity: capacity)
    }
    // An image with holes is not looked at everywhere, and so as good as unknown to whoever chooses the places.
    let lookedAt = map == nil ? imageLength.byteCount ?? 0 : 0
    let probed =
      probing?.places(capacity: capacity, alignment: alignment, imageByteCount: lookedAt) ?? []
    let ballast =
      probing == nil
      ? []
      : Ballast.places(
        behind: map?.imageByteCount ?? imageLength.byteCount, capacity: capacity, alignment, besides: probed)
    let erased = Self.erased(
      capacity: capacity, blockSize: UInt64(logical), besides: staleSignatures + probed + ballast)
    if let byteCount = map?.imageByteCount ?? imageLength.exactByteCount {
      layout = WriteLayout(
        of: byteCount, capacity: capacity, alignment: alignment, erased: erased, map: map)
      guard layout != nil else { throw .empty }
    } else {
      layout = nil
    }
    self.imageLength = imageLength
    self.leastByteCount = leastByteCount
    self.digest = digest
    self.claims = selection
    self.requiresSignature = requiresSignature
    self.comparesImplanted = comparesImplanted && selection.compared.isEmpty
    self.map = map
    self.capacity = capacity
    self.alignment = alignment
    self.probing = probing
    self.isDelta = isDelta
    blockSize = logical
    probedPlaces = probed
    self.ballast = ballast
    zeroedRanges = Self.erased(capacity: capacity, blockSize: UInt64(logical), besides: staleSignatures)
    erasedRanges = erased
  }

  /// Where an image of this plan comes to lie that has been read to its end.
  /// - Returns: nil for an image that has no bytes or does not fit.
  func layout(of imageByteCount: UInt64) -> WriteLayout? {
    WriteLayout(
      of: imageByteCount, capacity: capacity, alignment: alignment, erased: erasedRanges, map: map)
  }

  /// Where the padding ends of an image that ends here (R35).
  func writtenEnd(of imageEnd: UInt64) -> UInt64 {
    WriteLayout.writtenEnd(of: imageEnd, capacity: capacity, alignment: alignment)
  }

  /// The most that is overwritten from the first byte on, whatever length the image turns out to have, in bytes.
  public var largestWrittenByteCount: UInt64 { layout?.writtenByteCount ?? capacity }

  /// Whether one of the marks comes to lie on an image of this length, or in the erased head, whatever the true size
  /// behind the image is at which a medium wraps.
  public func findsEveryWrap(behind imageByteCount: UInt64) -> Bool {
    let looked = max(imageByteCount, Self.edgeByteCount)
    guard let last = probedPlaces.last?.lowerBound else { return false }
    var lowest = last
    for place in probedPlaces.reversed() {
      guard lowest - place.lowerBound <= looked else { return false }
      lowest = place.lowerBound
      // From the upper half on down, see CapacityProbing.
      if lowest <= last / 2 + looked { return true }
    }
    return false
  }

  /// Whether digests of so many pieces can be kept (see ``MediumChunks``); true where their number is not known yet.
  public var hasFewChunks: Bool { layout.map { $0.bodyPieces.count < MediumChunks.mostPieces } ?? true }

  /// The most that is withheld: the head of an image that is no shorter, in bytes.
  var largestHeadByteCount: Int { Int(min(Self.edgeByteCount, capacity)) }

  /// Where reading the image ends at the latest: an image that goes on is too large, or is not the one of the map.
  var readingEnd: UInt64 { map.map { writtenEnd(of: $0.imageByteCount) } ?? capacity }

  /// The pieces in which the image is read; one that is shorter ends in one of them.
  var largestBody: BodyPieces { BodyPieces(start: UInt64(largestHeadByteCount), end: readingEnd) }

  /// A map must be of an image of this length, and its digests such as can be computed.
  private static func require(_ map: BlockMap, for length: ImageLength) throws(WritePlanError) {
    if let byteCount = length.byteCount, byteCount != map.imageByteCount {
      throw .map(.length(stated: map.imageByteCount, found: byteCount))
    }
    if let algorithm = map.algorithm, MessageDigest(algorithm) == nil { throw .digestForbidden(algorithm) }
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

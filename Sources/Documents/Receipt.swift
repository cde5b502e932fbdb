import BlockIO
package import Writer

/// Why a file is no receipt that burin can use.
public enum ReceiptDamage: Error, Hashable, Sendable {
  /// It is no JSON.
  case json(JSONError)
  /// It is JSON of something else.
  case notAReceipt
  /// A newer burin has written it.
  case unknownSchema
  /// What is there under a name is not what belongs there.
  case wrong(String)
}

/// What is known of a write, as a file that outlives it.
///
/// Whoever can write the file can write anything into it: it tells what a stick has lost by itself, and is no proof
/// against an attacker. Nothing in it decides what is written where.
public struct Receipt: Hashable, Sendable {
  /// How the write ended.
  package enum Result: String, Hashable, Sendable {
    /// It has not, or nobody could note it any more.
    case unfinished
    /// With an error.
    case failed
    /// With everything read back and equal.
    case proven
  }

  /// What the file says, as it says it.
  package private(set) var document: JSONValue
  /// When the write began, in seconds since 1970-01-01 UTC.
  package let time: Int64
  /// How it ended.
  package let result: Result
  /// The name of the image; foreign text.
  package let image: String
  /// The length of the image in bytes, where it is known.
  package let imageByteCount: UInt64?
  /// The SHA-256 of the image, 32 bytes, where it was taken.
  package let sha256: [UInt8]?
  /// Whether all of the image was written, not only what a map says of it.
  package let isWhole: Bool
  /// Whether the backup of the partition table was moved after that, so that the disk has another SHA-256.
  package let isTableMoved: Bool
  /// What was proven, piece by piece; nil where nothing was, or where it were too many pieces.
  package private(set) var chunks: MediumChunks?

  /// What the file says of itself.
  package static let kind = "write-receipt"
  /// How the digests are made: XXH3 with 128 bits, each in its canonical form.
  package static let chunkDigest = "xxh3-128"

  /// Understands a receipt that anybody may have written.
  public init(parsing bytes: [UInt8]) throws(ReceiptDamage) {
    let document: JSONValue
    do throws(JSONError) { document = try JSONParser.parse(bytes) } catch { throw .json(error) }
    guard document["kind"] == .string(Self.kind) else { throw .notAReceipt }
    guard document["schema"] == .unsigned(1) else { throw .unknownSchema }
    guard case .unsigned(let seconds)? = document["time"], let time = Int64(exactly: seconds),
      time < 1 << 40
    else {
      throw .wrong("time")
    }
    guard let result = document["result"]?.text.flatMap(Result.init) else { throw .wrong("result") }
    guard let image = document["image"]?["name"]?.text else { throw .wrong("image.name") }
    imageByteCount = try document["image"]?["bytes"]?.count("image.bytes")
    sha256 = try Self.digest(document["image"]?["sha256"])
    isWhole = document["image"]?["whole"] == .bool(true)
    isTableMoved = document["gpt"]?["result"] == "moved"
    let chunks = try Self.chunks(document["chunks"])
    guard result == .proven ? imageByteCount != nil : chunks == nil else { throw .wrong("chunks") }
    // What claims to be the whole image must tell of every byte of it (R45).
    if isWhole, let chunks, chunks.unbrokenByteCount < imageByteCount ?? 0 { throw .wrong("chunks") }
    try Self.requireMembers(of: document)
    self.chunks = chunks
    (self.document, self.time, self.result, self.image) = (document, time, result, image)
  }

  /// The length of the image in bytes and its SHA-256, where both are known and the disk has them too.
  package var sum: (byteCount: UInt64, sha256: [UInt8])? {
    guard isWhole, !isTableMoved, let imageByteCount, let sha256 else { return nil }
    return (imageByteCount, sha256)
  }

  /// How many bytes of the image a map has left out.
  package var unmappedByteCount: UInt64 {
    guard !isWhole, let chunks, let imageByteCount else { return 0 }
    let image = 0..<imageByteCount
    return chunks.extents.reduce(imageByteCount) { left, extent in
      let told = extent.clamped(to: image)
      return left - (told.upperBound - told.lowerBound)
    }
  }

  /// Lets the digests go, which are most of it.
  package mutating func forgetDigests() {
    chunks = nil
    if case .object(let members) = document { document = .object(members.filter { $0.key != "chunks" }) }
  }

  /// The size of the target in bytes, as it claimed to be; nil where that was not noted.
  package var targetByteCount: UInt64? {
    guard case .unsigned(let count)? = document["target"]?["bytes"] else { return nil }
    return count
  }

  /// The text of a field of the target; foreign.
  package func target(_ field: String) -> String? { document["target"]?[field]?.text }

  private static func digest(_ value: JSONValue?) throws(ReceiptDamage) -> [UInt8]? {
    guard let value, value != .null else { return nil }
    guard let digest = value.text.flatMap({ Array($0.utf8).fromHexadecimal }), digest.count == 32 else {
      throw .wrong("image.sha256")
    }
    return digest
  }

  private static func chunks(_ value: JSONValue?) throws(ReceiptDamage) -> MediumChunks? {
    guard let value, value != .null else { return nil }
    guard value["digest"] == .string(chunkDigest) else { throw .wrong("chunks.digest") }
    guard value["pieceBytes"] == .unsigned(MediumChunks.pieceByteCount) else {
      throw .wrong("chunks.pieceBytes")
    }
    guard case .array(let entries)? = value["extents"] else { throw .wrong("chunks.extents") }
    var extents: [Range<UInt64>] = []
    for entry in entries {
      guard case .array(let ends) = entry, ends.count == 2, case .unsigned(let start) = ends[0],
        case .unsigned(let end) = ends[1], start < end
      else { throw .wrong("chunks.extents") }
      extents.append(start..<end)
    }
    let width = ChunkDigest.byteCount
    guard let bytes = value["digests"]?.text.flatMap({ Array($0.utf8).fromHexadecimal }),
      bytes.count % width == 0
    else { throw .wrong("chunks.digests") }
    let digests = stride(from: 0, to: bytes.count, by: width).compactMap {
      ChunkDigest(bytes[$0..<($0 + width)])
    }
    guard let chunks = MediumChunks(extents: extents, digests: digests) else { throw .wrong("chunks") }
    return chunks
  }
}

extension JSONValue {
  /// A number of bytes; nil for null.
  fileprivate func count(_ field: String) throws(ReceiptDamage) -> UInt64? {
    switch self {
    case .null: return nil
    case .unsigned(let count): return count
    default: throw .wrong(field)
    }
  }
}

extension MediumChunks {
  /// The object `chunks` of a receipt.
  package var json: JSONValue {
    [
      "digest": JSONValue(Receipt.chunkDigest), "pieceBytes": JSONValue(Self.pieceByteCount),
      "extents": .array(
        extents.map { [JSONValue($0.lowerBound), JSONValue($0.upperBound)] as JSONValue }),
      "digests": JSONValue(digests.flatMap(\.bytes).hexadecimal),
    ]
  }
}

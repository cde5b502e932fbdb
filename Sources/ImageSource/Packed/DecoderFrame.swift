import Decompression
import Sandbox
import Unpacking

/// What a confined decoder says: frames, each with a header of ``headerByteCount`` bytes.
///
/// Whoever took the decoder over can say anything in this form: a wrong image at worst, as a wrong file would
/// give. So lengths are bounded, nothing is repeated or out of turn, and an end that is not said is none.
struct DecoderFrame: Hashable {
  /// What a frame says.
  enum Kind: UInt8, CaseIterable {
    /// The first one, and only that: a ``DecoderOpening``.
    case opening = 1
    /// The next bytes of the image, which lie in the next slot of the ring.
    case bytes
    /// Only how much of the file has been used.
    case progress
    /// The image is complete; one byte, whether all of it carries checksums.
    case end
    /// There will be no image: a ``PackedImageError``.
    case failure
    /// What is in a file that comes in order, once that is known and before its bytes: a ``DecoderOpening`` once more.
    case contents

    fileprivate var payloads: ClosedRange<Int> {
      switch self {
      case .opening, .contents: DecoderOpening.leastByteCount...DecoderOpening.mostByteCount
      case .bytes: 1...longestPayload
      case .progress: 0...0
      case .end: 1...1
      case .failure: 1...PackedImageError.longestPayload
      }
    }
  }

  /// What it says.
  let kind: Kind
  /// The number of bytes that follow the header, or lie in the ring.
  let payloadByteCount: Int
  /// How much of the file has been used, in bytes.
  let consumedByteCount: UInt64

  /// The length of a header in bytes: what every frame has, and how much was used.
  static let headerByteCount = FrameHeader.byteCount + 8
  /// The most bytes that a frame brings, and the size of a slot of the ring: the longest block of LZ4, which is decoded
  /// to its place where there is room.
  static let longestPayload = 4 << 20

  init(_ kind: Kind, payloadByteCount: Int, consumedByteCount: UInt64) {
    self.kind = kind
    self.payloadByteCount = payloadByteCount
    self.consumedByteCount = consumedByteCount
  }

  /// Reads a header; nil for anything that ``header`` never gives.
  init?(parsing header: [UInt8]) {
    guard header.count == Self.headerByteCount,
      let head = FrameHeader(parsing: header[..<FrameHeader.byteCount]), let kind = Kind(rawValue: head.kind),
      kind.payloads.contains(head.payloadByteCount)
    else { return nil }
    self.init(
      kind, payloadByteCount: head.payloadByteCount,
      consumedByteCount: UInt64(littleEndianBytes: header[FrameHeader.byteCount...]))
  }

  /// The header as bytes.
  var header: [UInt8] {
    FrameHeader(kind: kind.rawValue, payloadByteCount: payloadByteCount).bytes
      + consumedByteCount.littleEndianBytes
  }
}

/// What a decoder says before it decodes.
struct DecoderOpening: Hashable {
  /// What confines it.
  let confinement: Confinement
  /// What the file says of the length of the image, in bytes.
  let statedByteCount: UInt64?

  /// The name of the member that it decodes, foreign text; nil where the file is no archive.
  let member: String?

  /// What every process says first.
  static let leastByteCount = OpeningHead.byteCount
  /// The same, a one, and the longest name.
  static let mostByteCount = leastByteCount + 1 + MemberListing.Member.longestName

  init(confinement: Confinement, statedByteCount: UInt64?, member: String? = nil) {
    self.confinement = confinement
    self.statedByteCount = statedByteCount
    self.member = member
  }

  /// Reads an opening; nil for anything that ``bytes`` never gives.
  init?(parsing bytes: [UInt8]) {
    guard bytes.count >= Self.leastByteCount,
      let head = OpeningHead(parsing: bytes[..<Self.leastByteCount])
    else { return nil }
    (confinement, statedByteCount) = (head.confinement, head.length)
    let name = bytes[Self.leastByteCount...]
    guard name.first ?? 1 == 1 else { return nil }
    member = name.isEmpty ? nil : String(decoding: name.dropFirst(), as: UTF8.self)
  }

  /// The opening as bytes.
  var bytes: [UInt8] {
    let name = member.map { [1] + $0.utf8.prefix(MemberListing.Member.longestName) } ?? []
    return OpeningHead(confinement, statedByteCount).bytes + name
  }
}

import BlockIO

/// The number that a signature names its key by, of eight bytes (RFC 9580, section 5.5.4).
struct OpenPGPKeyID: Hashable, Sendable, CustomStringConvertible {
  let bytes: [UInt8]
  /// Sixteen digits, in capitals as GnuPG writes them.
  var description: String { bytes.hexadecimal.uppercased() }
}

/// A detached OpenPGP signature: packets of signatures, and nothing else.
struct SignaturePackets: Hashable, Sendable {
  /// More than any release has: Bitcoin's builders, each with a block of their own in one file, are some 25.
  private static let mostSignatures = 64

  /// The packets, as the verifier gets them.
  let bytes: [UInt8]
  /// What each signature says of itself, in their order.
  let signatures: [Named]

  /// What a signature says of itself.
  struct Named: Hashable, Sendable {
    /// The keys that it names as its own; none in some old ones.
    let keys: [OpenPGPKeyID]
    /// The number of its digest (RFC 9580, section 9.5).
    let digest: Int
    /// Whether it is of a text, whose ends of lines may change, and not of exactly these bytes.
    let isOfText: Bool

    /// - Parameter kind: the class of the signature; 0 for bytes, 1 for a text.
    /// - Returns: nil for one that is not for files, such as that of a signature over a key.
    init?(keys: [OpenPGPKeyID], digest: Int, kind: UInt8 = 0) {
      guard kind <= 1 else { return nil }
      self.keys = keys
      self.digest = digest
      isOfText = kind == 1
    }
  }

  /// Whether one of them is of a text.
  var areOfText: Bool { signatures.contains(where: \.isOfText) }

  /// All keys that are named, in the order of the signatures.
  var issuers: [OpenPGPKeyID] { signatures.flatMap(\.keys) }

  /// Reads signatures, binary or armoured; several blocks one after the other are the signatures of several keys, as
  /// gpgv takes them.
  /// - Returns: nil for anything else, in whole or in part: a message with a text of its own above all.
  init?(_ file: [UInt8]) {
    var packets = file
    if file.first.map({ $0 & 0x80 == 0 }) ?? true {
      guard let blocks = Armour.blocks(of: .signature, in: file) else { return nil }
      packets = blocks.flatMap(\.bytes)
    }
    var reader = PacketReader(packets)
    var signatures: [Named] = []
    while let packet = reader.next() {
      guard packet.kind == Packet.Kind.signature, signatures.count < Self.mostSignatures,
        let signature = Self.signature(in: packets, at: packet.body)
      else { return nil }
      signatures.append(signature)
    }
    guard reader.isAtEnd, !signatures.isEmpty else { return nil }
    bytes = packets
    self.signatures = signatures
  }

  /// Section 5.2.
  private static func signature(in packets: [UInt8], at body: Range<Int>) -> Named? {
    var reader = ByteCursor(packets, from: body.lowerBound, to: body.upperBound)
    guard let version = reader.byte() else { return nil }
    switch version {
    case 3:
      guard reader.number(byteCount: 1) == 5, let kind = reader.byte(), reader.bytes(4) != nil else {
        return nil
      }
      guard let key = reader.bytes(8), reader.byte() != nil, let digest = reader.byte() else { return nil }
      return Named(keys: [OpenPGPKeyID(bytes: key)], digest: Int(digest), kind: kind)
    case 4, 5, 6:
      guard let kind = reader.byte(), reader.byte() != nil, let digest = reader.byte() else { return nil }
      var keys: [OpenPGPKeyID] = []
      // What is signed of the signature itself, and what is not.
      for _ in 0..<2 {
        guard let length = reader.number(byteCount: version == 6 ? 4 : 2), let area = reader.range(length),
          let found = Subpacket.all(in: packets, at: area)
        else { return nil }
        for key in found.compactMap(\.issuer) where !keys.contains(key) { keys.append(key) }
      }
      return Named(keys: keys, digest: Int(digest), kind: kind)
    default: return nil
    }
  }
}

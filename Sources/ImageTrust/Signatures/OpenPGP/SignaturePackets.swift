import BlockIO

/// The number that a signature names its key by, of eight bytes (RFC 9580, section 5.5.4).
struct OpenPGPKeyID: Hashable, Sendable, CustomStringConvertible {
  let bytes: [UInt8]
  /// Sixteen digits, in capitals as GnuPG writes them.
  var description: String { bytes.hexadecimal.uppercased() }
}

/// A detached OpenPGP signature: packets of signatures, and nothing else.
struct SignaturePackets: Hashable, Sendable {
  /// Far more than any release has.
  private static let mostSignatures = 16

  /// The packets, as the verifier gets them.
  let bytes: [UInt8]
  /// The keys that each signature names, in their order; empty for one that names none.
  let issuers: [[OpenPGPKeyID]]

  /// Reads signatures, binary or armoured.
  /// - Returns: nil for anything else, in whole or in part: a message with a text of its own above all.
  init?(_ file: [UInt8]) {
    var packets = file
    if file.first.map({ $0 & 0x80 == 0 }) ?? true {
      guard let blocks = Armour.blocks(of: .signature, in: file), blocks.count == 1 else { return nil }
      packets = blocks[0].bytes
    }
    var reader = PacketReader(packets)
    var issuers: [[OpenPGPKeyID]] = []
    while let packet = reader.next() {
      guard packet.kind == Packet.Kind.signature, issuers.count < Self.mostSignatures,
        let keys = Self.issuers(of: packets, in: packet.body)
      else { return nil }
      issuers.append(keys)
    }
    guard reader.isAtEnd, !issuers.isEmpty else { return nil }
    bytes = packets
    self.issuers = issuers
  }

  /// Section 5.2: the key IDs of one signature.
  private static func issuers(of packets: [UInt8], in body: Range<Int>) -> [OpenPGPKeyID]? {
    var reader = ByteCursor(packets, from: body.lowerBound, to: body.upperBound)
    guard let version = reader.byte() else { return nil }
    switch version {
    case 3:
      guard reader.number(byteCount: 1) == 5, reader.bytes(5) != nil else { return nil }
      return reader.bytes(8).map { [OpenPGPKeyID(bytes: $0)] }
    case 4, 5, 6:
      guard reader.bytes(3) != nil else { return nil }
      var keys: [OpenPGPKeyID] = []
      // What is signed of the signature itself, and what is not.
      for _ in 0..<2 {
        guard let length = reader.number(byteCount: version == 6 ? 4 : 2), let area = reader.range(length),
          let found = subpackets(of: packets, in: area)
        else { return nil }
        for key in found where !keys.contains(key) { keys.append(key) }
      }
      return keys
    default: return nil
    }
  }

  /// Section 5.2.3.7; subpackets 16 and 33 name the issuer.
  private static func subpackets(of packets: [UInt8], in area: Range<Int>) -> [OpenPGPKeyID]? {
    var reader = ByteCursor(packets, from: area.lowerBound, to: area.upperBound)
    var keys: [OpenPGPKeyID] = []
    while !reader.isAtEnd {
      guard let first = reader.byte() else { return nil }
      let length: Int?
      switch first {
      case 0..<192: length = Int(first)
      case 192..<255: length = reader.byte().map { (Int(first) - 192) << 8 + Int($0) + 192 }
      default: length = reader.number(byteCount: 4)
      }
      guard let length, length > 0, let content = reader.bytes(length) else { return nil }
      switch (content[0] & 0x7F, content.count) {
      case (16, 9): keys.append(OpenPGPKeyID(bytes: Array(content[1...])))
      case (33, 22) where content[1] == 4: keys.append(OpenPGPKeyID(bytes: Array(content.suffix(8))))
      case (33, 34): keys.append(OpenPGPKeyID(bytes: Array(content[2..<10])))
      default: break
      }
    }
    return keys
  }
}

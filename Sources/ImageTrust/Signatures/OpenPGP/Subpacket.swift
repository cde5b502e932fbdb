/// A part of a signature that says something about it (RFC 9580, section 5.2.3.7).
struct Subpacket: Hashable, Sendable {
  let kind: UInt8
  let content: [UInt8]

  /// All of them in an area of a signature.
  /// - Returns: nil where they do not fill it exactly.
  static func all(in packets: [UInt8], at area: Range<Int>) -> [Subpacket]? {
    var reader = ByteCursor(packets, from: area.lowerBound, to: area.upperBound)
    var found: [Subpacket] = []
    while !reader.isAtEnd {
      guard let first = reader.byte() else { return nil }
      let length: Int?
      switch first {
      case 0..<192: length = Int(first)
      case 192..<255: length = reader.byte().map { (Int(first) - 192) << 8 + Int($0) + 192 }
      default: length = reader.number(byteCount: 4)
      }
      // The highest bit of the kind says that it must be understood.
      guard let length, length > 0, let kind = reader.byte(), let content = reader.bytes(length - 1) else {
        return nil
      }
      found.append(Subpacket(kind: kind & 0x7F, content: content))
    }
    return found
  }

  /// The key that made the signature, in those two kinds that name it.
  var issuer: OpenPGPKeyID? {
    switch (kind, content.count) {
    case (16, 8): OpenPGPKeyID(bytes: content)
    case (33, 21) where content[0] == 4: OpenPGPKeyID(bytes: Array(content.suffix(8)))
    case (33, 33): OpenPGPKeyID(bytes: Array(content[1..<9]))
    default: nil
    }
  }

  /// When the signature was made, in seconds since 1970.
  var creation: Int? {
    var reader = ByteCursor(content)
    return kind == 2 && content.count == 4 ? reader.number(byteCount: 4) : nil
  }
}

/// One packet of OpenPGP (RFC 9580, section 4).
struct Packet: Hashable, Sendable {
  /// The kinds that are looked at; all others are passed over.
  enum Kind {
    static let signature: UInt8 = 2
    static let secretKey: UInt8 = 5
    static let publicKey: UInt8 = 6
    static let userID: UInt8 = 13
    static let publicSubkey: UInt8 = 14
  }

  let kind: UInt8
  /// Where it begins, its header included.
  let start: Int
  let body: Range<Int>
}

/// The packets of a file, one after the other.
struct PacketReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Whether every byte belongs to a packet that was read.
  var isAtEnd: Bool { position == bytes.count }

  /// The next packet.
  /// - Returns: nil at the end, and where what follows is none or has no stated length.
  mutating func next() -> Packet? {
    let start = position
    var reader = ByteCursor(bytes, from: start)
    guard let header = reader.byte(), header & 0x80 != 0 else { return nil }
    let isNew = header & 0x40 != 0
    guard let length = isNew ? Self.newLength(&reader) : Self.oldLength(&reader, header & 3),
      let body = reader.range(length)
    else { return nil }
    position = body.upperBound
    return Packet(kind: isNew ? header & 0x3F : header >> 2 & 0x0F, start: start, body: body)
  }

  /// Section 4.2.1; partial lengths are for data, not for keys and signatures.
  private static func newLength(_ reader: inout ByteCursor) -> Int? {
    guard let first = reader.byte() else { return nil }
    switch first {
    case 0..<192: return Int(first)
    case 192..<224: return reader.byte().map { (Int(first) - 192) << 8 + Int($0) + 192 }
    case 255: return reader.number(byteCount: 4)
    default: return nil
    }
  }

  /// Section 4.2.2; an indeterminate length is for data as well.
  private static func oldLength(_ reader: inout ByteCursor, _ kind: UInt8) -> Int? {
    kind == 3 ? nil : reader.number(byteCount: 1 << Int(kind))
  }
}

/// Bytes that are read from left to right, numbers with their highest byte first.
struct ByteCursor {
  private let bytes: [UInt8]
  private let end: Int
  private(set) var position: Int

  /// - Parameter range: the part that is read; everything from its beginning on by default.
  init(_ bytes: [UInt8], from start: Int = 0, to end: Int? = nil) {
    self.bytes = bytes
    self.end = min(end ?? bytes.count, bytes.count)
    position = start
  }

  var isAtEnd: Bool { position >= end }

  mutating func byte() -> UInt8? { number(byteCount: 1).map { UInt8(truncatingIfNeeded: $0) } }

  /// A number of up to four bytes.
  mutating func number(byteCount: Int) -> Int? {
    range(byteCount).map { $0.reduce(0) { $0 << 8 | Int(bytes[$1]) } }
  }

  /// Where the next bytes lie; nil where there are fewer.
  mutating func range(_ count: Int) -> Range<Int>? {
    guard count >= 0, position <= end, count <= end - position else { return nil }
    defer { position += count }
    return position..<position + count
  }

  /// The next bytes; nil where there are fewer.
  mutating func bytes(_ count: Int) -> [UInt8]? { range(count).map { Array(bytes[$0]) } }

  /// Bytes behind their number, which has four bytes itself (RFC 4251, section 5).
  mutating func string() -> [UInt8]? {
    guard let count = number(byteCount: 4) else { return nil }
    return bytes(count)
  }
}

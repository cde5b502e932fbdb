/// OpenPGP in letters (RFC 9580, section 6.2): one block of a text.
struct Armour: Hashable, Sendable {
  /// What a block says that it holds.
  enum Kind: String, Sendable, CaseIterable {
    case signature = "SIGNATURE"
    case publicKey = "PUBLIC KEY BLOCK"
    case privateKey = "PRIVATE KEY BLOCK"
    case signedText = "SIGNED MESSAGE"
    case message = "MESSAGE"

    /// The kind that a line begins a block of.
    init?(beginning line: ArraySlice<UInt8>) {
      guard let rest = line.trimmingBlanksAtEnd.after("-----BEGIN PGP ") else { return nil }
      let known = Self.allCases.first { rest.elementsEqual(Array(($0.rawValue + "-----").utf8)) }
      guard let known else { return nil }
      self = known
    }

    /// Whether a line ends a block of this kind.
    func isEnded(by line: ArraySlice<UInt8>) -> Bool {
      line.trimmingBlanksAtEnd.elementsEqual(Array("-----END PGP \(rawValue)-----".utf8))
    }
  }

  let kind: Kind
  let bytes: [UInt8]
  /// The number of the line behind it.
  let end: Int

  /// Reads the block that begins in a line.
  /// - Returns: nil where it has no end, holds anything but Base64, or differs from its own checksum.
  init?(_ lines: TextLines, at start: Int) {
    guard start < lines.count, let kind = Kind(beginning: lines[start]) else { return nil }
    var index = start + 1
    // Headers such as `Version:` and `Hash:`, to the first empty line; they are not signed, and nothing is made of them.
    while index < lines.count, !lines[index].trimmingBlanksAtEnd.isEmpty {
      guard lines[index].contains(UInt8(ascii: ":")) else { return nil }
      index += 1
    }
    var letters: [UInt8] = []
    var checksum: [UInt8]?
    index += 1
    while index < lines.count, !kind.isEnded(by: lines[index]) {
      let line = lines[index].trimmingBlanksAtEnd
      guard checksum == nil else { return nil }
      if line.count == 5, let digits = line.after("=") {
        checksum = Base64.decode(digits)
      } else {
        letters += line
      }
      index += 1
    }
    guard index < lines.count, let bytes = Base64.decode(letters) else { return nil }
    if let checksum, checksum != Self.checksum(bytes) { return nil }
    self.kind = kind
    self.bytes = bytes
    end = index + 1
  }

  /// All blocks of one kind in a text, whatever stands between them.
  /// - Returns: nil where one of them is broken.
  static func blocks(of kind: Kind, in text: [UInt8]) -> [Armour]? {
    guard let lines = TextLines(text) else { return nil }
    var blocks: [Armour] = []
    var index = 0
    while index < lines.count {
      guard Kind(beginning: lines[index]) == kind else {
        index += 1
        continue
      }
      guard let block = Armour(lines, at: index) else { return nil }
      blocks.append(block)
      index = block.end
    }
    return blocks
  }

  /// CRC-24 (RFC 9580, section 6.1.1), the first byte first.
  static func checksum(_ bytes: [UInt8]) -> [UInt8] {
    var value: UInt32 = 0xB704CE
    for byte in bytes {
      value ^= UInt32(byte) << 16
      for _ in 0..<8 {
        value <<= 1
        if value & 0x100_0000 != 0 { value ^= 0x186_4CFB }
      }
    }
    return [16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
  }
}

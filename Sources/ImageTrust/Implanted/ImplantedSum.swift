import BlockIO

/// A checksum inside an ISO 9660 image, in the bytes of its volume descriptor that are left to applications.
///
/// ```
///      0    512                 32768   33651 + 512           signature + 64               length
///      | MBR |        …        | PVD … | this text |    …     | mark | signature |    …    | pad |
/// SUSE | 00  |   as it is      |       |  spaces   |          |      |    00     |         | 00  |
/// RH   |     as it is          |       |  spaces   |          |       as it is             | not |
/// ```
///
/// The text is a list of keys and values: of isomd5sum (`ISO MD5SUM`, `SKIPSECTORS`), or of openSUSE's tagmedia
/// (`sha256sum`, `pad`, `signature`). Anybody can make one that is right: it tells damage, never an origin.
public struct ImplantedSum: Hashable, Sendable {
  /// Who makes such checksums.
  public enum Maker: String, Hashable, Sendable {
    /// implantisomd5 of isomd5sum: Fedora, Red Hat and their relatives.
    case isomd5sum
    /// tagmedia of checkmedia: openSUSE and SUSE.
    case checkmedia
  }

  /// What a range counts as, whatever it holds.
  struct Filling: Hashable {
    let range: Range<UInt64>
    let byte: UInt8
  }

  /// Who has made it.
  public let maker: Maker
  /// The checksum.
  public let checksum: ExpectedChecksum
  /// How much of the image counts, in bytes.
  public let byteCount: UInt64
  /// What counts as something else; ascending, disjoint.
  let fillings: [Filling]

  private static let descriptor = 32_768
  private static let textOffset = descriptor + 883
  private static let textByteCount = 512
  /// How much of the beginning tells whether there is one, in bytes.
  public static let neededByteCount = descriptor + 2048

  /// Looks for a checksum in the beginning of an image; nil where there is none that can be compared.
  public init?(in beginning: RawSpan) {
    guard beginning.byteCount >= Self.neededByteCount else { return nil }
    var bytes: [UInt8] = []
    bytes.append(beginning.extracting(Self.descriptor..<Self.neededByteCount))
    self.init(descriptor: bytes)
  }

  /// Reads the volume descriptor at byte 32768.
  private init?(descriptor bytes: [UInt8]) {
    // ECMA-119, 8.4: type, identifier, version; the volume's length in both byte orders.
    guard bytes.starts(with: [1] + Array("CD001".utf8) + [1]) else { return nil }
    let little = (0..<4).reduce(UInt64(0)) { $0 | UInt64(bytes[80 + $1]) << UInt64(8 * $1) }
    let big = (0..<4).reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[84 + $1]) }
    guard little == big, little > 0 else { return nil }
    let start = Self.textOffset - Self.descriptor
    let tags = Self.tags(bytes[start..<(start + Self.textByteCount)])
    let text = Filling(
      range: UInt64(Self.textOffset)..<UInt64(Self.textOffset + Self.textByteCount), byte: UInt8(ascii: " "))
    if let digits = tags["iso md5sum"] {
      guard let checksum = Self.checksum(.md5, digits), let skipped = Self.number(tags["skipsectors"] ?? "0"),
        skipped < little, (little - skipped) * 2048 > text.range.upperBound
      else { return nil }
      self.init(.isomd5sum, checksum, (little - skipped) * 2048, [text])
      return
    }
    let known: [DigestAlgorithm] = [.md5, .sha1, .sha224, .sha256, .sha384, .sha512]
    for algorithm in known {
      guard let digits = tags["\(algorithm.rawValue)sum"], let checksum = Self.checksum(algorithm, digits)
      else { continue }
      guard let pad = Self.number(tags["pad"] ?? "0"), pad < little,
        (little - pad) * 2048 > text.range.upperBound,
        let fillings = Self.fillings(text, length: little * 2048, pad: pad * 2048, tags["signature"])
      else { return nil }
      self.init(.checkmedia, checksum, little * 2048, fillings)
      return
    }
    return nil
  }

  private init(_ maker: Maker, _ checksum: ExpectedChecksum, _ byteCount: UInt64, _ fillings: [Filling]) {
    self.maker = maker
    self.checksum = checksum
    self.byteCount = byteCount
    self.fillings = fillings
  }

  /// The boot code, which isohybrid changes; the text; the signature, but for its mark; the padding.
  private static func fillings(
    _ text: Filling, length: UInt64, pad: UInt64, _ signature: String?
  ) -> [Filling]? {
    var fillings = [Filling(range: 0..<512, byte: 0), text]
    let end = length - pad
    if let signature {
      // In blocks of 512 bytes; 0 means that there is none.
      guard let block = number(signature) else { return nil }
      let start = block * 512 + 64
      if block > 0, start < end {
        guard start >= text.range.upperBound else { return nil }
        fillings.append(Filling(range: start..<min(start + 2048 - 64, end), byte: 0))
      }
    }
    if pad > 0 { fillings.append(Filling(range: end..<length, byte: 0)) }
    return fillings
  }

  /// What stands between the semicolons, as `key = value`, by the key in lower case; the first of a name counts.
  private static func tags(_ text: ArraySlice<UInt8>) -> [String: String] {
    var tags: [String: String] = [:]
    for part in text.split(separator: UInt8(ascii: ";")) {
      guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let key = trimmed(part[..<equals]).lowercased()
      if tags[key] == nil { tags[key] = trimmed(part[(equals + 1)...]) }
    }
    return tags
  }

  private static func trimmed(_ part: ArraySlice<UInt8>) -> String {
    let blanks: Set<UInt8> = [UInt8(ascii: " "), UInt8(ascii: "\n"), 0]
    var part = part.drop(while: blanks.contains)
    while let last = part.last, blanks.contains(last) { part.removeLast() }
    return String(decoding: part, as: UTF8.self)
  }

  private static func checksum(_ algorithm: DigestAlgorithm, _ digits: String) -> ExpectedChecksum? {
    Hexadecimal.bytes(Array(digits.utf8)[...]).flatMap { try? ExpectedChecksum(algorithm, $0) }
  }

  /// A decimal number below 2^32, as the numbers of blocks of a volume are.
  private static func number(_ digits: String) -> UInt64? { UInt32(digits).map(UInt64.init) }
}

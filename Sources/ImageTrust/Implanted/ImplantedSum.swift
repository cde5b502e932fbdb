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
  /// Where a signature may lie, as the text says; nil where there is no place for one.
  let signaturePlace: Range<UInt64>?
  /// Whether something lies there; known when the bytes were seen, and never judged here.
  public internal(set) var isSigned = false

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
    let little: UInt64 = bytes[80..<84].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    let big: UInt64 = bytes[84..<88].reduce(0) { $0 << 8 | UInt64($1) }
    guard little == big, little > 0 else { return nil }
    let start = Self.textOffset - Self.descriptor
    let tags = Self.tags(bytes[start..<(start + Self.textByteCount)])
    let text = Filling(
      range: UInt64(Self.textOffset)..<UInt64(Self.textOffset + Self.textByteCount), byte: UInt8(ascii: " "))
    guard let (isOfRedHat, checksum) = Self.sum(in: tags) else { return nil }
    // Each kind has its own key for the end that does not count.
    guard let left = Self.number(Self.value("skipsectors", tags) ?? "0"),
      let padding = Self.number(Self.value("pad", tags) ?? "0")
    else { return nil }
    let counted = isOfRedHat ? left : padding
    guard counted < little, (little - counted) * 2048 > text.range.upperBound else { return nil }
    let end = (little - counted) * 2048
    guard let signature = Self.signature(Self.value("signature", tags), from: text.range.upperBound, to: end)
    else { return nil }
    if isOfRedHat {
      self.init(.isomd5sum, checksum, end, [text] + signature, signature.first?.range)
    } else {
      let pad = counted > 0 ? [Filling(range: end..<little * 2048, byte: 0)] : []
      self.init(
        .checkmedia, checksum, little * 2048, [Filling(range: 0..<512, byte: 0), text] + signature + pad,
        signature.first?.range)
    }
  }

  /// The digest, and whether it is named as Red Hat does; of several the last one counts, as with checkmedia.
  private static func sum(in tags: [Tag]) -> (isOfRedHat: Bool, ExpectedChecksum)? {
    let known: [DigestAlgorithm] = [.md5, .sha1, .sha224, .sha256, .sha384, .sha512]
    for tag in tags.reversed() {
      let isOfRedHat = tag.key.hasPrefix("iso ")
      let name = isOfRedHat ? String(tag.key.dropFirst(4)) : tag.key
      guard let algorithm = known.first(where: { name == "\($0.rawValue)sum" }) else { continue }
      return checksum(algorithm, tag.value).map { (isOfRedHat, $0) }
    }
    return nil
  }

  private init(
    _ maker: Maker, _ checksum: ExpectedChecksum, _ byteCount: UInt64, _ fillings: [Filling],
    _ signaturePlace: Range<UInt64>?
  ) {
    self.maker = maker
    self.checksum = checksum
    self.byteCount = byteCount
    self.fillings = fillings
    self.signaturePlace = signaturePlace
  }

  /// The signature, but for its mark; it was made after the digest.
  /// - Parameter digits: its place in blocks of 512 bytes; 0 means that there is none.
  private static func signature(_ digits: String?, from start: UInt64, to end: UInt64) -> [Filling]? {
    guard let digits else { return [] }
    guard let block = number(digits) else { return nil }
    let place = block * 512 + 64
    guard block > 0, place < end else { return [] }
    return place >= start ? [Filling(range: place..<min(place + 2048 - 64, end), byte: 0)] : nil
  }

  /// A key, in lower case, and its value.
  private typealias Tag = (key: String, value: String)

  /// What stands between the semicolons, as `key = value`.
  private static func tags(_ text: ArraySlice<UInt8>) -> [Tag] {
    text.split(separator: UInt8(ascii: ";")).compactMap { part in
      guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      return (trimmed(part[..<equals]).lowercased(), trimmed(part[(equals + 1)...]))
    }
  }

  private static func value(_ key: String, _ tags: [Tag]) -> String? { tags.last { $0.key == key }?.value }

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

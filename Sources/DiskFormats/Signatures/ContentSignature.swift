public import BlockIO

/// What bytes are by their magic numbers, when they are not plainly a disk or an ISO.
public struct ContentSignature: Hashable, Sendable {
  /// What kind of thing it is, which decides what to do with it.
  public enum Category: String, Hashable, Sendable, CaseIterable {
    /// A compressed stream: decompress it.
    case compressed
    /// An archive: a member of it may be the image.
    case archive
    /// A container that is not the disk's bytes: convert it.
    case container
    /// A file system that begins at byte 0.
    case fileSystem
    /// Something that nobody writes onto a stick.
    case notAnImage
    /// Nothing, or nothing but zeroes.
    case empty
  }

  /// A stable name, such as `gzip`, `qcow2`, `ext` or `html`.
  public var id: String
  /// What kind of thing it is.
  public var category: Category
  /// Where the magic stands, in bytes.
  public var offset: UInt64

  /// Creates a signature that was found.
  public init(id: String, category: Category, offset: UInt64) {
    self.id = id
    self.category = category
    self.offset = offset
  }

  /// Everything that bytes could be, the most telling first; empty where nothing is recognised.
  ///
  /// A FAT file system comes under `fat12`, `fat16` or `fat32`. Text and zeroes are only looked for where
  /// nothing else is found.
  ///
  /// - Throws: only where the bytes cannot be had.
  public static func all(in bytes: some RandomAccessBytes) throws(FormatError) -> [ContentSignature] {
    if bytes.byteCount == 0 { return [.init(id: "empty", category: .empty, offset: 0)] }
    let head = try bytes.prefixReader(at: 0, upTo: headByteCount)
    let tail =
      try unlessUnseen { () throws(FormatError) in
        try bytes.prefixReader(at: bytes.byteCount.subtracting(512) ?? 0, upTo: 512)
      } ?? ByteReader([])
    var found: [ContentSignature] = []
    for magic in Magic.table where magic.matches(head) {
      found.append(.init(id: magic.id, category: magic.category, offset: UInt64(magic.offset)))
    }
    found += inTail(tail)
    if let btrfs = try bytes.prefixReader(at: 0x1_0040, upTo: 8).asMagic(of: "_BHRfS_M") {
      found.append(.init(id: "btrfs", category: .fileSystem, offset: btrfs))
    }
    if let fat = try? FATBootSector(parsing: head), let first = head.bytes.first,
      first == 0xEB || first == 0xE9 || first == 0
    {
      found.append(.init(id: fat.kind.rawValue.lowercased(), category: .fileSystem, offset: 0))
    }
    if found.isEmpty, let text = Self.text(head) { found.append(text) }
    if found.isEmpty, try isZero(head, tail, in: bytes) {
      found.append(.init(id: "zeroes", category: .empty, offset: 0))
    }
    return found
  }

  /// Enough for every magic number but btrfs'.
  static let headByteCount = 8192

  /// Trailers: the fixed VHD's footer and the disk image of macOS are known by their last 512 bytes alone.
  private static func inTail(_ tail: ByteReader) -> [ContentSignature] {
    var found: [ContentSignature] = []
    if tail.has("conectix", at: 0) { found.append(.init(id: "vhd", category: .container, offset: tail.base)) }
    if tail.has("NER5", at: 500) || tail.has("NERO", at: 504) {
      found.append(.init(id: "nrg", category: .container, offset: tail.base))
    }
    if tail.has("cdsaencr", at: 504) {
      found.append(.init(id: "dmg-encrypted", category: .container, offset: tail.base))
    }
    if tail.has("koly", at: 0) { found.append(.init(id: "dmg", category: .container, offset: tail.base)) }
    return found
  }

  /// Whether the beginning, the end and the first mebibyte are zero; the rest is not read.
  private static func isZero(
    _ head: ByteReader, _ tail: ByteReader, in bytes: some RandomAccessBytes
  ) throws(FormatError) -> Bool {
    guard head.isZero(in: 0..<head.count), tail.isZero(in: 0..<tail.count) else { return false }
    let more = try bytes.prefixReader(at: 0, upTo: 1 << 20)
    return more.isZero(in: 0..<more.count)
  }
}

extension ByteReader {
  /// Where this reader lies if it begins with the text.
  fileprivate func asMagic(of text: StaticString) -> UInt64? { has(text, at: 0) ? base : nil }
}

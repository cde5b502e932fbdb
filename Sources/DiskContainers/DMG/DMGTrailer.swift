/// The last 512 bytes of a DMG.
///
/// ```
///  0 "koly"  4 version (4)  8 length (4)  24 data fork: offset (8), length (8)  56 segment (4)  60 segments (4)
/// 216 property list: offset (8), length (8)  352 checksum: type (4), bits (4), value  492 sectors (8)
/// ```
/// Source: libdmg-hfsplus, includes/dmg/dmg.h, `UDIFResourceFile`; the highest byte comes first.
struct DMGTrailer: Hashable, Sendable {
  static let byteCount = 512

  /// Where the packed pieces are counted from, in bytes.
  let dataOffset: UInt64
  /// Where the property list lies, in bytes.
  let list: Range<UInt64>
  /// The CRC-32 of the checksums of all parts; nil where there is none.
  let checksum: UInt32?
  /// The length of the disk in bytes.
  let byteCount: UInt64
  /// Where the trailer lies, in bytes.
  let offset: UInt64

  private static let crc32: UInt32 = 2
  /// A hundred thousand pieces, of a quarter of a megabyte and more.
  private static let longestList: UInt64 = 8 << 20

  init(in file: MetadataReader) throws(ContainerError) {
    guard file.byteCount >= UInt64(Self.byteCount) else { throw .cutOff(.footer, offset: file.byteCount) }
    offset = file.byteCount - UInt64(Self.byteCount)
    let fields = try file.structure(at: offset, count: Self.byteCount, of: .footer)
    guard fields.has("koly", at: 0) else { throw .damaged(.footer, offset: offset) }
    guard fields.big(UInt32.self, at: 4) == 4 else { throw .needs(.feature) }
    guard fields.big(UInt32.self, at: 60) <= 1 else { throw .needs(.dataFile) }
    dataOffset = fields.big(at: 24)
    let (start, length): (UInt64, UInt64) = (fields.big(at: 216), fields.big(at: 224))
    // Its description lies in a resource fork, as it was done before 2001.
    guard length > 0 else { throw .needs(.feature) }
    guard length <= Self.longestList else { throw .tooLong(.descriptor, byteCount: length) }
    try file.requireWithin(start, count: length, of: .descriptor)
    list = start..<start + length
    checksum = fields.big(UInt32.self, at: 352) == Self.crc32 ? fields.big(at: 360) : nil
    let sectors: UInt64 = fields.big(at: 492)
    guard sectors <= GuestDisk.longest / 512 else { throw .tooLong(.length, byteCount: sectors) }
    byteCount = sectors * 512
    guard dataOffset <= offset else { throw .damaged(.footer, offset: offset + 24) }
  }
}

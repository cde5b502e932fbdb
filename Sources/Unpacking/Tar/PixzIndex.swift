import Decompression

/// What pixz puts behind a tar archive, in a block of its own in the xz file: where in the archive each file begins.
///
/// It is no part of the archive, and every tar passes it, since it follows the end. Each file has its name, a zero, and
/// its place in 8 bytes, the lowest first; an empty name has the place at which the archive ends (pixz 1.0.7, `write.c`,
/// `write_file_index`).
enum PixzIndex {
  /// What it begins with, `PIXZ_INDEX_MAGIC`, the lowest byte first.
  private static let magic: [UInt8] = [0xA6, 0x4C, 0x32, 0x2E, 0xD6, 0x14, 0xAE, 0xDB]
  /// More than that of any archive around an image takes, in bytes.
  static let longest = 4 << 20

  /// Whether bytes are one to their last, of an archive that is as long as it says.
  static func isIndex(_ bytes: ArraySlice<UInt8>, of archiveByteCount: UInt64) -> Bool {
    guard bytes.starts(with: magic) else { return false }
    var rest = bytes.dropFirst(magic.count)
    var last: UInt64 = 0
    while let end = rest.firstIndex(of: 0) {
      let isName = end > rest.startIndex
      let number = rest[(end + 1)...].prefix(8)
      guard number.count == 8 else { return false }
      let place = UInt64(littleEndianBytes: number)
      rest = rest[number.endIndex...]
      guard isName else { return place == archiveByteCount && rest.isEmpty }
      // In the order of the archive, and inside of it.
      guard place >= last, place < archiveByteCount else { return false }
      last = place
    }
    return false
  }
}

import BlockIO
import SystemPackage
import Unpacking

/// Tells by a few bytes whether a file may be an image, or hold one; what it is in truth, an inspection says.
enum ImageLikeness {
  /// More than all that is looked at.
  private static let budget = 1 << 20

  /// Whether a file may be an image; one that cannot be read is none.
  static func isImage(_ path: FilePath) -> Bool {
    guard let file = try? FileBytes(opening: path, budget: budget) else { return false }
    return (try? isImage(file)) ?? false
  }

  /// Whether bytes may be an image: packed in any way, a disc, or a disk with something to boot or a table.
  static func isImage(_ bytes: some RandomAccessBytes) throws(ByteReadError) -> Bool {
    if try PackedFormat(of: bytes) != nil { return true }
    if try isDisc(bytes) { return true }
    return try isDisk(bytes)
  }

  /// ECMA-119 and ECMA-167: the identifier of the first volume descriptor, at sector 16.
  private static func isDisc(_ bytes: some RandomAccessBytes) throws(ByteReadError) -> Bool {
    let identifier = try bytes.prefix(at: 16 * 2048 + 1, upTo: 5)
    return identifier == Array("CD001".utf8) || identifier == Array("BEA01".utf8)
  }

  /// The mark of a boot sector, which a GPT has in front of it too; or the map of an Apple disk.
  private static func isDisk(_ bytes: some RandomAccessBytes) throws(ByteReadError) -> Bool {
    if try bytes.prefix(at: 510, upTo: 2) == [0x55, 0xAA] { return true }
    return try bytes.prefix(at: 512, upTo: 2) == Array("PM".utf8)
  }
}

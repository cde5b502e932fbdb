import BlockIO
import Decompression

/// The first 32 bytes of a 7z file, which tell where its directory lies (7zFormat.txt, "SignatureHeader").
struct SevenZipStart {
  static let magic: [UInt8] = [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]
  static let byteCount = 32
  /// More than the directory of an archive with an image in it has, in bytes.
  static let longest: UInt64 = 16 << 20

  /// Where the directory lies, in bytes.
  let directory: Range<UInt64>
  /// The CRC-32 that it must have.
  let checksum: UInt32

  /// Reads the start of a file, whose end is the end of the directory.
  init(of file: any PackedInput) throws(UnpackingError) {
    let bytes = try file.piece(at: 0, count: Self.byteCount)
    guard bytes.starts(with: Self.magic) else { throw .decoding(.corrupt(offset: 0), layer: 0) }
    guard UInt32(bytes[...].number(8, 4)) == ContentSum(of: Array(bytes[12...])).value else {
      throw .decoding(.checksumWrong(offset: UInt64(Self.byteCount)), layer: 0)
    }
    guard bytes[6] == 0 else { throw .decoding(.unsupported(.method, offset: 6), layer: 0) }
    let (offset, count) = (bytes[...].number(12, 8), bytes[...].number(20, 8))
    checksum = UInt32(bytes[...].number(28, 4))
    let (start, overflows) = offset.addingReportingOverflow(UInt64(Self.byteCount))
    let (end, overflowsToo) = start.addingReportingOverflow(count)
    guard !overflows, !overflowsToo, end <= file.byteCount else {
      throw .decoding(.truncated(offset: file.byteCount), layer: 0)
    }
    guard end == file.byteCount else { throw .decoding(.trailingGarbage(offset: end), layer: 0) }
    guard count <= Self.longest else {
      throw .decoding(.memoryLimit(needed: count, allowed: Self.longest), layer: 0)
    }
    directory = start..<end
  }
}

import BlockIO
import Decompression

/// The image in a zip file.
struct ZipArchive {
  private let file: any PackedInput
  private let directory: ZipDirectory
  private let limits: DecodingLimits
  private let watch: UnpackingWatch
  private let chosen: Int

  /// The member that is the image.
  var member: ArchiveMember { directory.entries[chosen].member }

  /// Reads the directory and chooses.
  init(
    _ file: any PackedInput, named name: String?, _ limits: DecodingLimits, _ watch: UnpackingWatch
  ) throws(UnpackingError) {
    let directory = try ZipDirectory(of: file)
    chosen = try MemberChoice.choose(
      directory.entries.map(\.member), named: name,
      beginning: { index throws(UnpackingError) in
        guard !directory.entries[index].isEncrypted else { return nil }
        let feed = try Self.open(directory.entries[index], directory, file, limits, watch.beside)
        return try feed.bytes(MemberChoice.beginningByteCount)
      })
    (self.file, self.directory, self.limits, self.watch) = (file, directory, limits, watch)
  }

  /// The bytes of the image.
  func open() throws(UnpackingError) -> any ByteFeed {
    try Self.open(directory.entries[chosen], directory, file, limits, watch)
  }

  private static func open(
    _ entry: ZipEntry, _ directory: ZipDirectory, _ file: any PackedInput, _ limits: DecodingLimits,
    _ watch: UnpackingWatch
  ) throws(UnpackingError) -> any ByteFeed {
    guard !entry.isEncrypted else { throw .archive(.encrypted) }
    let range = try entry.data(in: file, before: directory.start)
    let raw = FileFeed(file, range, watch)
    let decoded: any ByteFeed =
      try entry.method == 0 ? raw : decoder(for: entry, range.lowerBound, raw, limits, watch)
    return CheckedFeed(
      decoded, byteCount: entry.byteCount, checksum: entry.checksum, requiresEnd: true,
      endingAt: range.upperBound, layer: 0)
  }

  /// What decodes a member; every method is that of a format of its own, but for what stands around it.
  private static func decoder(
    for entry: ZipEntry, _ start: UInt64, _ raw: FileFeed, _ limits: DecodingLimits, _ watch: UnpackingWatch
  ) throws(UnpackingError) -> any ByteFeed {
    switch entry.method {
    case 8:
      // A gzip file but for its header and trailer (RFC 1952): with these its decoder checks what it does there.
      let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
      let trailer =
        entry.checksum.littleEndianBytes + UInt32(truncatingIfNeeded: entry.byteCount).littleEndianBytes
      return try feed(FramedFeed(header, raw, trailer), .gzip, limits, watch) {
        start + min(max($0, 10) - 10, entry.packedByteCount)
      }
    case 12: return try feed(raw, .bzip2, limits, watch) { start + $0 }
    case 14: return try lzma(entry, start, raw, limits, watch)
    case 93, 20: return try feed(raw, .zstd, limits, watch) { start + $0 }
    case 95: return try feed(raw, .xz, limits, watch) { start + $0 }
    default: throw .decoding(.unsupported(.method, offset: entry.headerOffset), layer: 0)
    }
  }

  private static func feed(
    _ source: any ByteFeed, _ format: CompressionFormat, _ limits: DecodingLimits, _ watch: UnpackingWatch,
    isOnlyMember: Bool = false, _ place: @escaping (UInt64) -> UInt64
  ) throws(UnpackingError) -> any ByteFeed {
    let decompressor: Decompressor
    do throws(DecodingError) {
      decompressor = try Decompressor(format, limits: limits, isOnlyMember: isOnlyMember)
    } catch { throw .decoding(error, layer: 0) }
    return DecompressingFeed(source, decompressor, watch, layer: 0, place: place)
  }

  /// LZMA with a header of zip's own, two bytes of version and two of length before the properties (APPNOTE 5.8.8).
  private static func lzma(
    _ entry: ZipEntry, _ start: UInt64, _ raw: FileFeed, _ limits: DecodingLimits, _ watch: UnpackingWatch
  ) throws(UnpackingError) -> any ByteFeed {
    let header = try raw.bytes(9)
    guard header.count == 9, header[2...3].elementsEqual([5, 0]) else {
      throw .decoding(.unsupported(.method, offset: start), layer: 0)
    }
    // Bit 1 says that the stream has a mark at its end.
    let length = entry.flags & 0x0002 != 0 ? UInt64.max : entry.byteCount
    let head = Array(header[4...]) + length.littleEndianBytes
    return try feed(FramedFeed(head, raw), .lzma, limits, watch, isOnlyMember: true) {
      start + ($0 > 4 ? $0 - 4 : 0)
    }
  }
}

import BlockIO
import Decompression

/// The image in a 7z file.
struct SevenZipArchive {
  private let file: any PackedInput
  private let directory: SevenZipDirectory
  private let limits: DecodingLimits
  private let watch: UnpackingWatch
  private let chosen: Int

  /// How far a folder is unpacked to look at a member in it, in bytes.
  private static let farthest: UInt64 = 16 << 20

  /// The member that is the image.
  var member: ArchiveMember { directory.members[chosen] }

  /// Reads the directory and chooses.
  init(
    _ file: any PackedInput, named name: String?, _ limits: DecodingLimits, _ watch: UnpackingWatch
  ) throws(UnpackingError) {
    let directory = try SevenZipDirectory(of: file, limits, watch)
    chosen = try MemberChoice.choose(
      directory.members, named: name,
      beginning: { index throws(UnpackingError) in
        guard let place = directory.places[index], place.offset <= Self.farthest else { return nil }
        let feed = try directory.folders[place.folder].open(in: file, limits, watch.beside)
        guard try feed.skip(place.offset) == place.offset else { return nil }
        return try feed.bytes(MemberChoice.beginningByteCount)
      })
    (self.file, self.directory, self.limits, self.watch) = (file, directory, limits, watch)
  }

  /// The bytes of the image; what is packed before it in one piece is unpacked first.
  func open() throws(UnpackingError) -> any ByteFeed {
    guard let place = directory.places[chosen] else { throw .decoding(.empty, layer: 0) }
    let folder = directory.folders[place.folder]
    let feed = try folder.open(in: file, limits, watch)
    guard try feed.skip(place.offset) == place.offset else {
      throw .decoding(.corrupt(offset: folder.packed.upperBound), layer: 0)
    }
    return CheckedFeed(
      feed, byteCount: member.byteCount, checksum: place.checksum, requiresEnd: false,
      endingAt: folder.packed.upperBound, layer: 0)
  }
}

extension SevenZipFolder {
  /// What the folder unpacks to.
  func open(
    in file: any PackedInput, _ limits: DecodingLimits, _ watch: UnpackingWatch
  ) throws(UnpackingError) -> any ByteFeed {
    let raw = FileFeed(file, packed, watch)
    let start = packed.lowerBound
    guard let last = chain.last else { return raw }
    let filters = try filters()
    switch last.method {
    case [0x21]:
      let decoder = Decompressor(
        filters: filters + [RawFilter(.lzma2, properties: last.properties)], limits: limits)
      return DecompressingFeed(raw, decoder, watch, layer: 0) { start + $0 }
    case _ where !filters.isEmpty: throw unsupported
    case [0x00]: return raw
    case [0x03, 0x01, 0x01]:
      // Before xz, LZMA had a header of these properties and the length.
      guard last.properties.count == 5 else { throw unsupported }
      let head = last.properties + byteCount.littleEndianBytes
      return try feed(FramedFeed(head, raw), .lzma, limits, watch) { start + max($0, 13) - 13 }
    case [0x04, 0x01, 0x08]:
      // gzip but for its header and trailer; without a checksum of the whole there is no trailer.
      guard let checksum = checksum ?? (files.count == 1 ? files[0].checksum : nil) else { throw unsupported }
      let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
      let trailer = checksum.littleEndianBytes + UInt32(truncatingIfNeeded: byteCount).littleEndianBytes
      return try feed(FramedFeed(header, raw, trailer), .gzip, limits, watch) { start + max($0, 10) - 10 }
    case [0x04, 0x02, 0x02]: return try feed(raw, .bzip2, limits, watch) { start + $0 }
    case [0x04, 0xF7, 0x11, 0x01]: return try feed(raw, .zstd, limits, watch) { start + $0 }
    default: throw unsupported
    }
  }

  /// What comes behind the decoder proper.
  private func filters() throws(UnpackingError) -> [RawFilter] {
    var filters: [RawFilter] = []
    for coder in chain.dropLast() {
      switch coder.method {
      case [0x03]: filters.append(RawFilter(.delta, properties: coder.properties))
      case [0x04], [0x03, 0x03, 0x01, 0x03]:
        filters.append(RawFilter(.x86, properties: coder.properties))
      default: throw unsupported
      }
    }
    return filters
  }

  private var unsupported: UnpackingError {
    .decoding(.unsupported(.method, offset: packed.lowerBound), layer: 0)
  }

  private func feed(
    _ source: any ByteFeed, _ format: CompressionFormat, _ limits: DecodingLimits, _ watch: UnpackingWatch,
    _ place: @escaping (UInt64) -> UInt64
  ) throws(UnpackingError) -> any ByteFeed {
    let decompressor: Decompressor
    do throws(DecodingError) {
      decompressor = try Decompressor(format, limits: limits, isOnlyMember: true)
    } catch { throw .decoding(error, layer: 0) }
    return DecompressingFeed(source, decompressor, watch, layer: 0, place: place)
  }
}

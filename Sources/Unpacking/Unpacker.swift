import BlockIO
public import Decompression
import DiskContainers

/// Unpacks a file to the image in it, through up to three layers (R49): it may be compressed, in an archive, or both.
///
/// Nothing is extracted: of an archive one member is decoded, and its name is only compared and shown. What the end
/// of each layer proves is asked before the end of the image is one.
public final class Unpacker {
  /// How often a file is unpacked; what is packed once more is left as it is.
  public static let deepest = 3

  /// How it is packed, the outermost layer first.
  public private(set) var formats: [PackedFormat] = []
  /// The member of the outermost archive that is unpacked, foreign text; nil where there is no archive.
  public private(set) var member: String?
  /// What the innermost layer says of the length of the image, in bytes; nil where it says nothing.
  public private(set) var statedByteCount: UInt64?
  /// How much of the image has been given, in bytes.
  public private(set) var producedByteCount: UInt64 = 0

  private let watch: UnpackingWatch
  private let limits: DecodingLimits
  private var feed: any ByteFeed
  /// What was looked at of the innermost layer.
  private var beginning: ArraySlice<UInt8> = []
  private var isAtEnd = false

  /// Opens layer after layer, as far as their first bytes tell.
  ///
  /// - Parameters:
  ///   - file: the packed file.
  ///   - format: how it is packed, as its content has it.
  ///   - name: the member of the archive that is wanted; nil where the only image in it is.
  ///   - limits: what the decoders may use.
  ///   - watch: asked while the file is read.
  public init(
    _ file: any PackedInput, as format: PackedFormat, member name: String?, limits: DecodingLimits,
    watch: UnpackingWatch
  ) throws(UnpackingError) {
    self.watch = watch
    self.limits = limits
    feed = FileFeed(file, 0..<file.byteCount, watch)
    try openOutermost(file, format, name)
    // What lies in a disk is the disk's, however it begins.
    while formats.count < Self.deepest, !format.isContainer {
      beginning = try feed.bytes(PackedFormat.prefixByteCount)[...]
      guard let inner = PackedFormat(prefix: Array(beginning)) else { break }
      try openInner(inner, member == nil ? name : nil)
    }
    guard name == nil || member != nil else { throw .archive(.noArchive) }
  }

  /// Whether checksums speak for the whole image; of use at its end.
  public var isChecked: Bool { feed.isChecked }

  /// Fills the output with the next bytes of the image; fewer only at an end that is proven.
  public func read(into output: inout MutableRawSpan) throws(UnpackingError) -> Int {
    var done = beginning.move(into: &output, from: 0)
    if done < output.byteCount, !isAtEnd {
      var room = output._mutatingExtracting(done...)
      done += try feed.read(into: &room)
    }
    producedByteCount += UInt64(done)
    if done < output.byteCount {
      isAtEnd = true
      guard producedByteCount > 0 else { throw .decoding(.empty, layer: formats.count - 1) }
    }
    return done
  }

  /// Lets threads that decode go on while nobody takes what they make, as far as the limits of memory reach.
  public func workAhead() throws(UnpackingError) { try feed.workAhead() }

  // MARK: - Layers

  private func openOutermost(
    _ file: any PackedInput, _ format: PackedFormat, _ name: String?
  ) throws(UnpackingError) {
    statedByteCount = format.statedByteCount(in: file)
    switch format {
    case .compressed(let format): feed = try decoder(format, layer: 0)
    case .archive(let format) where format != .tar && file.isInOrder: throw .archive(.notSeekable(format))
    case .archive(.tar):
      if !file.isInOrder { try TarArchive.rehearse(file, named: name, watch) }
      try openTar(named: name, layer: 0)
    case .archive(.zip):
      let archive = try ZipArchive(file, named: name, limits, watch)
      (member, statedByteCount) = (archive.member.name, archive.member.byteCount)
      feed = try archive.open()
    case .archive(.sevenZip):
      let archive = try SevenZipArchive(file, named: name, limits, watch)
      (member, statedByteCount) = (archive.member.name, archive.member.byteCount)
      feed = try archive.open()
    case .container(let format):
      let disk = try ContainerFeed(file, format, watch)
      statedByteCount = disk.byteCount
      feed = disk
    }
    formats = [format]
  }

  private func openInner(_ format: PackedFormat, _ name: String?) throws(UnpackingError) {
    let head = Array(beginning)
    beginning = []
    feed = FramedFeed(head, feed)
    switch format {
    case .compressed(let format):
      // Lists of lengths at the end and between frames are out of reach.
      statedByteCount = format == .lzma ? PackedFormat.compressed(format).statedByteCount(in: head) : nil
      feed = try decoder(format, layer: formats.count)
    case .archive(.tar): try openTar(named: name, layer: formats.count)
    case .archive(let format): throw .archive(.notSeekable(format))
    case .container(let format): throw .container(.needs(.wholeFile), format)
    }
    formats.append(format)
  }

  private func openTar(named name: String?, layer: Int) throws(UnpackingError) {
    let tar = try TarFeed(TarReader(feed, layer: layer), named: name)
    if member == nil { member = tar.member.name }
    statedByteCount = tar.member.byteCount
    feed = tar
  }

  private func decoder(_ format: CompressionFormat, layer: Int) throws(UnpackingError) -> DecompressingFeed {
    let decompressor: Decompressor
    do throws(DecodingError) { decompressor = try Decompressor(format, limits: limits) } catch {
      throw .decoding(error, layer: layer)
    }
    return DecompressingFeed(feed, decompressor, watch, layer: layer)
  }
}

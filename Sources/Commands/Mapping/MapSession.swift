import BlockIO
import BlockMap
import Documents
import ImageSource
import SystemPackage
import Terminal

/// The making of one map from end to end.
struct MapSession {
  let image: String
  /// `--member`.
  let member: String?
  /// Where the map goes; nil for standard output.
  let file: String?
  let leavesOutZeros: Bool
  let replaces: Bool
  let isJSON: Bool
  let context: Context

  /// How much is read at once, in bytes.
  private static let pieceByteCount = 1 << 20

  /// Makes the map and tells where it is.
  func run() -> ExitStatus {
    do throws(Refusal) {
      let map = try create()
      // SHA-256 is never forbidden.
      guard let content = map.serialised() else { preconditionFailure("libcrypto has no SHA-256") }
      guard content.count <= BlockMap.largestFile else { throw Refusal(diagnostic: .mapTooLarge(image)) }
      guard let file else {
        return context.finish([SanitizedText(vouchedFor: String(decoding: content.dropLast(), as: UTF8.self))]
        )
      }
      do throws(SystemCallError) {
        try ReplacedFile.write(content, to: FilePath(file), replacing: replaces)
      } catch { throw Refusal(diagnostic: .mapNotSaved(file, error)) }
      return context.finishChange([isJSON ? json(map, file).line : text(map, file)])
    } catch {
      return context.report(error.diagnostic, json: isJSON ? error.diagnostic.errorObject : nil)
    }
  }

  private func create() throws(Refusal) -> BlockMap {
    let source = try OpenedImage(
      opening: image, member: member, acceptsDevice: true, asIs: false, in: context)
    let map: BlockMap?
    let holes = try holes(in: source)
    do throws(ImageSourceError) {
      map = try read(source.content, leavingOut: holes)
      try source.content.requireUnchanged()
    } catch { throw refusal(error) }
    if Task.isCancelled { throw Refusal(diagnostic: .cancelled(by: context.stopSignal())) }
    guard let map else { throw Refusal(diagnostic: .mapTooLarge(image)) }
    return map
  }

  /// Whole blocks of a file that the file system keeps nothing for; none of a compressed one.
  private func holes(in source: OpenedImage) throws(Refusal) -> [Range<UInt64>] {
    guard let file = source.rawFile else { return [] }
    let parts: [Range<UInt64>]?
    do throws(ImageSourceError) { parts = try file.dataRanges(limit: BlockMap.rangeLimit) } catch {
      throw refusal(error)
    }
    guard let parts else { throw Refusal(diagnostic: .mapTooLarge(image)) }
    return BlockMap(holding: parts, of: file.byteCount).gaps(in: 0..<file.byteCount)
  }

  private func refusal(_ error: ImageSourceError) -> Refusal {
    Refusal(
      diagnostic: Task.isCancelled
        ? .cancelled(by: context.stopSignal()) : Diagnostic(error, image: image))
  }

  /// - Returns: nil where the run was cancelled, or the map would have too many ranges.
  private func read(
    _ image: any ImageSource, leavingOut holes: [Range<UInt64>]
  ) throws(ImageSourceError) -> BlockMap? {
    let stream = try image.startUnshown()
    var buffer = AlignedBuffer(byteCount: Self.pieceByteCount)
    var builder = MapBuilder(blockByteCount: BlockMap.usualBlockSize)
    var position: UInt64 = 0
    var holes = holes[...]
    while !Task.isCancelled, !builder.isFull {
      if let hole = holes.first, hole.lowerBound == position {
        try stream.skip(UInt64(hole.count))
        builder.skip(UInt64(hole.count))
        position = hole.upperBound
        holes.removeFirst()
        continue
      }
      let wanted = Int(min(UInt64(buffer.byteCount), (holes.first?.lowerBound ?? .max) - position))
      let count = try stream.read(into: &buffer, range: 0..<wanted)
      add(buffer, count, to: &builder)
      position += UInt64(count)
      if count < wanted { return builder.finish() }
    }
    return nil
  }

  private func add(_ buffer: borrowing AlignedBuffer, _ count: Int, to builder: inout MapBuilder) {
    guard leavesOutZeros else { return builder.add(buffer, 0..<count) }
    for start in stride(from: 0, to: count, by: Int(BlockMap.usualBlockSize)) {
      let block = start..<min(start + Int(BlockMap.usualBlockSize), count)
      if buffer.isZero(block) { builder.skip(UInt64(block.count)) } else { builder.add(buffer, block) }
    }
  }

  private func text(_ map: BlockMap, _ file: String) -> SanitizedText {
    let size = SanitizedText(exactBytes: map.imageByteCount)
    let text: SanitizedText =
      "\(file) maps \(SanitizedText(count: map.mappedByteCount)) of \(size) of \(image)"
    guard map.mappedByteCount == map.imageByteCount else { return text }
    return text + ": it has no holes, and only `--zeros` would leave out blocks of zeros"
  }

  private func json(_ map: BlockMap, _ file: String) -> JSONValue {
    [
      "schema": 1, "image": JSONValue(image), "path": JSONValue(file),
      "imageBytes": JSONValue(map.imageByteCount), "mappedBytes": JSONValue(map.mappedByteCount),
      "blockSize": JSONValue(map.blockByteCount), "ranges": JSONValue(map.ranges.count),
      "algorithm": JSONValue(map.algorithm?.rawValue),
    ]
  }
}

import BlockIO
import Decompression

/// The bytes of one member, which end where the directory says and have the checksum that it says.
final class CheckedFeed: ByteFeed {
  private let source: any ByteFeed
  private let expected: UInt32?
  private let layer: Int
  /// Where the member's data ends in the layer, in bytes.
  private let end: UInt64
  private let requiresEnd: Bool
  private var left: UInt64
  private var sum = ContentSum()
  private var isAtEnd = false

  /// - Parameters:
  ///   - byteCount: how long the member is, in bytes.
  ///   - checksum: the checksum that it must have; nil where there is none.
  ///   - requiresEnd: whether the source has to end where the member does.
  init(
    _ source: any ByteFeed, byteCount: UInt64, checksum: UInt32?, requiresEnd: Bool, endingAt end: UInt64,
    layer: Int
  ) {
    (self.source, left, expected) = (source, byteCount, checksum)
    (self.requiresEnd, self.end, self.layer) = (requiresEnd, end, layer)
  }

  var isChecked: Bool { expected != nil || source.isChecked }

  func workAhead() throws(UnpackingError) { try source.workAhead() }

  func read(into output: inout MutableRawSpan) throws(UnpackingError) -> Int {
    guard !isAtEnd else { return 0 }
    let wanted = Int(min(UInt64(output.byteCount), left))
    var room = output._mutatingExtracting(..<wanted)
    let done = try source.read(into: &room)
    if expected != nil { sum.update(output.bytes.extracting(..<done)) }
    left -= UInt64(done)
    // The directory lies about the length, or the file has become shorter.
    guard done == wanted else { throw .decoding(.corrupt(offset: end), layer: layer) }
    if left == 0, done < output.byteCount { try finish() }
    return done
  }

  private func finish() throws(UnpackingError) {
    if requiresEnd {
      guard try source.bytes(1).isEmpty else { throw .decoding(.corrupt(offset: end), layer: layer) }
    }
    guard expected == nil || expected == sum.value else {
      throw .decoding(.checksumWrong(offset: end), layer: layer)
    }
    isAtEnd = true
  }
}

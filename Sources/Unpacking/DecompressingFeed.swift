import BlockIO
import Decompression

/// What a compressed stream decodes to, from whatever feeds it.
final class DecompressingFeed: ByteFeed {
  /// How much is taken at a time, in bytes: an offset of damage is not more exact.
  private static let pieceByteCount = 128 << 10

  private let source: any ByteFeed
  private let watch: UnpackingWatch
  private let layer: Int
  /// What an offset in the stream means in the layer.
  private let place: (UInt64) -> UInt64
  private var decompressor: Decompressor
  private var input = [UInt8](repeating: 0, count: pieceByteCount)
  /// What of the input is still to be decoded.
  private var rest = 0..<0
  private var isLast = false
  private var isAtEnd = false

  init(
    _ source: any ByteFeed, _ decompressor: consuming Decompressor, _ watch: UnpackingWatch, layer: Int,
    place: @escaping (UInt64) -> UInt64 = { $0 }
  ) {
    self.source = source
    self.decompressor = decompressor
    self.watch = watch
    self.layer = layer
    self.place = place
  }

  var isChecked: Bool { decompressor.isChecked || source.isChecked }

  func read(into output: inout MutableRawSpan) throws(UnpackingError) -> Int {
    var done = 0
    while done < output.byteCount, !isAtEnd {
      if rest.isEmpty, !isLast { try refill() }
      var room = output._mutatingExtracting(done...)
      let step: DecodingStep
      do throws(DecodingError) {
        step = try decompressor.step(input.span.extracting(rest), isLast: isLast, into: &room)
      } catch { throw .decoding(error.moved(by: place), layer: layer) }
      rest = rest.lowerBound + step.consumed..<rest.upperBound
      done += step.produced
      isAtEnd = step.isAtEnd
    }
    return done
  }

  func workAhead() throws(UnpackingError) {
    while decompressor.worksAhead {
      if rest.isEmpty {
        guard !isLast else { return }
        try refill()
        // The end of the file is the next step's to judge.
        guard !rest.isEmpty else { return }
      }
      let count: Int
      do throws(DecodingError) { count = try decompressor.workAhead(input.span.extracting(rest)) } catch {
        throw .decoding(error.moved(by: place), layer: layer)
      }
      guard count > 0 else { return }
      rest = rest.lowerBound + count..<rest.upperBound
    }
  }

  private func refill() throws(UnpackingError) {
    try watch.look()
    let count = try source.read(into: &input, from: 0)
    rest = 0..<count
    isLast = count < input.count
  }
}

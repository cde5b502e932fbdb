import BlockIO
import ImageSource

extension Differences {
  /// Looks where in the image the blocks belong that were found in place of others, in another pass over it.
  ///
  /// Where the image cannot be read again, that stays unknown: what differs is known anyway.
  mutating func searchImage(_ stream: any ImageStream, byteCount: UInt64, progress: ProgressMeter) {
    progress.begin(.verifying, total: byteCount)
    var search = BlockSearch(damage.samples)
    var buffer = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    var position: UInt64 = 0
    let size = buffer.byteCount
    while !Task.isCancelled, let count = try? stream.read(into: &buffer, range: 0..<size), count > 0 {
      search.look(through: buffer, count: count, at: position)
      position += UInt64(count)
      progress.advance(by: count)
      guard count == size else { break }
    }
    damage.displacement = search.displacement(self, imageByteCount: byteCount)
  }
}

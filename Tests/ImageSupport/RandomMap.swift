import BlockIO
public import BlockMap
import TestSupport

extension BlockMap {
  /// A map of any form, the same one for the same seed; no two of its ranges touch.
  public static func random(
    seed: UInt64, blockByteCount: UInt64? = nil, blocks: UInt64 = 60, hasDigests: Bool = false
  ) -> BlockMap {
    var generator = SeededGenerator(seed: seed)
    let size = blockByteCount ?? 512 << UInt64.random(in: 0...6, using: &generator)
    let count = UInt64.random(in: 1...blocks, using: &generator)
    let imageByteCount = count * size - UInt64.random(in: 0..<size, using: &generator)
    var ranges: [MappedRange] = []
    var block = UInt64.random(in: 0...2, using: &generator)
    while block < count {
      let end = min(block + UInt64.random(in: 1...8, using: &generator), count)
      let digest = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let isTold = hasDigests || UInt64.random(in: 0...3, using: &generator) > 0
      ranges.append(
        MappedRange(block * size..<min(end * size, imageByteCount), digest: isTold ? digest : nil))
      block = end + UInt64.random(in: 1...8, using: &generator)
    }
    return BlockMap(
      imageByteCount: imageByteCount, blockByteCount: size,
      algorithm: hasDigests || ranges.contains { $0.digest != nil } ? .sha256 : nil, ranges: ranges)
  }

  /// The same map with the SHA-256 of each range of an image.
  public func described(by image: [UInt8]) -> BlockMap {
    BlockMap(
      imageByteCount: imageByteCount, blockByteCount: blockByteCount, algorithm: .sha256,
      ranges: ranges.map { range in
        var digest = SHA256()
        digest.update(image.span.extracting(Int(range.bytes.lowerBound)..<Int(range.bytes.upperBound)))
        return MappedRange(range.bytes, digest: digest.finish())
      })
  }
}

public import BlockIO

/// Makes a map of an image whose bytes go by in their order.
public struct MapBuilder: ~Copyable {
  private let blockByteCount: UInt64
  private let algorithm: DigestAlgorithm
  private var ranges: [MappedRange] = []
  private var position: UInt64 = 0
  /// Where the range begins that has not ended yet.
  private var start: UInt64?
  private var digest: MessageDigest?

  /// Starts at the first byte of an image.
  /// - Parameter blockByteCount: how the map counts, in bytes.
  public init(blockByteCount: UInt64 = 4096, algorithm: DigestAlgorithm = .sha256) {
    self.blockByteCount = blockByteCount
    self.algorithm = algorithm
  }

  /// Whether the map has more ranges than one may have.
  public var isFull: Bool { ranges.count >= BlockMap.rangeLimit }

  /// Takes whole blocks that matter, or the last bytes of the image.
  public mutating func add(_ bytes: RawSpan) {
    guard bytes.byteCount > 0 else { return }
    if start == nil {
      start = position
      digest = MessageDigest(algorithm)
    }
    digest?.update(bytes)
    position += UInt64(bytes.byteCount)
  }

  /// Takes whole blocks of a buffer that matter, or the last bytes of the image.
  public mutating func add(_ buffer: borrowing AlignedBuffer, _ range: Range<Int>) {
    add(buffer.bytes.extracting(range))
  }

  /// Leaves out whole blocks that do not matter, or the last bytes of the image.
  public mutating func skip(_ count: UInt64) {
    guard count > 0 else { return }
    endRange()
    position += count
  }

  private mutating func endRange() {
    guard let start else { return }
    ranges.append(MappedRange(start..<position, digest: digest.take()?.finish()))
    self.start = nil
  }

  /// The map of an image that has ended here; nil for one that has no bytes or too many ranges.
  public consuming func finish() -> BlockMap? {
    endRange()
    guard position > 0, ranges.count <= BlockMap.rangeLimit else { return nil }
    return BlockMap(
      imageByteCount: position, blockByteCount: blockByteCount, algorithm: algorithm, ranges: ranges)
  }
}

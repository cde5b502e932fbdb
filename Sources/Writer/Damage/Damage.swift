import BlockIO

/// What a medium holds in place of what it should (R42): counts of 512-byte blocks that differ, by what is in them.
///
/// Bounded however much differs: of each piece only the first blocks are looked at.
public struct Damage: Hashable, Sendable {
  /// Blocks that read as zeros.
  public internal(set) var zeroBlockCount = 0
  /// Blocks that read as 0xFF, as erased flash does.
  public internal(set) var onesBlockCount = 0
  /// Where whole pages of these lie, from the first to the last, in bytes; nil where there is none.
  ///
  /// Less than a page is no flash that was erased: ext4 fills the end of a bitmap with ones.
  public private(set) var onesExtent: Range<UInt64>?
  /// Those that follow each other, up to the last one.
  private var onesRun: Range<UInt64>?
  /// Blocks in which no more than ``mostFlippedBits`` bits differ.
  public internal(set) var bitBlockCount = 0
  /// How many bits differ in these.
  public internal(set) var flippedBitCount = 0
  /// Blocks with anything else.
  public internal(set) var otherBlockCount = 0
  /// Blocks that were read twice, and were not the same both times.
  public internal(set) var unstableBlockCount = 0
  /// Where in the image these others come from; nil where none of them does, or where nobody has looked.
  public internal(set) var displacement: Displacement?
  /// Some of the others, to be looked for in the image.
  private(set) var samples: [Sample] = []

  /// A block with something else, by the digest of what was found.
  struct Sample: Hashable, Sendable {
    let offset: UInt64
    let digest: ChunkDigest
  }

  /// More bits than this in one block are no single bits any more.
  public static let mostFlippedBits = 16
  /// How many blocks of a piece are looked at.
  static let blocksPerPiece = 1024
  /// The smallest page of flash, in bytes; a block of most file systems too.
  private static let pageByteCount = 4096
  private static let samplesPerPiece = 8
  private static let mostSamples = 64

  /// Nothing looked at.
  public init() {}

  /// How many blocks were looked at.
  public var blockCount: Int { zeroBlockCount + onesBlockCount + bitBlockCount + otherBlockCount }

  /// Looks at a block that differs, or at the part of one that was compared.
  mutating func add(expected: [UInt8], found: [UInt8], at offset: UInt64) {
    guard blockCount < Self.blocksPerPiece else { return }
    if found == [UInt8](repeating: 0, count: found.count) {
      zeroBlockCount += 1
    } else if found == [UInt8](repeating: 0xFF, count: found.count) {
      onesBlockCount += 1
      addOnes(offset..<(offset + UInt64(found.count)))
    } else {
      let bits = Self.flippedBits(expected, found)
      if bits <= Self.mostFlippedBits {
        bitBlockCount += 1
        flippedBitCount += bits
      } else {
        otherBlockCount += 1
        guard samples.count < Self.samplesPerPiece, found.count == Int(Differences.blockSize) else { return }
        samples.append(Sample(offset: offset, digest: ChunkDigest(of: found.span)))
      }
    }
  }

  /// How many bits differ; no more are counted than show that these are no single bits.
  private static func flippedBits(_ expected: [UInt8], _ found: [UInt8]) -> Int {
    var (bits, index) = (0, 0)
    while bits <= mostFlippedBits, index < min(expected.count, found.count) {
      bits += (expected[index] ^ found[index]).nonzeroBitCount
      index += 1
    }
    return bits
  }

  private mutating func addOnes(_ range: Range<UInt64>) {
    let start = onesRun?.upperBound == range.lowerBound ? onesRun?.lowerBound : nil
    let run = (start ?? range.lowerBound)..<range.upperBound
    onesRun = run
    if run.count >= Self.pageByteCount { extendOnes(to: run) }
  }

  private mutating func extendOnes(to range: Range<UInt64>) {
    let known = onesExtent ?? range
    onesExtent = min(known.lowerBound, range.lowerBound)..<max(known.upperBound, range.upperBound)
  }

  /// How many blocks hold what was there before the write, of those of which somebody knows what that was.
  ///
  /// Of the blocks with something else, as many as are looked for in the image.
  /// - Parameter old: what was in a range of the medium, in bytes; nil where nobody knows.
  public func staleBlockCount(_ old: (Range<UInt64>) -> [UInt8]?) -> (count: Int, known: Int) {
    var (count, known) = (0, 0)
    for sample in samples {
      guard let bytes = old(sample.offset..<(sample.offset + Differences.blockSize)) else { continue }
      known += 1
      if ChunkDigest(of: bytes.span) == sample.digest { count += 1 }
    }
    return (count, known)
  }

  /// Adds what was found in the bytes that follow.
  mutating func append(_ next: Damage) {
    zeroBlockCount += next.zeroBlockCount
    onesBlockCount += next.onesBlockCount
    if let ones = next.onesExtent { extendOnes(to: ones) }
    bitBlockCount += next.bitBlockCount
    flippedBitCount += next.flippedBitCount
    otherBlockCount += next.otherBlockCount
    unstableBlockCount += next.unstableBlockCount
    samples += next.samples.prefix(Self.mostSamples - samples.count)
  }
}

import BlockIO

/// The lengths that the frames of Zstandard and LZ4 state, one frame after the other.
///
/// Only the heads of frames and blocks are read, and no more than ``mostSteps`` of them: a file that was cut into
/// frames is told apart from one whose single frame is the image without being read as a whole.
struct FrameWalk<File: RandomAccessBytes> {
  private let file: File
  private let format: CompressionFormat
  private var place: UInt64 = 0
  private var steps = 0

  /// More than a frame of 128 MiB has blocks.
  private static var mostSteps: Int { 1024 }
  /// More than the head of a frame takes.
  private static var headByteCount: Int { 32 }

  init(_ format: CompressionFormat, in file: File) {
    self.format = format
    self.file = file
  }

  /// What all frames state together, in bytes; nil where one of them states nothing.
  ///
  /// A first frame of too many blocks is taken for the only one.
  mutating func contentByteCount() throws(ByteReadError) -> UInt64? {
    var total: UInt64?
    while place < file.byteCount {
      let head = try file.prefix(at: place, upTo: Self.headByteCount)
      if let count = SkippableFrame.byteCount(head) {
        guard countStep() else { return nil }
        place += count
        continue
      }
      guard let frame = Frame(head, format), let content = frame.contentByteCount else { return nil }
      let (sum, overflows) = (total ?? 0).addingReportingOverflow(content)
      guard !overflows else { return nil }
      place += UInt64(frame.headByteCount)
      guard try passBlocks(of: frame) else { return total == nil ? content : nil }
      total = sum
    }
    return place == file.byteCount ? total : nil
  }

  private mutating func countStep() -> Bool {
    steps += 1
    return steps <= Self.mostSteps
  }

  /// - Returns: whether the end of the frame was found.
  private mutating func passBlocks(of frame: Frame) throws(ByteReadError) -> Bool {
    while countStep() {
      let head: [UInt8]
      do throws(ByteReadError) { head = try file.prefix(at: place, upTo: 4) } catch {
        // Only the beginning is there to be looked at, as if there were too many steps behind it.
        if case .notLookedAt = error { return false }
        throw error
      }
      guard let block = frame.block(head) else { return false }
      place += block.byteCount
      if block.isLast { return true }
    }
    return false
  }
}

/// What the head of a frame says, as far as its end depends on it.
private struct Frame {
  let headByteCount: Int
  let contentByteCount: UInt64?
  private let format: CompressionFormat
  private let trailer: UInt64
  private let behindBlock: UInt64

  init?(_ head: [UInt8], _ format: CompressionFormat) {
    self.format = format
    switch format {
    case .zstd:
      guard head.starts(with: ZstdCodec.magic), let count = ZstdFrameHeader.byteCount(head),
        count <= head.count
      else { return nil }
      let header = ZstdFrameHeader(Array(head.prefix(count)))
      headByteCount = count
      contentByteCount = header.contentByteCount
      trailer = header.hasChecksum ? 4 : 0
      behindBlock = 0
    case .lz4:
      guard head.count >= 15, head.starts(with: LZ4Codec.magic) else { return nil }
      let flags = head[4]
      let hasLength = flags & LZ4Codec.Flag.contentLength != 0
      headByteCount = 7 + (hasLength ? 8 : 0) + (flags & LZ4Codec.Flag.dictionary != 0 ? 4 : 0)
      contentByteCount = hasLength ? UInt64(littleEndianBytes: head[6..<14]) : nil
      trailer = flags & LZ4Codec.Flag.contentChecksum != 0 ? 4 : 0
      behindBlock = flags & LZ4Codec.Flag.blockChecksum != 0 ? 4 : 0
    case .gzip, .xz, .bzip2, .lzma: return nil
    }
  }

  /// The length of a block with its head, and of what follows the last one; nil where there are too few bytes.
  func block(_ head: [UInt8]) -> (byteCount: UInt64, isLast: Bool)? {
    if format == .zstd {
      guard head.count >= 3 else { return nil }
      // RFC 8878, 3.1.1.2: the last one is marked; one byte stands for a run.
      let number = UInt32(littleEndianBytes: head.prefix(3))
      let (isLast, isRun) = (number & 1 != 0, number >> 1 & 3 == 1)
      return (3 + (isRun ? 1 : UInt64(number >> 3)) + (isLast ? trailer : 0), isLast)
    }
    guard head.count == 4 else { return nil }
    // A length of zero is the end; the highest bit says that a block is not compressed.
    let length = UInt64(UInt32(littleEndianBytes: head) & 0x7FFF_FFFF)
    return length == 0 ? (4 + trailer, true) : (4 + length + behindBlock, false)
  }
}

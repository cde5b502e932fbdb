import CBzip2

/// Decodes bzip2 streams; the library checks a CRC of every block and of the whole.
@safe
final class Bzip2Codec: MemberCodec {
  /// What every stream begins with, before its level.
  static let magic: [UInt8] = Array("BZh".utf8)
  /// The length of that and the level in bytes.
  static let headByteCount = 4

  // Safe: made in `init`, freed in `deinit`, and not handed out in between; the library keeps its address.
  private let stream: UnsafeMutablePointer<bz_stream>
  private var isOpen = false
  let isChecked = true

  init() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: bz_stream())
  }

  deinit {
    close()
    unsafe stream.deallocate()
  }

  func isComplete(head: [UInt8]) throws(CodecFault) -> Bool { try Self.isWhole(head) }

  /// Whether that is the whole head of a stream.
  static func isWhole(_ head: [UInt8]) throws(CodecFault) -> Bool {
    guard let last = head.last, magic.starts(with: head.prefix(3)) else { throw .foreign }
    guard head.count == headByteCount else { return false }
    guard (0x31...0x39).contains(last) else { throw .foreign }
    return true
  }

  func begin(head: [UInt8]) throws(CodecFault) {
    close()
    guard unsafe BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK else { throw .outOfMemory }
    isOpen = true
  }

  func decode(
    _ input: Span<UInt8>, into output: inout MutableRawSpan, isLast: Bool
  ) throws(CodecFault) -> CodecStep {
    try unsafe input.withUnsafeBytes { source throws(CodecFault) in
      try unsafe output.withUnsafeMutableBytes { target throws(CodecFault) in
        let given = (UInt32(clamping: source.count), UInt32(clamping: target.count))
        let bytes = unsafe source.baseAddress?.assumingMemoryBound(to: CChar.self)
        // The library only reads what it was given.
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes)
        unsafe stream.pointee.avail_in = given.0
        unsafe stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: CChar.self)
        unsafe stream.pointee.avail_out = given.1
        let status = unsafe BZ2_bzDecompress(stream)
        switch status {
        case BZ_OK, BZ_STREAM_END: break
        case BZ_MEM_ERROR: throw .outOfMemory
        default: throw .corrupt
        }
        return unsafe CodecStep(
          consumed: Int(given.0 - stream.pointee.avail_in), produced: Int(given.1 - stream.pointee.avail_out),
          isEnd: status == BZ_STREAM_END)
      }
    }
  }

  private func close() {
    if isOpen { _ = unsafe BZ2_bzDecompressEnd(stream) }
    isOpen = false
  }
}

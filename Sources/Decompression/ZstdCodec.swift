import CZstd

/// Decodes Zstandard frames, and passes those that hold no data.
@safe
final class ZstdCodec: MemberCodec {
  /// What a frame with data begins with.
  static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

  // Safe: made in `init`, freed in `deinit`, and not handed out in between.
  private let decoder: OpaquePointer
  private let limits: DecodingLimits
  private(set) var isChecked = true

  init(_ limits: DecodingLimits) throws(CodecFault) {
    guard let decoder = unsafe ZSTD_createDStream() else { throw .outOfMemory }
    unsafe self.decoder = decoder
    self.limits = limits
    // The library's own limit is a power of two; the exact one is held here.
    let exponent = UInt64.bitWidth - limits.window.leadingZeroBitCount
    _ = unsafe ZSTD_DCtx_setParameter(decoder, ZSTD_d_windowLogMax, CInt(exponent))
  }

  deinit { unsafe ZSTD_freeDStream(decoder) }

  func isComplete(head: [UInt8]) throws(CodecFault) -> Bool {
    if SkippableFrame.mayBegin(head) { return head.count == SkippableFrame.headByteCount }
    guard Self.magic.starts(with: head.prefix(Self.magic.count)) else { throw .foreign }
    return ZstdFrameHeader.byteCount(head) == head.count
  }

  func begin(head: [UInt8]) throws(CodecFault) {
    _ = unsafe ZSTD_DCtx_reset(decoder, ZSTD_reset_session_only)
    isChecked = true
    guard !SkippableFrame.mayBegin(head) else { return }
    let header = ZstdFrameHeader(head)
    guard header.dictionary == 0 else { throw .unsupported(.dictionary) }
    guard header.window <= limits.window else { throw .window(needed: header.window, allowed: limits.window) }
    isChecked = header.hasChecksum
  }

  func decode(
    _ input: Span<UInt8>, into output: inout MutableRawSpan, isLast: Bool
  ) throws(CodecFault) -> CodecStep {
    try unsafe input.withUnsafeBufferPointer { source throws(CodecFault) in
      try unsafe output.withUnsafeMutableBytes { target throws(CodecFault) in
        var from = unsafe ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
        var to = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        let left = unsafe ZSTD_decompressStream(decoder, &to, &from)
        if ZSTD_isError(left) != 0 { throw Self.fault(left) }
        return unsafe CodecStep(consumed: from.pos, produced: to.pos, isEnd: left == 0)
      }
    }
  }

  private static func fault(_ status: Int) -> CodecFault {
    switch ZSTD_getErrorCode(status) {
    case ZSTD_error_checksum_wrong: .checksum
    case ZSTD_error_memory_allocation: .outOfMemory
    case ZSTD_error_dictionary_wrong: .unsupported(.dictionary)
    case ZSTD_error_frameParameter_unsupported, ZSTD_error_version_unsupported: .unsupported(.method)
    default: .corrupt
    }
  }
}

import CLz4

/// Decodes LZ4 frames, and passes those that hold no data.
@safe
final class LZ4Codec: MemberCodec {
  /// What a frame with data begins with.
  static let magic: [UInt8] = [0x04, 0x22, 0x4D, 0x18]
  /// The magic number and the flags.
  private static let headByteCount = 5

  /// The flags of a frame (LZ4 Frame Format Description, FLG byte).
  enum Flag {
    static let dictionary: UInt8 = 1 << 0
    static let contentChecksum: UInt8 = 1 << 2
    static let contentLength: UInt8 = 1 << 3
    static let blockChecksum: UInt8 = 1 << 4
  }

  // Safe: made in `init`, freed in `deinit`, and not handed out in between.
  private let decoder: OpaquePointer
  private(set) var isChecked = true

  init() throws(CodecFault) {
    var created: OpaquePointer?
    let status = unsafe LZ4F_createDecompressionContext(&created, CUnsignedInt(LZ4F_VERSION))
    guard LZ4F_isError(status) == 0, let created = unsafe created else { throw .outOfMemory }
    unsafe decoder = created
  }

  deinit { _ = unsafe LZ4F_freeDecompressionContext(decoder) }

  func isComplete(head: [UInt8]) throws(CodecFault) -> Bool {
    if SkippableFrame.mayBegin(head) { return head.count == SkippableFrame.headByteCount }
    guard Self.magic.starts(with: head.prefix(Self.magic.count)) else { throw .foreign }
    return head.count == Self.headByteCount
  }

  func begin(head: [UInt8]) throws(CodecFault) {
    unsafe LZ4F_resetDecompressionContext(decoder)
    isChecked = true
    guard !SkippableFrame.mayBegin(head) else { return }
    guard head[4] & Flag.dictionary == 0 else { throw .unsupported(.dictionary) }
    isChecked = head[4] & Flag.contentChecksum != 0
  }

  func decode(
    _ input: Span<UInt8>, into output: inout MutableRawSpan, isLast: Bool
  ) throws(CodecFault) -> CodecStep {
    var consumed = input.count
    var produced = output.byteCount
    let left = unsafe input.withUnsafeBytes { source in
      unsafe output.withUnsafeMutableBytes { target in
        unsafe LZ4F_decompress(decoder, target.baseAddress, &produced, source.baseAddress, &consumed, nil)
      }
    }
    if LZ4F_isError(left) != 0 { throw Self.fault(left) }
    return CodecStep(consumed: consumed, produced: produced, isEnd: left == 0)
  }

  /// The library's codes are no part of its interface, their names are.
  private static func fault(_ status: LZ4F_errorCode_t) -> CodecFault {
    let name = unsafe LZ4F_getErrorName(status).map { unsafe String(cString: $0) } ?? ""
    if name.hasSuffix("hecksum_invalid") || name == "ERROR_frameSize_wrong" { return .checksum }
    if name == "ERROR_allocation_failed" { return .outOfMemory }
    if name == "ERROR_headerVersion_wrong" { return .unsupported(.method) }
    return .corrupt
  }
}

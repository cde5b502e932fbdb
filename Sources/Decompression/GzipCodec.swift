import CIsal

/// Decodes gzip members: the header here, the rest in ISA-L, which checks CRC32 and length in the trailer.
@safe
final class GzipCodec: MemberCodec {
  // Safe: made in `init`, freed in `deinit`, and not handed out in between.
  private let inflater: OpaquePointer
  private var header = GzipHeader()

  let padding = Padding.zerosToTheEnd
  let decodesHead = false
  let isChecked = true

  init() throws(CodecFault) {
    guard let inflater = unsafe cisal_create() else { throw .outOfMemory }
    unsafe self.inflater = inflater
  }

  deinit { unsafe cisal_destroy(inflater) }

  func isComplete(head: [UInt8]) throws(CodecFault) -> Bool { try header.isComplete(head) }

  func begin(head: [UInt8]) {
    header = GzipHeader()
    unsafe cisal_reset(inflater)
  }

  func decode(
    _ input: Span<UInt8>, into output: inout MutableRawSpan, isLast: Bool
  ) throws(CodecFault) -> CodecStep {
    var consumed = UInt32(clamping: input.count)
    var produced = UInt32(clamping: output.byteCount)
    var isEnd = false
    let status = unsafe input.withUnsafeBufferPointer { source in
      unsafe output.withUnsafeMutableBytes { target in
        unsafe cisal_inflate(
          inflater, source.baseAddress, &consumed,
          target.baseAddress?.assumingMemoryBound(to: UInt8.self), &produced, &isEnd)
      }
    }
    switch status {
    case ISAL_DECOMP_OK, ISAL_END_INPUT, ISAL_OUT_OVERFLOW:
      return CodecStep(consumed: Int(consumed), produced: Int(produced), isEnd: isEnd)
    case ISAL_INCORRECT_CHECKSUM: throw .checksum
    default: throw .corrupt
    }
  }
}

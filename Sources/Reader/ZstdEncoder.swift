import BlockIO
import CZstd
import Glibc
import SystemPackage

/// One Zstandard frame that states its length and carries a checksum (RFC 8878).
@safe
final class ZstdEncoder: BackupEncoder {
  // Safe: made in `init`, freed in `deinit`, and not handed out in between.
  private let context: OpaquePointer
  private let file: GrowingFile
  private var output = AlignedBuffer(byteCount: 1 << 20)
  private var position: UInt64 = 0

  /// More threads take memory, and no stick is that fast.
  private static let threadLimit = 4

  /// Begins a frame.
  /// - Parameter byteCount: how many bytes will come.
  init(into file: GrowingFile, byteCount: UInt64) throws(SystemCallError) {
    guard let context = unsafe ZSTD_createCCtx() else {
      throw SystemCallError(call: "ZSTD_createCCtx", errno: .noMemory)
    }
    unsafe self.context = context
    self.file = file
    _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    // A library without threads says no, and works without.
    _ = unsafe ZSTD_CCtx_setParameter(
      context, ZSTD_c_nbWorkers, CInt(min(Self.threadLimit, Int(sysconf(CInt(_SC_NPROCESSORS_ONLN))))))
    _ = unsafe ZSTD_CCtx_setPledgedSrcSize(context, byteCount)
  }

  deinit { unsafe ZSTD_freeCCtx(context) }

  func add(_ buffer: borrowing AlignedBuffer, count: Int) throws(SystemCallError) {
    try encode(buffer.bytes.extracting(0..<count), ZSTD_e_continue)
  }

  func finish() throws(SystemCallError) { try encode(RawSpan(), ZSTD_e_end) }

  private func encode(_ bytes: RawSpan, _ directive: ZSTD_EndDirective) throws(SystemCallError) {
    var consumed = 0
    while true {
      let (left, produced) = unsafe Self.step(context, bytes, into: &output, &consumed, directive)
      guard ZSTD_isError(left) == 0 else {
        // A count that differs from the one that was promised is our own mistake, all else a lack of memory.
        let isSize = ZSTD_getErrorCode(left) == ZSTD_error_srcSize_wrong
        throw SystemCallError(call: "ZSTD_compressStream2", errno: isSize ? .invalidArgument : .noMemory)
      }
      if produced > 0 { try file.write(output, range: 0..<produced, at: position) }
      position += UInt64(produced)
      let isDone = directive == ZSTD_e_end ? left == 0 : consumed == bytes.byteCount
      if isDone { return }
    }
  }

  /// - Returns: what the library says, and how many bytes of output there are.
  private static func step(
    _ context: OpaquePointer, _ bytes: RawSpan, into output: inout AlignedBuffer, _ consumed: inout Int,
    _ directive: ZSTD_EndDirective
  ) -> (left: Int, produced: Int) {
    var target = output.mutableBytes
    return unsafe step(context, bytes, &target, &consumed, directive)
  }

  private static func step(
    _ context: OpaquePointer, _ bytes: RawSpan, _ target: inout MutableRawSpan, _ consumed: inout Int,
    _ directive: ZSTD_EndDirective
  ) -> (left: Int, produced: Int) {
    unsafe bytes.withUnsafeBytes { source in
      unsafe target.withUnsafeMutableBytes { target in
        var from = unsafe ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: consumed)
        var to = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        let left = unsafe ZSTD_compressStream2(context, &to, &from, directive)
        consumed = unsafe from.pos
        return unsafe (left, to.pos)
      }
    }
  }
}

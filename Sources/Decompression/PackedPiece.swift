import CIsal

/// How a piece is packed that lies in memory whole, as disk containers pack their clusters.
public enum PieceMethod: UInt8, Hashable, Sendable, CaseIterable {
  /// DEFLATE without anything around it (RFC 1951).
  case deflate
  /// zlib (RFC 1950): its Adler-32 is checked.
  case zlib
  /// One frame of Zstandard.
  case zstd
  /// bzip2.
  case bzip2
  /// xz.
  case xz

  /// The memory that a piece may need, in bytes: what `xz -9` packs needs twice as much, but no piece is so long.
  private static let memory: UInt64 = 32 << 20

  /// Unpacks a piece.
  ///
  /// - Parameters:
  ///   - bytes: the piece.
  ///   - byteCount: the most bytes that it may hold; more are damage.
  ///   - mayGoOn: whether what follows the piece in `bytes` is of no concern, and so no end is asked for once there
  ///     are `byteCount` bytes: the container does not say how long the piece is.
  /// - Returns: the content; it may be shorter than `byteCount`.
  /// - Throws: ``DecodingError``; offsets are those in the piece.
  public func unpack(
    _ bytes: [UInt8], byteCount: Int, mayGoOn: Bool
  ) throws(DecodingError) -> [UInt8] {
    // One byte more than may come tells whether more would come.
    var content = [UInt8](repeating: 0, count: byteCount + 1)
    let count =
      switch self {
      case .deflate: try Self.inflate(bytes, false, into: &content, mayGoOn: mayGoOn)
      case .zlib: try Self.inflate(bytes, true, into: &content, mayGoOn: mayGoOn)
      case .zstd: try Self.decode(bytes, .zstd, into: &content, mayGoOn: mayGoOn)
      case .bzip2: try Self.decode(bytes, .bzip2, into: &content, mayGoOn: mayGoOn)
      case .xz: try Self.decode(bytes, .xz, into: &content, mayGoOn: mayGoOn)
      }
    guard count <= byteCount else { throw .corrupt(offset: UInt64(bytes.count)) }
    content.removeLast(content.count - count)
    return content
  }

  private static func inflate(
    _ bytes: [UInt8], _ isZlib: Bool, into content: inout [UInt8], mayGoOn: Bool
  ) throws(DecodingError) -> Int {
    guard let inflater = unsafe cisal_create() else { throw .outOfMemory }
    defer { unsafe cisal_destroy(inflater) }
    unsafe cisal_reset_bare(inflater, isZlib)
    var consumed = UInt32(clamping: bytes.count)
    var produced = UInt32(clamping: content.count)
    var isEnd = false
    // Safe: the counts are those of the arrays.
    let status = unsafe cisal_inflate(inflater, bytes, &consumed, &content, &produced, &isEnd)
    switch status {
    case ISAL_DECOMP_OK, ISAL_END_INPUT, ISAL_OUT_OVERFLOW: break
    case ISAL_INCORRECT_CHECKSUM: throw .checksumWrong(offset: UInt64(consumed))
    default: throw .corrupt(offset: UInt64(consumed))
    }
    guard isEnd || (mayGoOn && Int(produced) >= content.count - 1) else {
      throw .truncated(offset: UInt64(consumed))
    }
    return Int(produced)
  }

  private static func decode(
    _ bytes: [UInt8], _ format: CompressionFormat, into content: inout [UInt8], mayGoOn: Bool
  ) throws(DecodingError) -> Int {
    var limits = DecodingLimits(processors: 1)
    // Without memory for several threads liblzma starts none.
    limits.threadedMemory = 0
    limits.memory = memory
    limits.window = memory / 4
    var decompressor = try Decompressor(format, limits: limits)
    // What follows a piece of unknown length is not asked for a further byte.
    let wanted = mayGoOn ? content.count - 1 : content.count
    var (used, done) = (0, 0)
    var elements = content.mutableSpan
    // Safe: every byte pattern is a valid UInt8.
    var target = unsafe elements.mutableBytes
    while done < wanted {
      var room = target._mutatingExtracting(done..<wanted)
      do throws(DecodingError) {
        let step = try decompressor.step(bytes.span.extracting(used...), isLast: true, into: &room)
        (used, done) = (used + step.consumed, done + step.produced)
        if step.isAtEnd { break }
      } catch {
        // What follows may begin like another frame, and end within it.
        guard mayGoOn, decompressor.producedByteCount == UInt64(wanted) else { throw error }
        return wanted
      }
    }
    return done
  }
}

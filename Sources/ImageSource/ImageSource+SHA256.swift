import BlockIO

extension ImageSource {
  /// Reads the whole image and takes its SHA-256.
  /// - Parameter isCancelled: asked before each chunk.
  /// - Returns: 32 bytes; nil if it was cancelled.
  /// - Throws: ``ImageSourceError``, also where the image ends before its length.
  public func sha256(unless isCancelled: () -> Bool) throws(ImageSourceError) -> [UInt8]? {
    var digest = SHA256()
    var buffer = AlignedBuffer(byteCount: 1 << 20)
    var offset: UInt64 = 0
    while offset < byteCount {
      guard !isCancelled() else { return nil }
      let wanted = Int(min(UInt64(buffer.byteCount), byteCount - offset))
      let count = try read(at: offset, into: &buffer, range: 0..<wanted)
      guard count > 0 else { throw .shrank(expected: byteCount, found: offset) }
      digest.update(buffer, count: count)
      offset += UInt64(count)
    }
    return digest.finish()
  }
}

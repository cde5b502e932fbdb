public import BlockIO

extension ImageSource {
  /// Reads the whole image and takes its SHA-256.
  /// - Parameter isCancelled: asked before each chunk.
  /// - Returns: 32 bytes; nil if it was cancelled.
  /// - Throws: ``ImageSourceError``, also where the image ends before its length.
  public func sha256(unless isCancelled: () -> Bool) throws(ImageSourceError) -> [UInt8]? {
    guard let digest = MessageDigest(.sha256) else { preconditionFailure("libcrypto has no SHA-256") }
    return try self.digest(digest, unless: isCancelled)
  }

  /// Reads the whole image and takes a digest of it.
  /// - Parameters:
  ///   - digest: the digest, of nothing so far.
  ///   - isCancelled: asked before each chunk.
  /// - Returns: nil if it was cancelled.
  /// - Throws: ``ImageSourceError``, also where the image ends before its length.
  public func digest(
    _ digest: consuming MessageDigest, unless isCancelled: () -> Bool
  ) throws(ImageSourceError) -> [UInt8]? {
    var buffer = AlignedBuffer(byteCount: 1 << 20)
    let stream = try start()
    while true {
      guard !isCancelled() else { return nil }
      let count = try stream.read(into: &buffer, range: 0..<buffer.byteCount)
      digest.update(buffer, count: count)
      if count < buffer.byteCount { return digest.finish() }
    }
  }
}

import BlockIO

extension ImageSource {
  /// Reads the whole image and takes its SHA-256.
  /// - Parameter isCancelled: asked before each chunk.
  /// - Returns: 32 bytes; nil if it was cancelled.
  /// - Throws: ``ImageSourceError``, also where the image ends before its length.
  public func sha256(unless isCancelled: () -> Bool) throws(ImageSourceError) -> [UInt8]? {
    var digest = SHA256()
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

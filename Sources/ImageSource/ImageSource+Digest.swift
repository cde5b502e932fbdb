import BlockIO

extension ImageSource {
  /// Reads the whole image and takes its SHA-256.
  /// - Parameter isCancelled: asked before each chunk.
  /// - Returns: 32 bytes; nil if it was cancelled.
  /// - Throws: ``ImageSourceError``, also where the image ends before its length.
  public func sha256(unless isCancelled: () -> Bool) throws(ImageSourceError) -> [UInt8]? {
    var digest = SHA256()
    guard try readAll(unless: isCancelled, { bytes, _ in digest.update(bytes) }) else { return nil }
    return digest.finish()
  }

  /// Reads the whole image, in pieces of 1 MiB of which only the last one is shorter.
  /// - Parameters:
  ///   - isCancelled: asked before each piece.
  ///   - use: what is done with a piece, told how much of the file was consumed for it, in bytes.
  /// - Returns: false if it was cancelled.
  /// - Throws: ``ImageSourceError``, also where the image ends before its length.
  public func readAll(
    unless isCancelled: () -> Bool, _ use: (_ bytes: RawSpan, _ consumed: UInt64) -> Void
  ) throws(ImageSourceError) -> Bool {
    try start().readAll(unless: isCancelled, use)
  }
}

extension ImageStream {
  /// Reads the rest of the image, in pieces of 1 MiB of which only the last one is shorter.
  /// - Returns: false if it was cancelled.
  public func readAll(
    unless isCancelled: () -> Bool, _ use: (_ bytes: RawSpan, _ consumed: UInt64) -> Void
  ) throws(ImageSourceError) -> Bool {
    var buffer = AlignedBuffer(byteCount: 1 << 20)
    while true {
      guard !isCancelled() else { return false }
      let count = try read(into: &buffer, range: 0..<buffer.byteCount)
      use(buffer.bytes.extracting(0..<count), consumedByteCount)
      if count < buffer.byteCount { return true }
    }
  }
}

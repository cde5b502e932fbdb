public import BlockIO

extension CompressionFormat {
  /// What a file says of the length of its image, in bytes; nil where it says nothing that could be believed.
  ///
  /// Good for an early refusal and for progress, never for proof: whoever made the file wrote it. gzip keeps its
  /// length modulo 4 GiB only, and of the last member, and is not asked. Frames one after the other are added up.
  /// - Throws: ``ByteReadError``, where the file cannot be read.
  public func statedByteCount(in file: some RandomAccessBytes) throws(ByteReadError) -> UInt64? {
    switch self {
    case .gzip, .bzip2: return nil
    case .xz: return try XZIndexes.contentByteCount(in: file)
    case .zstd, .lz4:
      var walk = FrameWalk(self, in: file)
      return try walk.contentByteCount()
    case .lzma:
      let head = try file.prefix(at: 0, upTo: Self.prefixByteCount)
      guard head.count >= 13 else { return nil }
      let count = UInt64(littleEndianBytes: head[5..<13])
      return count == .max ? nil : count
    }
  }
}

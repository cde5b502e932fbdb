public import BlockIO

extension CompressionFormat {
  /// What a file says of the length of its image, in bytes; nil where it says nothing that could be believed.
  ///
  /// Good for an early refusal and for progress, never for proof: whoever made the file wrote it. gzip keeps its
  /// length modulo 4 GiB only, and of the last member, and is not asked.
  /// - Throws: ``ByteReadError``, where the file cannot be read.
  public func statedByteCount(in file: some RandomAccessBytes) throws(ByteReadError) -> UInt64? {
    let head = try file.prefix(at: 0, upTo: Self.prefixByteCount)
    switch self {
    case .gzip, .bzip2: return nil
    case .xz: return try XZIndexes.contentByteCount(in: file)
    case .zstd:
      guard let count = ZstdFrameHeader.byteCount(head), count <= head.count,
        head.starts(with: ZstdCodec.magic)
      else { return nil }
      return ZstdFrameHeader(Array(head.prefix(count))).contentByteCount
    case .lz4:
      guard head.count >= 14, head.starts(with: LZ4Codec.magic),
        head[4] & LZ4Codec.Flag.contentLength != 0
      else { return nil }
      return UInt64(littleEndianBytes: head[6..<14])
    case .lzma:
      guard head.count >= 13 else { return nil }
      let count = UInt64(littleEndianBytes: head[5..<13])
      return count == .max ? nil : count
    }
  }
}

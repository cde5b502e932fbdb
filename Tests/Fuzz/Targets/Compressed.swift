import BlockIO
import Decompression

extension FuzzTarget {
  /// What decodes an image on the way to a medium: one target for each format of which burin reads something itself,
  /// and one for those that are left to their libraries.
  public static let decompression = [
    decoding(
      "gzip", [.gzip],
      [
        "1f8b08000000000000034b2a2dcacc53484227751412f314327313d353b900470b0e9f22000000"
      ]),
    decoding(
      "xz", [.xz],
      [
        "fd377a585a0000016922de36020021010c0000008f98419ce0002100175d00311d4a8cde5e7bcbb87911d541"
          + "7becde8b49f66d56e5000000470b0e9f00012f22a2ccfae79042990d010000000001595a",
        "fd377a585a000000ff12d941020021010c0000008f98419ce0002100175d00311d4a8cde5e7bcbb87911d541"
          + "7becde8b49f66d56e500000000012b22a609968306729e7a010000000000595a",
      ]),
    decoding(
      "zstd", [.zstd],
      [
        "28b52ffd0458bd000088627572696e202c20616e20696d6167650a0100994b11e81a9ac8",
        "28b52ffd2022bd000088627572696e202c20616e20696d6167650a0100994b11",
      ]),
    decoding(
      "bzip2-lz4-lzma", [.bzip2, .lz4, .lzma],
      [
        "425a683131415926535913947d4b000004d1800010400432a31200200021289a7a98210340d0516c5a4ed53c"
          + "c0c087d0d0f8bb9229c284809ca3ea58",
        "04224d186440a7150000006d627572696e200600b02c20616e20696d6167650a000000003c1d0a8f",
        "04224d18784022000000000000003e150000006d627572696e200600b02c20616e20696d6167650a21c74ea6"
          + "00000000",
        "5d00000400ffffffffffffffff00311d4a8cde5e7bcbb87911d5417becde8b49f66dfa16b6bfffa1980000",
      ]),
  ]

  /// The longest image that is decoded; bombs end there.
  private static let limit = 1 << 20

  /// - Parameters:
  ///   - formats: what is decoded, by its first bytes; what has those of none is decoded as the first.
  ///   - packed: what the formats' own tools make of a line of text, in hexadecimal digits.
  private static func decoding(
    _ name: String, _ formats: [CompressionFormat], _ packed: [String]
  ) -> FuzzTarget {
    FuzzTarget(
      name,
      seeds: {
        let seeds = packed.map(bytes)
        let frame: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9]
        return seeds + seeds.map { $0 + [0, 0, 0, 0] + $0 } + seeds.map { $0 + $0 } + seeds.map { frame + $0 }
      },
      run: { bytes in
        let found = CompressionFormat(prefix: Array(bytes.prefix(CompressionFormat.prefixByteCount)))
        let format = formats.first { $0 == found } ?? formats[0]
        _ = try? format.statedByteCount(in: bytes)
        let whole = decoded(bytes, format, input: bytes.count + 1, output: 1 << 16)
        let pieces = decoded(bytes, format, input: 7, output: 1000)
        precondition(whole == pieces, "the pieces make a difference")
        // What is cut into blocks to be decoded side by side; of a bomb the one sees the end, the other not.
        guard format == .bzip2, whole.map({ $0.count < limit }) ?? true else { return }
        let beside = decoded(bytes, format, input: bytes.count + 1, output: 1 << 16, threads: 3)
        precondition(whole == beside, "the threads make a difference")
      })
  }

  /// The image, or its beginning; nil for what is none.
  private static func decoded(
    _ packed: [UInt8], _ format: CompressionFormat, input: Int, output: Int, threads: Int = 1
  ) -> [UInt8]? {
    var limits = DecodingLimits(processors: threads)
    limits.memory = 16 << 20
    limits.window = 8 << 20
    guard var decompressor = try? Decompressor(format, limits: limits) else { return nil }
    var image: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: output)
    var start = 0
    while image.count < limit {
      let end = min(packed.count, start + input)
      var elements = piece.mutableSpan
      // Safe: every byte pattern is a valid UInt8.
      var room = unsafe elements.mutableBytes
      let step = try? decompressor.step(
        packed.span.extracting(start..<end), isLast: end == packed.count, into: &room)
      guard let step else { return nil }
      precondition(step.consumed <= end - start && step.produced <= output)
      start += step.consumed
      image += piece.prefix(step.produced)
      if step.isAtEnd { return image }
    }
    return Array(image.prefix(limit))
  }

  static func bytes(_ digits: String) -> [UInt8] {
    let values = digits.compactMap(\.hexDigitValue)
    return stride(from: 0, to: values.count - 1, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
  }
}

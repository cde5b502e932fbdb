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
    bzip2Block,
  ]

  /// What decodes a block of bzip2, which is our own: the bytes behind a block's magic number, first of them the level.
  ///
  /// Their file ends with them, so that a block whose checksum is wrong gives its content, too.
  private static let bzip2Block = FuzzTarget(
    "bzip2-block",
    seeds: {
      [
        // A line of text some times, one byte all over, a few bytes over and over again; bits that are flipped.
        "00cb6741d0000014d1800010400432a312002000310340d01151a686448c0d03432323d1e0c0d8d8c0e07c3e1f80",
        "00b0da615b000005c008c00000008008200030cc089a4a5003c0",
        "00b7a5c124000004f0007fffffffff8020008014aaa311a61064c010d313430c8d34d323099182680c774f04f14c0985"
          + "31279279a634f44c8995332674f54f64f74f84d09a53e53526b4d89b53726f4e09c53927d27da7e2734fd4e89d53b27f"
          + "2774ff",
        "00cb6741d0800014d1800010400432a312002000310340d01151a686448c0d03432323d1e0c0d8d8c0e07c3e1f80",
      ].map(bytes)
    },
    run: { bytes in
      guard let level = bytes.first else { return }
      let head = Array("BZh".utf8) + [0x31 + level % 9] + [0x31, 0x41, 0x59, 0x26, 0x53, 0x59]
      let packed = head + bytes.dropFirst()
      let whole = beginning(packed, input: packed.count, output: 1 << 16, threads: 1)
      let pieces = beginning(packed, input: 5, output: 999, threads: 1)
      precondition(zip(whole, pieces).allSatisfy(==), "the pieces make a difference")
      let beside = beginning(packed, input: packed.count, output: 1 << 16, threads: 3)
      precondition(zip(whole, beside).allSatisfy(==), "the threads make a difference")
    })

  /// What a file of bzip2 decodes to, until a piece of that cannot be decoded to its end.
  private static func beginning(_ packed: [UInt8], input: Int, output: Int, threads: Int) -> [UInt8] {
    guard var decompressor = try? Decompressor(.bzip2, limits: DecodingLimits(processors: threads)) else {
      return []
    }
    var image: [UInt8] = []
    var start = 0
    while image.count < limit {
      let end = min(packed.count, start + input)
      let rest = packed[start..<end]
      guard let step = decode(rest, isLast: end == packed.count, output, &decompressor, into: &image) else {
        break
      }
      start += step.consumed
      if step.isAtEnd { break }
    }
    return Array(image.prefix(limit))
  }

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
    var start = 0
    while image.count < limit {
      let end = min(packed.count, start + input)
      let rest = packed[start..<end]
      guard let step = decode(rest, isLast: end == packed.count, output, &decompressor, into: &image) else {
        return nil
      }
      start += step.consumed
      if step.isAtEnd { return image }
    }
    return Array(image.prefix(limit))
  }

  /// Decodes on, and appends what comes of it; nil where that cannot be.
  private static func decode(
    _ input: ArraySlice<UInt8>, isLast: Bool, _ output: Int, _ decompressor: inout Decompressor,
    into image: inout [UInt8]
  ) -> DecodingStep? {
    var piece = [UInt8](repeating: 0, count: output)
    var elements = piece.mutableSpan
    // Safe: every byte pattern is a valid UInt8.
    var room = unsafe elements.mutableBytes
    guard let step = try? decompressor.step(input.span, isLast: isLast, into: &room) else { return nil }
    precondition(step.consumed <= input.count && step.produced <= output)
    image += piece.prefix(step.produced)
    return step
  }

  static func bytes(_ digits: String) -> [UInt8] {
    let values = digits.compactMap(\.hexDigitValue)
    return stride(from: 0, to: values.count - 1, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
  }
}

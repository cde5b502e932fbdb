import BlockIO
import Decompression
import TestSupport
import Testing

/// A way to pack the file `image` into the file `packed` with the format's own tools.
struct Packing: CustomTestStringConvertible, Sendable {
  let format: CompressionFormat
  let script: String
  /// Whether the content is protected by a checksum.
  var isChecked = true
  /// Whether every shorter file is one that was cut off.
  var isOneMember = true
  /// Whether the file says how long the image is.
  var statesLength = false

  var testDescription: String { script }

  /// Packs content in a directory that disappears.
  func pack(_ content: [UInt8]) throws -> [UInt8] {
    let scratch = try ScratchDirectory()
    try scratch.write(content, to: "image")
    try scratch.run("set -e; { \(script); } >packed")
    return try scratch.contents("packed")
  }

  private static let first = "head -c 100 image"
  private static let rest = "tail -c +101 image"

  /// Shapes that the tools make.
  static let all: [Packing] = [
    Packing(format: .gzip, script: "gzip -c image"),
    Packing(format: .gzip, script: "gzip -1nc image"),
    Packing(
      format: .gzip, script: "\(first) | gzip -c; gzip -c </dev/null; \(rest) | gzip -9c", isOneMember: false),
    Packing(format: .gzip, script: "gzip -c image; head -c 1021 /dev/zero", isOneMember: false),
    Packing(format: .xz, script: "xz -0c image", statesLength: true),
    Packing(format: .xz, script: "xz -T0 --block-size=20000 -c image", statesLength: true),
    Packing(format: .xz, script: "xz -T1 --block-size=20000 -c image", statesLength: true),
    Packing(format: .xz, script: "xz --check=crc32 -c image", statesLength: true),
    Packing(format: .xz, script: "xz --check=sha256 -c --x86 --lzma2=preset=1 image", statesLength: true),
    Packing(format: .xz, script: "xz --check=none -c image", isChecked: false, statesLength: true),
    Packing(
      format: .xz,
      script:
        "\(first) | xz -c; head -c 8 /dev/zero; xz -c </dev/null; \(rest) | xz -c; head -c 4096 /dev/zero",
      isOneMember: false, statesLength: true),
    Packing(format: .zstd, script: "zstd -c image", statesLength: true),
    Packing(format: .zstd, script: "zstd -19 --long=27 -c <image"),
    Packing(format: .zstd, script: "zstd -c <image"),
    Packing(format: .zstd, script: "zstd --no-check -c image", isChecked: false, statesLength: true),
    Packing(
      format: .zstd,
      script: """
        printf 'P*M\\030\\004\\000\\000\\000skip'; \(first) | zstd -c; printf '_*M\\030\\000\\000\\000\\000'
        zstd -c </dev/null; \(rest) | zstd -c; printf 'S*M\\030\\001\\000\\000\\000x'
        """, isOneMember: false),
    Packing(format: .bzip2, script: "bzip2 -c image"),
    Packing(
      format: .bzip2, script: "\(first) | bzip2 -1c; bzip2 -c </dev/null; \(rest) | bzip2 -9c",
      isOneMember: false),
    Packing(format: .lz4, script: "lz4 -c image"),
    Packing(format: .lz4, script: "lz4 -9 -BD -B4 -BX --content-size -c image", statesLength: true),
    Packing(format: .lz4, script: "lz4 --no-frame-crc -c image", isChecked: false),
    Packing(
      format: .lz4,
      script: """
        printf 'Z*M\\030\\003\\000\\000\\000abc'; \(first) | lz4 -c; lz4 -c </dev/null
        printf 'P*M\\030\\000\\000\\000\\000'; \(rest) | lz4 -c
        """, isOneMember: false),
    Packing(format: .lzma, script: "xz --format=lzma -c image", isChecked: false),
  ]

  /// Shapes of one member, one of each format.
  static let plain = CompressionFormat.allCases.compactMap { format in
    all.first { $0.format == format && $0.isOneMember }
  }
}

/// Text, noise and zeros, some of which repeat from far back.
func mixedContent(_ count: Int) -> [UInt8] {
  let noise = [UInt8].random(count / 4, seed: 7)
  let text = Array("Every medium is an image, and every image is a stream of bytes.\n".utf8)
  var content: [UInt8] = []
  while content.count < count / 4 { content += text }
  content += noise + [UInt8](repeating: 0, count: count / 4) + noise
  return Array(content.prefix(count))
}

extension DecodingLimits {
  /// Of one thread, which the many small files of a test start faster.
  static let single = DecodingLimits(processors: 1)
}

/// What a whole file was found to be.
struct Decoded {
  var content: [UInt8] = []
  var isChecked = false
  /// How much of the file was taken while there was no room.
  var aheadByteCount = 0
}

/// Decodes a whole file, in pieces as large as the functions say.
func decode(
  _ packed: [UInt8], _ format: CompressionFormat, limits: DecodingLimits = .single,
  inputs: () -> Int = { 1 << 16 }, outputs: () -> Int = { 1 << 16 }, ahead: () -> Bool = { false }
) throws(DecodingError) -> Decoded {
  var decompressor = try Decompressor(format, limits: limits)
  var result = Decoded()
  var start = 0
  while true {
    while start < packed.count, ahead() {
      let end = min(packed.count, start + max(1, inputs()))
      let count = try decompressor.workAhead(packed.span.extracting(start..<end))
      start += count
      result.aheadByteCount += count
      guard count > 0 else { break }
    }
    let end = min(packed.count, start + inputs())
    var output = [UInt8](repeating: 0xEE, count: max(1, outputs()))
    var elements = output.mutableSpan
    // Safe: every byte pattern is a valid UInt8.
    var room = unsafe elements.mutableBytes
    let step = try decompressor.step(
      packed.span.extracting(start..<end), isLast: end == packed.count, into: &room)
    start += step.consumed
    result.content += output.prefix(step.produced)
    guard !step.isAtEnd else { break }
  }
  precondition(start == packed.count, "the end came before the end")
  precondition(decompressor.producedByteCount == UInt64(result.content.count))
  result.isChecked = decompressor.isChecked
  return result
}

/// The error that a whole file is refused with; nil if it is not.
func decodingError(
  _ packed: [UInt8], _ format: CompressionFormat, limits: DecodingLimits = .single
) -> DecodingError? {
  do throws(DecodingError) {
    _ = try decode(packed, format, limits: limits)
    return nil
  } catch { return error }
}

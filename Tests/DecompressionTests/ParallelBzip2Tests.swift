import Decompression
import TestSupport
import Testing

/// Noise of some byte values only, which a block of bzip2 lists in its head, sixteen of them in two bytes.
private func noise(of rows: [UInt16], _ count: Int) -> [UInt8] {
  var values: [UInt8] = []
  for (row, bits) in rows.enumerated() {
    for column in 0..<16 {
      let bit: UInt16 = 0x8000 >> UInt16(column)
      if bits & bit != 0 { values.append(UInt8(48 + row * 16 + column)) }
    }
  }
  let noise = [UInt8].random(count, seed: 3)
  return values + noise.map { (byte: UInt8) -> UInt8 in values[Int(byte) % values.count] }
}

/// How often a number of 48 bits is in a file, at any bit.
private func count(_ number: UInt64, in bytes: [UInt8]) -> Int {
  var (window, found) = (UInt64(0), 0)
  for byte in bytes {
    window = window << 8 | UInt64(byte)
    for shift in 0..<8 as Range<UInt64> where window >> shift & (1 << 48 - 1) == number { found += 1 }
  }
  return found
}

@Suite("R49: bzip2 on several threads is what it is on one")
struct ParallelBzip2Tests {
  private static let threads = DecodingLimits(processors: 4)
  private let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  private func pack(_ content: [UInt8], _ script: String) throws -> [UInt8] {
    try scratch.write(content, to: "image")
    try scratch.run("set -e; { \(script); } >packed")
    return try scratch.contents("packed")
  }

  /// Three streams of a few bytes, which several threads have at once.
  private func smallStreams() throws -> (content: [UInt8], packed: [UInt8]) {
    let content = mixedContent(300)
    return (
      content,
      try pack(content, "for start in 1 101 201; do tail -c +$start image | head -c 100 | bzip2 -c; done")
    )
  }

  @Test(
    "blocks and streams in their order, however the bytes are cut into pieces",
    arguments: [
      "bzip2 -1c image", "bzip2 -9c image",
      "head -c 230000 image | bzip2 -1c; bzip2 -c </dev/null; tail -c +230001 image | bzip2 -2c",
    ])
  func order(script: String) throws {
    let content = mixedContent(600_000)
    let packed = try pack(content, script)
    for (seed, longest) in [1 << 20, 70_000, 900].enumerated() {
      var generator = SeededGenerator(seed: UInt64(seed))
      let sizes = { Int.random(in: 1...longest, using: &generator) }
      let result = try decode(packed, .bzip2, limits: Self.threads, inputs: sizes, outputs: sizes)
      #expect(result.content == content, "pieces of up to \(longest)")
    }
  }

  @Test(
    "what looks like the end of a block, or of the stream, may be content",
    arguments: [[0x3141, 0x5926, 0x5359], [0x1772, 0x4538, 0x5090]] as [[UInt16]])
  func magicInside(rows: [UInt16]) throws {
    let number = rows.reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
    let content = noise(of: rows, 250_000)
    let packed = try pack(content, "bzip2 -1c image")
    // Once in each of the three blocks, besides the one that is meant.
    #expect(count(number, in: packed) == (number == 0x1772_4538_5090 ? 4 : 6))
    for inputs in [1 << 20, 5000] {
      let result = try decode(packed, .bzip2, limits: Self.threads, inputs: { inputs })
      #expect(result.content == content)
    }
  }

  @Test("cut off after any byte")
  func truncated() throws {
    let content = mixedContent(300)
    let packed = try pack(content, "bzip2 -c image")
    for count in packed.indices {
      let error = decodingError(Array(packed.prefix(count)), .bzip2, limits: Self.threads)
      #expect(error == .truncated(offset: UInt64(count)), "after \(count) of \(packed.count) bytes")
    }
  }

  @Test("any bit flipped: the right bytes, or an error")
  func flipped() throws {
    let (content, packed) = try smallStreams()
    #expect(try decode(packed, .bzip2, limits: Self.threads).content == content)
    for index in packed.indices {
      var damaged = packed
      damaged[index] ^= 1 << UInt8(index % 8)
      guard let result = try? decode(damaged, .bzip2, limits: Self.threads) else { continue }
      #expect(result.content == content, "byte \(index)")
    }
  }

  @Test("the checksum of the whole stream is compared too")
  func streamChecksum() throws {
    let packed = try pack(mixedContent(250_000), "bzip2 -1c image")
    var damaged = packed
    damaged[packed.count - 3] ^= 1
    #expect(decodingError(packed, .bzip2, limits: Self.threads) == nil)
    #expect(decodingError(damaged, .bzip2, limits: Self.threads) == .corrupt(offset: UInt64(packed.count)))
  }

  @Test("bytes that do not belong to it follow")
  func trailing() throws {
    let (_, packed) = try smallStreams()
    let end = UInt64(packed.count)
    for rest in [[0], [1, 2, 3, 4, 5], Array("BZh0".utf8)] as [[UInt8]] {
      let error = decodingError(packed + rest, .bzip2, limits: Self.threads)
      #expect(error == .trailingGarbage(offset: end), "\(rest)")
    }
  }

  @Test("cut off in the head of a later stream, however the bytes are cut into pieces")
  func laterHead() throws {
    let (_, packed) = try smallStreams()
    for beginning in ["B", "BZ", "BZh", "BZh9", "BZh91"] {
      for inputs in [1 << 20, 7, 1] {
        let file = packed + Array(beginning.utf8)
        let error = #expect(throws: DecodingError.self) {
          try decode(file, .bzip2, limits: Self.threads, inputs: { inputs })
        }
        #expect(error == .truncated(offset: UInt64(file.count)), "\(beginning), pieces of \(inputs)")
      }
    }
  }

  @Test("of a bomb no thread decodes more than a piece ahead, and all of them end when nobody wants more")
  func bomb() throws {
    let packed = try pack([UInt8](repeating: 0, count: 96 << 20), "bzip2 -9c image")
    var decompressor = try Decompressor(.bzip2, limits: Self.threads)
    var output = [UInt8](repeating: 1, count: 4096)
    var start = 0
    while decompressor.producedByteCount < 1 << 20 {
      let step = try decodeOn(&decompressor, packed.span.extracting(start...), into: &output)
      start += step.consumed
      #expect(!step.isAtEnd && step.produced <= 4096)
    }
  }

  private func decodeOn(
    _ decompressor: inout Decompressor, _ input: Span<UInt8>, into output: inout [UInt8]
  ) throws(DecodingError) -> DecodingStep {
    var elements = output.mutableSpan
    // Safe: every byte pattern is a valid UInt8.
    var room = unsafe elements.mutableBytes
    return try decompressor.step(input, isLast: true, into: &room)
  }
}

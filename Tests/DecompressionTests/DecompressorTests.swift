import Decompression
import TestSupport
import Testing

@Suite("Compressed images are decoded to the last byte")
struct DecompressorTests {
  @Test("what the tools pack comes out as it went in", arguments: Packing.all)
  func shapes(packing: Packing) throws {
    let content = mixedContent(300_000)
    let packed = try packing.pack(content)
    #expect(
      CompressionFormat(prefix: Array(packed.prefix(CompressionFormat.prefixByteCount))) == packing.format)
    for processors in [1, 4] {
      let result = try decode(packed, packing.format, limits: DecodingLimits(processors: processors))
      #expect(result.content == content)
      #expect(result.isChecked == packing.isChecked)
    }
    let stated = try packing.format.statedByteCount(in: packed)
    #expect(stated == (packing.statesLength ? UInt64(content.count) : nil))
  }

  @Test("however the bytes are cut into pieces", arguments: Packing.all)
  func pieces(packing: Packing) throws {
    let content = mixedContent(20_000)
    let packed = try packing.pack(content)
    for seed in 0..<12 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let longest = 1 << Int.random(in: 0...14, using: &generator)
      let sizes = { Int.random(in: 1...longest, using: &generator) }
      let result = try decode(packed, packing.format, inputs: sizes, outputs: sizes)
      #expect(result.content == content, "seed \(seed), up to \(longest)")
    }
  }

  @Test("input that comes by and by, with nothing in between", arguments: Packing.plain)
  func emptyInput(packing: Packing) throws {
    let content = mixedContent(5000)
    let packed = try packing.pack(content)
    var isEmpty = false
    let result = try decode(
      packed, packing.format,
      inputs: {
        isEmpty.toggle()
        return isEmpty ? 0 : 7
      })
    #expect(result.content == content)
  }

  @Test("far back references of --long=27 are followed")
  func longWindow() throws {
    let block = [UInt8].random(1 << 20, seed: 3)
    var content = block
    for seed in 4..<16 as Range<UInt64> { content += [UInt8].random(1 << 20, seed: seed) }
    content += block
    let packed = try Packing(format: .zstd, script: "zstd -1 --long=27 -c <image").pack(content)
    #expect(packed.count < 14 << 20)
    #expect(try decode(packed, .zstd).content == content)
  }

  @Test("behind frames without data the format is the one of the first frame with data, and stays that")
  func undecidedFormat() throws {
    let content = mixedContent(5000)
    let zstd = try Packing(format: .zstd, script: "zstd -c image").pack(content)
    let lz4 = try Packing(format: .lz4, script: "lz4 -c image").pack(content)
    let frame: [UInt8] = [0x5F, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9]
    let frames = Array(repeatElement(frame, count: 100).joined())
    for format in [CompressionFormat.zstd, .lz4] {
      #expect(try decode(frames + zstd, format).content == content)
      #expect(try decode(frames + lz4 + frames + lz4, format).content == content + content)
      for foreign in [lz4 + zstd, zstd + lz4, lz4 + frame + zstd] {
        guard case .trailingGarbage? = decodingError(frames + foreign, format) else {
          Issue.record("two formats in one file")
          continue
        }
      }
      #expect(decodingError(frames, format) == .empty)
      #expect(decodingError(Array(frames.dropLast()), format) == .truncated(offset: 999))
      #expect(decodingError(frames + content, format) == .trailingGarbage(offset: 1000))
    }
    #expect(decodingError(lz4, .zstd) == .corrupt(offset: 0))
  }

  @Test("gzip headers may carry an extra field, a name, a comment and a check")
  func gzipHeader() throws {
    let scratch = try ScratchDirectory()
    let content = mixedContent(5000)
    try scratch.write(content, to: "image")
    try scratch.run(
      """
      gzip -nc image >plain
      python3 - <<'END'
      import zlib
      plain = open("plain", "rb").read()
      head = b"\\x1f\\x8b\\x08\\x1f" + plain[4:10] + b"\\x05\\x00extra" + b"a name\\0" + b"\\0"
      check = (zlib.crc32(head) & 0xffff).to_bytes(2, "little")
      open("full", "wb").write(head + check + plain[10:])
      open("wrong", "wb").write(head + bytes([check[0] ^ 1, check[1]]) + plain[10:])
      END

      """)
    let full = try scratch.contents("full")
    for size in [1, 3, 1 << 16] {
      #expect(try decode(full, .gzip, inputs: { size }).content == content)
    }
    #expect(decodingError(try scratch.contents("wrong"), .gzip) == .checksumWrong(offset: 27))
    var reserved = full
    reserved[3] |= 0x20
    #expect(decodingError(reserved, .gzip) == .unsupported(.method, offset: 0))
  }

  @Test("LZMA that states its length ends there, with an end mark or without")
  func lzmaLength() throws {
    let content = mixedContent(3000)
    var packed = try Packing(format: .lzma, script: "xz --format=lzma -c image").pack(content)
    func state(_ count: Int) {
      for index in 0..<8 { packed[5 + index] = UInt8(truncatingIfNeeded: count >> (8 * index)) }
    }
    state(3000)
    #expect(try decode(packed, .lzma).content == content)
    #expect(try CompressionFormat.lzma.statedByteCount(in: packed) == 3000)
    state(2999)
    #expect(decodingError(packed, .lzma) != nil)
    state(3001)
    #expect(decodingError(packed, .lzma) != nil)
    // 70 literals `a` and no end mark, as other encoders write them.
    let unmarked: [UInt8] =
      [0x5D, 0, 0, 0x80, 0, 70, 0, 0, 0, 0, 0, 0, 0]
      + LiteralEncoder.encode([UInt8](repeating: 97, count: 70))
    #expect(try decode(unmarked, .lzma).content == [UInt8](repeating: 97, count: 70))
    for count in 0..<unmarked.count {
      #expect(decodingError(Array(unmarked.prefix(count)), .lzma) == .truncated(offset: UInt64(count)))
    }
  }
}

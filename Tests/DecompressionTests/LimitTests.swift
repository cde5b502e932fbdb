import Decompression
import TestSupport
import Testing

@Suite("R49: what a compressed image may ask for has limits")
struct LimitTests {
  private let scratch: ScratchDirectory

  init() throws {
    scratch = try ScratchDirectory()
    try scratch.write(mixedContent(5000), to: "image")
  }

  @Test("xz that needs more memory is refused, and told how much")
  func memory() throws {
    try scratch.run("xz -6c image >packed")
    let packed = try scratch.contents("packed")
    for processors in [1, 4] {
      var limits = DecodingLimits(processors: processors)
      limits.memory = 1 << 20
      guard case .memoryLimit(let needed?, 1 << 20) = decodingError(packed, .xz, limits: limits) else {
        Issue.record("not refused")
        continue
      }
      #expect((8 << 20..<12 << 20).contains(needed))
      limits.memory = needed
      #expect(decodingError(packed, .xz, limits: limits) == nil)
    }
  }

  @Test("xz with a dictionary of 4 GiB is refused by the usual limits")
  func largestDictionary() throws {
    try scratch.run(
      """
      xz -6c image >plain
      python3 - <<'END'
      import zlib
      packed = bytearray(open("plain", "rb").read())
      size = (packed[12] + 1) * 4
      place = packed.index(b"\\x21\\x01", 12) + 2
      packed[place] = 40
      packed[12 + size - 4:12 + size] = zlib.crc32(packed[12:12 + size - 4]).to_bytes(4, "little")
      open("packed", "wb").write(packed)
      END

      """)
    let error = decodingError(try scratch.contents("packed"), .xz)
    guard case .memoryLimit(let needed?, DecodingLimits.usualMemory) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(needed >= 1 << 32)
  }

  @Test(
    "members without content are passed, but not without end",
    arguments: [(CompressionFormat.gzip, "gzip"), (.xz, "xz"), (.bzip2, "bzip2"), (.lz4, "lz4")])
  func emptyMembers(_ format: CompressionFormat, _ tool: String) throws {
    try scratch.run("\(tool) -c </dev/null >nothing; \(tool) -c image >packed")
    let (nothing, packed) = try (scratch.contents("nothing"), scratch.contents("packed"))
    let few = Array(repeatElement(nothing, count: 100).joined())
    #expect(try decode(few + packed + few, format).content == mixedContent(5000))
    let many = Array(repeatElement(nothing, count: 4097).joined())
    guard case .corrupt? = decodingError(many + packed, format) else {
      Issue.record("not refused")
      return
    }
  }

  @Test("LZMA with a dictionary of 1 GiB is refused")
  func lzmaDictionary() throws {
    try scratch.run("xz --format=lzma -c image >packed")
    var packed = try scratch.contents("packed")
    packed[4] = 0x40
    packed[3] = 0
    guard case .memoryLimit(let needed?, DecodingLimits.usualMemory) = decodingError(packed, .lzma) else {
      Issue.record("not refused")
      return
    }
    #expect(needed >= 1 << 30)
  }

  @Test("a Zstandard frame with a window of 2 GiB is refused, one of 128 MiB is not")
  func window() throws {
    try scratch.run("zstd -c <image >packed")
    var packed = try scratch.contents("packed")
    packed[5] = (31 - 10) << 3
    #expect(decodingError(packed, .zstd) == .windowTooLarge(needed: 1 << 31, allowed: 1 << 27))
    packed[5] = (27 - 10) << 3
    #expect(decodingError(packed, .zstd) == nil)
    // An eighth more.
    packed[5] |= 1
    #expect(decodingError(packed, .zstd) == .windowTooLarge(needed: 9 << 24, allowed: 1 << 27))
  }

  @Test("a frame that states its length instead of a window needs as much")
  func singleSegment() {
    let header: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xA0, 1, 0, 0, 0x10]
    #expect(
      decodingError(header + [1, 0, 0], .zstd) == .windowTooLarge(needed: 0x1000_0001, allowed: 1 << 27))
  }

  @Test("dictionaries that are not there")
  func dictionaries() throws {
    try scratch.run("zstd -c <image >packed; lz4 -c image >lz4")
    let packed = try scratch.contents("packed")
    let named = packed[..<4] + [packed[4] | 1, packed[5], 77] + packed[6...]
    #expect(decodingError(Array(named), .zstd) == .unsupported(.dictionary, offset: 0))
    var frame = try scratch.contents("lz4")
    frame[4] |= 1
    #expect(decodingError(frame, .lz4) == .unsupported(.dictionary, offset: 0))
  }

  @Test("xz with a check that nobody knows")
  func unknownCheck() throws {
    try scratch.run(
      """
      xz -c image >plain
      python3 - <<'END'
      import zlib
      packed = bytearray(open("plain", "rb").read())
      packed[7] = 5
      packed[8:12] = zlib.crc32(packed[6:8]).to_bytes(4, "little")
      open("packed", "wb").write(packed)
      END

      """)
    #expect(decodingError(try scratch.contents("packed"), .xz) == .unsupported(.check, offset: 0))
  }

  @Test("a bomb is made piece by piece, and can be stopped after any of them", arguments: Packing.plain)
  func bomb(packing: Packing) throws {
    let packed = try packing.pack([UInt8](repeating: 0, count: 64 << 20))
    var decompressor = try Decompressor(packing.format, limits: .single)
    var output = [UInt8](repeating: 1, count: 4096)
    var elements = output.mutableSpan
    // Safe: every byte pattern is a valid UInt8.
    var room = unsafe elements.mutableBytes
    var start = 0
    while decompressor.producedByteCount < 1 << 20 {
      let step = try decompressor.step(packed.span.extracting(start...), isLast: true, into: &room)
      start += step.consumed
      #expect(!step.isAtEnd && step.produced <= 4096)
    }
    #expect(decompressor.producedByteCount <= 1 << 20 + 4096)
  }
}

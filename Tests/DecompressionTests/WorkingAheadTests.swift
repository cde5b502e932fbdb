import Decompression
import TestSupport
import Testing

@Suite("Threads that decode go on while nobody takes what they make")
struct WorkingAheadTests {
  private static let threaded = DecodingLimits(processors: 4)

  @Test("what comes out is what went in, however far they were ahead", arguments: Packing.all)
  func shapes(packing: Packing) throws {
    let content = mixedContent(300_000)
    let packed = try packing.pack(content)
    for seed in 0..<6 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let longest = 1 << Int.random(in: 6...16, using: &generator)
      let result = try decode(
        packed, packing.format, limits: Self.threaded,
        inputs: { Int.random(in: 1...longest, using: &generator) },
        ahead: { seed == 0 || Bool.random() })
      #expect(result.content == content, "seed \(seed), up to \(longest)")
      #expect(result.isChecked == packing.isChecked)
    }
  }

  @Test("they take whole blocks that nobody has room for; a single thread, and other formats, take nothing")
  func takes() throws {
    let content = [UInt8].random(400_000, seed: 1)
    let packed = try Packing(format: .xz, script: "xz -T2 --block-size=50000 -c image").pack(content)
    // Room for no more than a byte at a time, so that all the rest was taken without any.
    let result = try decode(packed, .xz, limits: Self.threaded, outputs: { 1 }, ahead: { true })
    #expect(result.aheadByteCount > packed.count / 2 && result.content == content)
    #expect(try decode(packed, .xz, ahead: { true }).aheadByteCount == 0)
    let other = try Packing(format: .zstd, script: "zstd -c image").pack(content)
    #expect(try decode(other, .zstd, limits: Self.threaded, ahead: { true }).aheadByteCount == 0)
  }

  @Test("R49: they are not ahead by more than the limit of memory allows")
  func bounded() throws {
    let content = [UInt8](repeating: 7, count: 64 << 20)
    let packed = try Packing(format: .xz, script: "xz -T2 --block-size=8MiB -c image").pack(content)
    var limits = Self.threaded
    limits.threadedMemory = 24 << 20
    var decompressor = try Decompressor(.xz, limits: limits)
    var output = [UInt8](repeating: 0, count: 1)
    var elements = output.mutableSpan
    // Safe: every byte pattern is a valid UInt8.
    var room = unsafe elements.mutableBytes
    var start = try decompressor.step(packed.span, isLast: false, into: &room).consumed
    while start < packed.count {
      let count = try decompressor.workAhead(packed.span.extracting(start...))
      guard count > 0 else { break }
      start += count
    }
    // Eight blocks are packed alike.
    #expect(start < packed.count / 2)
  }

  @Test(
    "R49: what is cut off or damaged is no image then either",
    arguments: Packing.plain.filter { $0.format == .xz })
  func damage(packing: Packing) throws {
    let content = mixedContent(6000)
    let packed = try packing.pack(content)
    for end in stride(from: 1, to: packed.count, by: 7) {
      #expect(throws: DecodingError.self) {
        try decode(Array(packed[..<end]), .xz, limits: Self.threaded, inputs: { 64 }, ahead: { true })
      }
    }
    for place in stride(from: 0, to: packed.count, by: 3) {
      var flipped = packed
      flipped[place] ^= 0x10
      guard
        let result = try? decode(flipped, .xz, limits: Self.threaded, inputs: { 64 }, ahead: { true })
      else { continue }
      #expect(result.content == content, "byte \(place)")
    }
  }
}

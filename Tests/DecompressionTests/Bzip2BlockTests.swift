import TestSupport
import Testing

@testable import Decompression

/// What decodes a block of bzip2, against the programs that make them; Python's decoder, which is libbz2's, judges what
/// nobody makes.
@Suite("R49: a block of bzip2 is what libbz2 says")
struct Bzip2BlockTests {
  private let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  private func pack(_ content: [UInt8], _ script: String) throws -> [UInt8] {
    try scratch.write(content, to: "image")
    try scratch.run("set -e; { \(script); } >packed")
    return try scratch.contents("packed")
  }

  /// Bytes of different shapes, each of which asks something else of a decoder.
  private static func shapes(_ count: Int, seed: UInt64) -> [(name: String, content: [UInt8])] {
    let noise = [UInt8].random(count, seed: seed)
    let period = Int(seed % 40) + 2
    return [
      ("noise", noise),
      ("few values", noise.map { $0 & 3 }),
      ("one value", [UInt8](repeating: noise.first ?? 7, count: count)),
      ("a period", (0..<count).map { UInt8($0 % period * 5) }),
      ("runs", noise.flatMap { [UInt8](repeating: $0, count: Int($0 % 9)) }.prefix(count).map { $0 }),
      ("far from the front", (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167) }),
    ]
  }

  @Test(
    "lengths at which something changes",
    arguments: [1, 3, 4, 5, 8, 16, 17, 255, 256, 258, 259, 260, 263, 264, 518, 1023, 1025])
  func lengths(count: Int) throws {
    for (name, content) in Self.shapes(count, seed: UInt64(count)) where !content.isEmpty {
      let packed = try pack(content, "bzip2 -1c image")
      #expect(try decode(packed, .bzip2).content == content, "\(name), \(count)")
    }
  }

  @Test("full to the last byte, and more", arguments: [99_980, 99_981, 99_999, 100_000, 100_001])
  func fullBlocks(count: Int) throws {
    for (name, content) in Self.shapes(count, seed: 11) {
      let packed = try pack(content, "bzip2 -1c image")
      #expect(try decode(packed, .bzip2).content == content, "\(name), \(count)")
    }
  }

  @Test("every level", arguments: 1...9)
  func levels(level: Int) throws {
    let content = Self.shapes(200_000, seed: UInt64(level)).flatMap(\.content)
    let packed = try pack(content, "bzip2 -\(level)c image")
    #expect(try decode(packed, .bzip2).content == content)
    #expect(try decode(packed, .bzip2, limits: DecodingLimits(processors: 3)).content == content)
  }

  @Test("pieces of a block that grows far, in any room")
  func growing() throws {
    let content = [UInt8](repeating: 9, count: 5_000_000) + [1, 2] + [UInt8](repeating: 0, count: 3_000_001)
    let packed = try pack(content, "bzip2 -9c image")
    #expect(try decode(packed, .bzip2, outputs: { 77_777 }).content == content)
    #expect(try decode(packed, .bzip2, outputs: { 3 << 20 }).content == content)
  }

  // MARK: - What nobody makes

  /// Writes the bits of a stream that holds one block.
  private struct Forge {
    private var bits: [Bool] = []

    mutating func add(_ value: UInt64, _ count: Int) {
      for bit in (0..<count).reversed() { bits.append(value >> UInt64(bit) & 1 != 0) }
    }

    var bytes: [UInt8] {
      stride(from: 0, to: bits.count, by: 8).map { start in
        (start..<min(start + 8, bits.count)).reduce(into: UInt8(0)) { byte, bit in
          if bits[bit] { byte |= 0x80 >> UInt8(bit - start) }
        }
      }
    }
  }

  /// What a forged block has; without changes it is a good one.
  private struct Plan {
    var checksum: UInt32 = 0
    var isRandomised = false
    var first: UInt64 = 0
    var tableCount: UInt64 = 2
    var selectorCount: UInt64 = 1
    /// The lengths of the codes: of the two digits, of the other byte values in use, of the end.
    var codeLengths = [2, 2, 2, 2]
    /// The bits of the symbols.
    var symbols: [(UInt64, Int)] = []
  }

  /// A stream of one block in which the bytes `a` and `b` are.
  private func forge(_ plan: Plan) -> [UInt8] {
    var forge = Forge()
    for byte in Array("BZh1".utf8) { forge.add(UInt64(byte), 8) }
    forge.add(Bzip2Block.magic, 48)
    forge.add(UInt64(plan.checksum), 32)
    forge.add(plan.isRandomised ? 1 : 0, 1)
    forge.add(plan.first, 24)
    forge.add(0x0200, 16)
    forge.add(0x6000, 16)
    forge.add(plan.tableCount, 3)
    forge.add(plan.selectorCount, 15)
    for _ in 0..<plan.selectorCount { forge.add(0, 1) }
    for _ in 0..<plan.tableCount {
      var length = plan.codeLengths[0]
      forge.add(UInt64(length), 5)
      for wanted in plan.codeLengths {
        while length < wanted {
          forge.add(0b10, 2)
          length += 1
        }
        while length > wanted {
          forge.add(0b11, 2)
          length -= 1
        }
        forge.add(0, 1)
      }
    }
    for (bits, count) in plan.symbols { forge.add(bits, count) }
    forge.add(Bzip2Block.endMagic, 48)
    forge.add(UInt64(plan.checksum), 32)
    return forge.bytes
  }

  /// What Python's decoder makes of a stream; nil where it refuses that.
  private func judge(_ packed: [UInt8]) throws -> [UInt8]? {
    try scratch.write(packed, to: "packed")
    try scratch.run(
      """
      python3 - <<'END'
      import bz2
      decoder = bz2.BZ2Decompressor()
      try:
        content = decoder.decompress(open('packed', 'rb').read())
      except OSError:
        content = b''
      good = decoder.eof and not decoder.unused_data
      open('judged', 'wb').write(b'+' + content if good else b'-')
      END

      """)
    let judged = try scratch.contents("judged")
    return judged.first == UInt8(ascii: "+") ? Array(judged.dropFirst()) : nil
  }

  /// Compares both decoders, on one thread and on several.
  private func compare(_ packed: [UInt8], _ name: String) throws -> [UInt8]? {
    let judged = try judge(packed)
    let own = try? decode(packed, .bzip2).content
    let beside = try? decode(packed, .bzip2, limits: DecodingLimits(processors: 3)).content
    #expect(own == judged, "\(name)")
    #expect(beside == judged, "\(name), threads")
    return judged
  }

  /// The checksum of bzip2, bit by bit.
  private func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte) << 24
      for _ in 0..<8 { sum = sum & 0x8000_0000 != 0 ? sum << 1 ^ 0x04C1_1DB7 : sum << 1 }
    }
    return ~sum
  }

  /// A digit of one, a digit of two, the second byte of the list, the end; codes of two bits.
  private static let (one, two, other, end) = ((UInt64(0), 2), (UInt64(1), 2), (UInt64(2), 2), (UInt64(3), 2))

  @Test("runs of the sorted column, and where the content begins in it")
  func forged() throws {
    // a, a, b, a: sorted a, a, a, b.
    for first in 0..<6 as Range<UInt64> {
      var plan = Plan(first: first, symbols: [Self.two, Self.other, Self.other, Self.end])
      for content in ["aaba", "aaab", "abaa", "baaa", "aaaa"] {
        plan.checksum = checksum(Array(content.utf8))
        _ = try compare(forge(plan), "\(content) from \(first)")
      }
    }
  }

  @Test("a content that is some bytes over and over again")
  func periodic() throws {
    // The last column of its rotations is b, b, a, a: the way is back where it began after two bytes.
    let plan = Plan(
      checksum: checksum(Array("abab".utf8)),
      symbols: [Self.other, Self.one, Self.other, Self.one, Self.end])
    #expect(try compare(forge(plan), "abab") == Array("abab".utf8))
  }

  @Test("four equal bytes with nothing behind them")
  func missingCount() throws {
    let plan = Plan(
      checksum: checksum(Array("aaaa".utf8)), symbols: [Self.two, Self.one, Self.end])
    #expect(try compare(forge(plan), "aaaa") == nil)
    var five = Plan(symbols: [Self.one, Self.two, Self.end])
    five.checksum = checksum([UInt8](repeating: 0x61, count: 4 + 0x61))
    #expect(try compare(forge(five), "five") == [UInt8](repeating: 0x61, count: 4 + 0x61))
  }

  @Test("runs that are longer than any block, and digits without end")
  func longRuns() throws {
    for count in [1, 15, 16, 17, 20, 21, 22, 23, 49] {
      for digit in [Self.one, Self.two] {
        let plan = Plan(symbols: Array(repeating: digit, count: count) + [Self.end])
        _ = try compare(forge(plan), "\(count) digits")
      }
    }
  }

  @Test("codes of which there are too many or too few, and those of any length")
  func codes() throws {
    let content = Array("abba".utf8)
    let few = [
      [1, 1, 1, 1], [1, 2, 3, 3], [20, 20, 20, 1], [1, 12, 20, 20], [3, 3, 3, 3], [11, 12, 2, 1],
    ]
    for lengths in few {
      for seed in 0..<6 as Range<UInt64> {
        var plan = Plan(checksum: checksum(content), codeLengths: lengths)
        plan.symbols = [UInt8].random(12, seed: seed).map { (UInt64($0), 8) }
        _ = try compare(forge(plan), "\(lengths), \(seed)")
      }
    }
    _ = try compare(forge(Plan(codeLengths: [21, 20, 20, 20], symbols: [Self.end])), "21")
    _ = try compare(forge(Plan(codeLengths: [0, 1, 2, 3], symbols: [Self.end])), "0")
  }

  @Test("more selectors than there may be groups, and too few of them")
  func selectors() throws {
    let content = Array("aa".utf8)
    for count in [0, 1, 2, 18_001, 18_002, 18_003, 32_767] as [UInt64] {
      var plan = Plan(checksum: checksum(content), selectorCount: count)
      plan.symbols = [Self.two, Self.end]
      let judged = try compare(forge(plan), "\(count) selectors")
      #expect((judged == content) == (count > 0))
      // Sixty symbols are two groups.
      plan.symbols = Array(repeating: [Self.other, Self.one], count: 30).flatMap { $0 } + [Self.end]
      _ = try compare(forge(plan), "\(count) selectors of two groups")
    }
    for count in [0, 1, 7] as [UInt64] {
      #expect(try compare(forge(Plan(tableCount: count, symbols: [Self.two, Self.end])), "tables") == nil)
    }
  }

  @Test("blocks of which bits were flipped, as the first versions did")
  func randomised() throws {
    // So many bytes that the table of places begins again; of a few values only, and never four equal ones.
    let before = (0..<300_000).map { UInt8(0x40 + $0 * 7 % 11) }
    let packed = try pack(before, "bzip2 -9c image")
    var bits = Bits(packed)
    bits.flip(32 + 48 + 32)
    // Python says what the content is, as soon as the checksums are right; so it is asked for them first.
    try scratch.write(bits.bytes, to: "packed")
    try scratch.run(
      """
      python3 - <<'END'
      import bz2
      decoder, data, content = bz2.BZ2Decompressor(), open('packed', 'rb').read(), b''
      try:
        while True:
          content += decoder.decompress(data, 1)
          data = b''
      except OSError:
        open('content', 'wb').write(content)
      END

      """)
    // The last byte goes together with the checksum, and is one of two.
    let content = try scratch.contents("content")
    #expect(content.count == before.count - 1)
    var judged: [[UInt8]] = []
    for last in [before[content.count], before[content.count] ^ 1] {
      let sum = checksum(content + [last])
      bits.replace(32 + 48, sum)
      bits.replace(bits.endMagic + 48, sum)
      if let good = try compare(bits.bytes, "randomised") { judged.append(good) }
    }
    #expect(judged.map { $0.dropLast() } == [content[...]])
    #expect(zip(content, before).count { $0 != $1 } > 520)
  }

  /// A stream whose bits can be changed.
  private struct Bits {
    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func flip(_ bit: Int) { bytes[bit / 8] ^= 0x80 >> UInt8(bit % 8) }

    mutating func replace(_ start: Int, _ value: UInt32) {
      for bit in 0..<32 where (bytes.bits(1, at: start + bit) != 0) != (value << UInt32(bit) & 1 << 31 != 0) {
        flip(start + bit)
      }
    }

    /// Where the end of the stream begins, which is padded to a byte.
    var endMagic: Int {
      let last = bytes.count * 8 - Bzip2Block.headBitCount
      return (last - 7...last).first { bytes.bits(48, at: $0) == Bzip2Block.endMagic } ?? last
    }
  }

  @Test("damage anywhere: refused or the same", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func damaged(seed: UInt64) throws {
    let content = Self.shapes(700, seed: seed)[Int(seed) - 1].content
    let packed = try pack(content, "bzip2 -1c image")
    // All damaged ones are judged by one program.
    var generator = SeededGenerator(seed: seed)
    let damaged = (0..<400).map { _ in
      var bits = Bits(packed)
      for _ in 0...Int.random(in: 0...2, using: &generator) {
        bits.flip(Int.random(in: 32..<packed.count * 8, using: &generator))
      }
      return bits.bytes
    }
    try scratch.write(damaged.flatMap { $0 }, to: "damaged")
    try scratch.run(
      """
      python3 - <<'END'
      import bz2
      data, size, good = open('damaged', 'rb').read(), \(packed.count), b''
      for start in range(0, len(data), size):
        decoder = bz2.BZ2Decompressor()
        try:
          decoder.decompress(data[start:start + size])
          good += b'+' if decoder.eof and not decoder.unused_data else b'-'
        except OSError:
          good += b'-'
      open('judged', 'wb').write(good)
      END

      """)
    let judged = try scratch.contents("judged")
    for (bytes, isGood) in zip(damaged, judged) {
      let own = try? decode(bytes, .bzip2).content
      #expect((own != nil) == (isGood == UInt8(ascii: "+")))
      if let own { #expect(own == content) }
    }
  }
}

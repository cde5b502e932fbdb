import BlockIO
import ImageSupport
import TestSupport
import Testing

@testable import Writer

@Suite("R42: what a medium holds in place of what it should")
struct DamageTests {
  private let image = [UInt8].random(6 << 20, seed: 0xDA)

  /// Compares as the writer does, piece by piece, and looks for what was found elsewhere.
  private func differences(_ found: [UInt8], from expected: [UInt8]? = nil) throws -> Differences {
    let expected = expected ?? image
    var left = AlignedBuffer(byteCount: 4 << 20)
    var right = AlignedBuffer(byteCount: 4 << 20)
    var all = Differences()
    for start in stride(from: 0, to: expected.count, by: 4 << 20) {
      let end = min(start + (4 << 20), expected.count)
      left.copy(from: Array(expected[start..<end]).span, at: 0)
      right.copy(from: Array(found[start..<end]).span, at: 0)
      var part = Differences()
      part.compare(left, right, range: 0..<(end - start), at: UInt64(start))
      all.append(part)
    }
    let stream = try MemoryImage(expected).start()
    all.searchImage(stream, byteCount: UInt64(expected.count), progress: ProgressMeter())
    return all
  }

  @Test("R46: whole pages of 0xFF are where flash has lost something; the end of a bitmap is none")
  func pages() throws {
    func damage(_ ranges: [Range<Int>]) throws -> Damage {
      var found = image
      for range in ranges { found.replaceSubrange(range, with: repeatElement(0xFF, count: range.count)) }
      return try differences(found).damage
    }
    let (bitmap, page) = (1_049_088..<1_052_672, 2_097_152..<2_101_248)
    #expect(try damage([bitmap]).onesBlockCount == 7 && damage([bitmap]).onesExtent == nil)
    #expect(try damage([bitmap, page]).onesExtent == 2_097_152..<2_101_248)
    #expect(try damage([page, 5_242_880..<5_251_072]).onesExtent == 2_097_152..<5_251_072)
  }

  @Test("zeros, 0xFF, single bits and anything else are told apart, wherever they are")
  func classes() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<8 {
      var found = image
      let blocks = (0..<found.count / 512).shuffled(using: &generator).prefix(40).map { $0 * 512 }
      for block in blocks[..<10] {
        found.replaceSubrange(block..<(block + 512), with: repeatElement(0, count: 512))
      }
      for block in blocks[10..<20] {
        found.replaceSubrange(block..<(block + 512), with: repeatElement(0xFF, count: 512))
      }
      var flipped = 0
      for block in blocks[20..<30] {
        // Different bytes, so that no bit is flipped back.
        for place in (0..<512).shuffled(using: &generator).prefix(Int.random(in: 1...16, using: &generator)) {
          found[block + place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
          flipped += 1
        }
      }
      for block in blocks[30...] {
        found.replaceSubrange(block..<(block + 512), with: [UInt8].random(512, seed: generator.next()))
      }
      let damage = try differences(found).damage
      #expect(damage.zeroBlockCount == 10, "seed \(seed)")
      #expect(damage.onesBlockCount == 10, "seed \(seed)")
      #expect(damage.bitBlockCount == 10, "seed \(seed)")
      #expect(damage.flippedBitCount == flipped, "seed \(seed)")
      #expect(damage.otherBlockCount == 10, "seed \(seed)")
      #expect(damage.displacement == nil, "random bytes are nowhere in the image, seed \(seed)")
    }
  }

  @Test("data of another place of the image is found there, and by how much it is off", arguments: [-1, 1])
  func displaced(sign: Int) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<6 {
      let distance = Int.random(in: 1...4000, using: &generator) * 512
      let place = Int.random(in: 4096...8000, using: &generator) * 512
      var found = image
      found.replaceSubrange(
        place..<(place + 16_384), with: image[(place - sign * distance)..<(place - sign * distance + 16_384)])
      let displacement = try #require(try differences(found).damage.displacement, "seed \(seed)")
      #expect(displacement.distance == UInt64(distance), "seed \(seed)")
      #expect(displacement.isBehind == (sign > 0), "seed \(seed)")
      #expect(displacement.blockCount == displacement.soughtCount, "seed \(seed)")
      #expect(!displacement.isWrap, "one request that went astray is no capacity, seed \(seed)")
    }
  }

  @Test(
    "a medium that wraps is told by the true size, whichever write has won", arguments: [3 << 20, 4 << 20])
  func wrapped(size: Int) throws {
    // The first one: all behind the end is what lies at the beginning.
    let first = Array(image[..<size]) + image[..<(image.count - size)]
    // The last one: the beginning is what belongs behind the end; the head is written last of all.
    let last = Array(image[..<(1 << 20)]) + image[(size + (1 << 20))...] + image[(image.count - size)...]
    for (found, isBehind) in [(first, true), (last, false)] {
      let displacement = try #require(try differences(found).damage.displacement)
      #expect(displacement.distance == UInt64(size))
      #expect(displacement.isBehind == isBehind)
      #expect(displacement.isWrap)
    }
  }

  @Test("what the image has twice tells no distance")
  func repeated() throws {
    let size = 1 << 20
    var twice = Array(image[..<size])
    twice += image[..<(2 * size)]
    var found = twice
    found.replaceSubrange((2 * size)..<(2 * size + 4096), with: twice[..<4096])
    #expect(try differences(found, from: twice).damage.displacement == nil)
  }

  @Test("however much differs, a bounded part of it is looked at")
  func bounded() throws {
    let damage = try differences(image.map { ~$0 }).damage
    #expect(damage.blockCount == 2 * Damage.blocksPerPiece)
    #expect(damage.samples.count <= 64)
  }
}

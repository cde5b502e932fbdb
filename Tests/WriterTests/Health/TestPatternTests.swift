import BlockIO
import TestSupport
import Testing

@testable import Writer

@Suite("What a test writes")
struct TestPatternTests {
  private let pattern = TestPattern(run: 43)
  private let sector = TestPattern.sectorByteCount

  /// What a pattern has for a place.
  private func bytes(_ pattern: TestPattern, at offset: UInt64, sectors: Int = 1) -> [UInt8] {
    var memory = AlignedBuffer(byteCount: 1 << 16)
    pattern.fill(&memory, range: 0..<(sectors * sector), at: offset)
    return memory.copied(0..<(sectors * sector))
  }

  /// What is said of a sector that was read from a place.
  private func fault(_ found: [UInt8], from offset: UInt64) -> SurfaceFault {
    var memory = AlignedBuffer(byteCount: 4096)
    var expected = AlignedBuffer(byteCount: 4096)
    memory.copy(from: found.span, at: sector)
    pattern.fill(&expected, range: sector..<(2 * sector), at: offset)
    return pattern.fault(of: memory, at: sector, from: offset, &expected)
  }

  @Test("no two sectors are alike, nor those of two runs, and none ends as a boot record does")
  func different() {
    var seen: Set<[UInt8]> = []
    for run in [1, 2] as [UInt64] {
      let pattern = TestPattern(run: run)
      for offset in [0, 512, 1024, 1 << 20, 1 << 32, (1 << 40) + 512] as [UInt64] {
        let bytes = bytes(pattern, at: offset)
        #expect(seen.insert(bytes).inserted)
        #expect(bytes.suffix(2) != [0x55, 0xAA])
        #expect(Set(bytes[24..<504]).count > 100, "noise")
      }
    }
    #expect(bytes(pattern, at: 512, sectors: 2) == bytes(pattern, at: 512) + bytes(pattern, at: 1024))
  }

  @Test("a sector that is not the right one tells what it is")
  func faults() {
    let own = bytes(pattern, at: 8192)
    #expect(fault(bytes(pattern, at: 12288), from: 8192) == .stray(distance: 4096))
    #expect(fault(bytes(pattern, at: 512), from: 8192) == .stray(distance: -7680))
    #expect(fault(bytes(TestPattern(run: 1), at: 8192), from: 8192) == .stale)
    #expect(fault([UInt8](repeating: 0, count: 512), from: 8192) == .zeros)
    #expect(fault([UInt8](repeating: 0xFF, count: 512), from: 8192) == .lost)
    for place in [0, 9, 17, 100, 510] {
      var flipped = own
      flipped[place] ^= 4
      #expect(fault(flipped, from: 8192) == .damaged, "byte \(place)")
    }
    // The name of another place on the noise of this one is nobody's.
    #expect(fault(Array(bytes(pattern, at: 512).prefix(24) + own.dropFirst(24)), from: 8192) == .damaged)
    #expect(fault(.random(512, seed: 5), from: 8192) == .lost)
  }
}

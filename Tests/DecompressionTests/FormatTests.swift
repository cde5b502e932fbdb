import BlockIO
import Decompression
import TestSupport
import Testing

@Suite("Compressed images are recognised by their content")
struct FormatTests {
  private static let lzma: [UInt8] = [0x5D, 0, 0, 0x80, 0] + [UInt8](repeating: 0xFF, count: 8) + [0, 1, 2]

  @Test("what boots is none of them")
  func images() {
    let disk = [0xEB, 0x63, 0x90] + [UInt8](repeating: 0, count: 507) + [0x55, 0xAA]
    let loader: [UInt8] = [
      0x33, 0xC0, 0x8E, 0xD0, 0xBC, 0x00, 0x7C, 0x8E, 0xC0, 0x8E, 0xD8, 0xBE, 0x00, 0x7C,
    ]
    for prefix in [[], [0], disk, loader, [UInt8](repeating: 0, count: 64), Array("ER".utf8)] {
      #expect(CompressionFormat(prefix: prefix) == nil)
    }
    for seed in 0..<500 as Range<UInt64> {
      #expect(CompressionFormat(prefix: .random(64, seed: seed)) == nil)
    }
  }

  @Test("LZMA has no magic number, and everything that its header can say is looked at")
  func lzma() {
    #expect(CompressionFormat(prefix: Self.lzma) == .lzma)
    func changed(_ index: Int, _ byte: UInt8) -> CompressionFormat? {
      var prefix = Self.lzma
      prefix[index] = byte
      return CompressionFormat(prefix: prefix)
    }
    for (pb, lp, lc) in [(0, 0, 0), (2, 0, 4), (4, 4, 0), (1, 2, 2)] {
      #expect(changed(0, UInt8((pb * 5 + lp) * 9 + lc)) == .lzma)
    }
    for (pb, lp, lc) in [(2, 0, 5), (0, 2, 3), (5, 0, 0)] {
      #expect(changed(0, UInt8((pb * 5 + lp) * 9 + lc)) == nil)
    }
    #expect(changed(1, 1) == nil)
    #expect(changed(3, 0x90) == nil)
    #expect(changed(3, 0xC0) == .lzma)
    #expect(changed(3, 0) == nil)
    #expect(changed(9, 0) == nil)
    #expect(changed(13, 1) == nil)
    #expect(CompressionFormat(prefix: Array(Self.lzma.prefix(13))) == nil)
    let sized = [0x5D, 0, 0, 0x80, 0, 0, 0, 0, 0, 0x3F, 0, 0, 0, 0] as [UInt8]
    #expect(CompressionFormat(prefix: sized) == .lzma)
    // The first sector of a disk with hardly any boot code; its length is 0.
    #expect(CompressionFormat(prefix: [0, 0, 0, 0, 4] + [UInt8](repeating: 0, count: 59)) == nil)
    var huge = sized
    huge[9] = 0x40
    #expect(CompressionFormat(prefix: huge) == nil)
  }

  @Test("frames without data are of two formats alike, and what follows them says which it is")
  func skippable() throws {
    let frame: [UInt8] = [0x5F, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9]
    #expect(CompressionFormat(prefix: frame + [0x28, 0xB5, 0x2F, 0xFD]) == .zstd)
    #expect(CompressionFormat(prefix: frame + frame + [0x04, 0x22, 0x4D, 0x18]) == .lz4)
    #expect(CompressionFormat(prefix: [0x60] + frame.dropFirst() + [0x28, 0xB5, 0x2F, 0xFD]) == nil)
    let many = Array(repeatElement(frame, count: 500).joined())
    #expect(try CompressionFormat(of: many + [0x04, 0x22, 0x4D, 0x18, 0]) == .lz4)
  }

  @Test("what begins with a frame without data is packed, whatever can be seen of what follows")
  func undecided() throws {
    let frame: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 200, 0, 0, 0]
    for begun in [
      frame, Array(frame.prefix(4)), frame + [1, 2, 3], frame + [UInt8](repeating: 0, count: 504),
    ] {
      #expect(CompressionFormat(prefix: begun) == .zstd)
      #expect(try CompressionFormat(of: begun) == .zstd)
    }
    #expect(CompressionFormat(prefix: Array(frame.prefix(3))) == nil)
  }

  @Test("indexes of xz that make no sense state nothing")
  func lyingIndexes() throws {
    let packed = try Packing(format: .xz, script: "xz --block-size=500 -c image").pack(mixedContent(5000))
    #expect(try CompressionFormat.xz.statedByteCount(in: packed) == 5000)
    for count in packed.indices {
      #expect(try CompressionFormat.xz.statedByteCount(in: Array(packed.prefix(count))) == nil)
    }
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<2000 {
      var damaged = packed
      let place = Int.random(in: packed.count - 80..<packed.count, using: &generator)
      damaged[place] = .random(in: 0...255, using: &generator)
      _ = try CompressionFormat.xz.statedByteCount(in: damaged)
    }
    #expect(try CompressionFormat.xz.statedByteCount(in: [UInt8](repeating: 0, count: 100_000)) == nil)
  }
}

import BlockIO
import ImageSource
import TestSupport
import Testing

@testable import Writer

@Suite("The plan of a write")
struct WritePlanTests {
  private func geometry(_ bytes: UInt64, logical: Int = 512, physical: Int = 512) -> BlockGeometry {
    BlockGeometry(
      byteCount: bytes, logicalBlockSize: logical, physicalBlockSize: physical, isReadOnly: false,
      diskSequence: nil)
  }

  @Test("R34: an image larger than the medium is refused before anything is written")
  func tooLarge() {
    // Also by its own account, which is no proof, but reason enough not to begin.
    for length in [ImageLength.exact(1_048_577), .stated(1_048_577)] {
      #expect(throws: WritePlanError.tooLarge(image: length, capacity: 1_048_576)) {
        try WritePlan(imageLength: length, geometry: geometry(1_048_576), digest: .none)
      }
    }
    // A partial last block of a 4096-byte medium cannot be addressed.
    #expect(throws: WritePlanError.tooLarge(image: .exact(8193), capacity: 8192)) {
      try WritePlan(
        imageLength: .exact(8193), geometry: geometry(12_287, logical: 4096, physical: 4096), digest: .none)
    }
    #expect(throws: WritePlanError.empty) {
      try WritePlan(imageLength: .exact(0), geometry: geometry(1 << 20), digest: .none)
    }
  }

  @Test("what is not known of an image is not planned, and it may take the whole medium")
  func unknown() throws {
    for length in [ImageLength.unknown, .stated(0), .stated(1), .stated(40 << 20)] {
      let plan = try WritePlan(imageLength: length, geometry: geometry(40 << 20), digest: .none)
      #expect(plan.layout == nil)
      #expect(plan.largestWrittenByteCount == 40 << 20)
      #expect(plan.layout(of: 0) == nil && plan.layout(of: 40 << 20 + 1) == nil)
      // Once it is known, it is what a plan of an exact length would have had.
      for size in [1, 4096, 1 << 20, 5 << 20 + 1, 40 << 20] as [UInt64] {
        let exact = try WritePlan(imageLength: .exact(size), geometry: geometry(40 << 20), digest: .none)
        #expect(plan.layout(of: size) == exact.layout)
        #expect(exact.largestWrittenByteCount == exact.layout?.writtenByteCount)
      }
    }
  }

  @Test("R35: whatever the sizes, the plan covers the image in aligned pieces within the medium")
  func coverage() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let logical = [512, 1024, 2048, 4096].randomElement(using: &generator) ?? 512
      let capacity = UInt64.random(in: 8192...(40 << 20), using: &generator)
      let image = UInt64.random(in: 1...(capacity / UInt64(logical) * UInt64(logical)), using: &generator)
      let plan = try WritePlan(
        imageLength: .exact(image), geometry: geometry(capacity, logical: logical, physical: 4096),
        staleSignatures: [image..<(image + 8)], digest: .none)
      let layout = try #require(plan.layout)
      var position = UInt64(layout.headByteCount)
      for piece in layout.bodyPieces {
        #expect(piece.lowerBound == position, "seed \(seed)")
        #expect(!piece.isEmpty && piece.count <= WritePlan.pieceByteCount)
        position = piece.upperBound
      }
      #expect(position == layout.writtenByteCount, "seed \(seed)")
      #expect(layout.writtenByteCount >= image && layout.writtenByteCount <= plan.capacity)
      #expect(layout.writtenByteCount % UInt64(logical) == 0)
      #expect(plan.erasedRanges.allSatisfy { $0.upperBound <= plan.capacity && !$0.isEmpty })
      #expect(plan.erasedRanges.allSatisfy { $0.lowerBound % UInt64(logical) == 0 })
      #expect(plan.erasedRanges.first?.lowerBound == 0)
      #expect(plan.erasedRanges.last?.upperBound == plan.capacity)
      for (left, right) in zip(plan.erasedRanges, plan.erasedRanges.dropFirst()) {
        #expect(left.upperBound < right.lowerBound, "seed \(seed)")
      }
    }
  }

  @Test("R36: stale signatures in the middle are erased in whole blocks")
  func signatures() throws {
    let plan = try WritePlan(
      imageLength: .exact(2 << 20), geometry: geometry(256 << 20),
      staleSignatures: [67_174_464..<67_174_472, 70_000_000..<70_000_001, (300 << 20)..<(300 << 20) + 8],
      digest: .none)
    #expect(
      plan.erasedRanges == [
        0..<1_048_576, 67_174_400..<67_174_912, 69_999_616..<70_000_128, 267_386_880..<268_435_456,
      ])
  }

  @Test("block sizes that make no sense are refused", arguments: [0, 1, 256, 513, 131_072])
  func blockSizes(logical: Int) {
    #expect(throws: WritePlanError.self) {
      try WritePlan(imageLength: .exact(1), geometry: geometry(1 << 20, logical: logical), digest: .none)
    }
  }
}

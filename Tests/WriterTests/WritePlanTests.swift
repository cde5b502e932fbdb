import BlockIO
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
    #expect(throws: WritePlanError.tooLarge(image: 1_048_577, capacity: 1_048_576)) {
      try WritePlan(imageByteCount: 1_048_577, geometry: geometry(1_048_576), digest: .none)
    }
    // A partial last block of a 4096-byte medium cannot be addressed.
    #expect(throws: WritePlanError.tooLarge(image: 8193, capacity: 8192)) {
      try WritePlan(
        imageByteCount: 8193, geometry: geometry(12_287, logical: 4096, physical: 4096), digest: .none)
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
        imageByteCount: image, geometry: geometry(capacity, logical: logical, physical: 4096),
        staleSignatures: [image..<(image + 8)], digest: .none)
      var position = UInt64(plan.headByteCount)
      for piece in plan.bodyPieces {
        #expect(piece.lowerBound == position, "seed \(seed)")
        #expect(!piece.isEmpty && piece.count <= WritePlan.pieceByteCount)
        position = piece.upperBound
      }
      #expect(position == plan.writtenByteCount, "seed \(seed)")
      #expect(plan.writtenByteCount >= image && plan.writtenByteCount <= plan.capacity)
      #expect(plan.writtenByteCount % UInt64(logical) == 0)
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
      imageByteCount: 2 << 20, geometry: geometry(256 << 20),
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
      try WritePlan(imageByteCount: 1, geometry: geometry(1 << 20, logical: logical), digest: .none)
    }
  }
}

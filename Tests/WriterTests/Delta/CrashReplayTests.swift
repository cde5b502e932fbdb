import BlockIO
import ImageSource
import ImageSupport
import TestSupport
import Testing

@testable import Writer

/// A write that is interrupted, and gone on with until it comes to its end.
private struct Interrupted {
  let seed: UInt64
  let new: [UInt8]
  let capacity = 4 * mebibyte

  /// Carries one run out.
  /// - Returns: what is left, and whether the run has succeeded.
  func run(
    over content: [UInt8], isDelta: Bool, stop: Int?, _ generator: inout SeededGenerator
  ) async throws -> (content: [UInt8], isDone: Bool) {
    let geometry = BlockGeometry(
      byteCount: UInt64(capacity), logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false,
      diskSequence: 1)
    let plan = try WritePlan(
      imageLength: .exact(UInt64(new.count)), geometry: geometry, digest: .none,
      probing: CapacityProbing(seed: seed, toleratesFake: false), isDelta: isDelta)
    let medium = CrashMedium(content: content, image: new, stop: stop)
    let run = WriteRun(
      image: try MemoryImage(new), plan: plan, medium: medium, progress: ProgressMeter())
    do throws(WriteFailure) {
      _ = try await run.execute()
      #expect(!medium.bootsEarly, "seed \(seed)")
      return (medium.content, true)
    } catch {
      #expect(!medium.bootsEarly, "seed \(seed)")
      return (medium.remains(using: &generator), false)
    }
  }

  /// Whether what is there could be taken for the image and is not.
  func isHalfAndBoots(_ content: [UInt8]) -> Bool {
    let anchor = 0..<(64 << 10)
    func digest(_ bytes: [UInt8], _ range: Range<Int>) -> ChunkDigest {
      ChunkDigest(of: bytes.span.extracting(range))
    }
    return digest(content, anchor) == digest(new, anchor)
      && digest(content, 0..<new.count) != digest(new, 0..<new.count)
  }
}

@Suite("A write that is interrupted at any point and gone on with")
struct CrashReplayTests {
  /// Runs of one argument; there are three of each chain.
  private static let chains: UInt64 = 34

  @Test("R40: never boots before its end, and ends whole", arguments: 0..<10 as Range<UInt64>)
  func replay(batch: UInt64) async throws {
    let old = [UInt8].repeating(4 * mebibyte, seed: 1)
    for seed in (batch * Self.chains)..<((batch + 1) * Self.chains) {
      var generator = SeededGenerator(seed: seed)
      let count = Int.random(in: 1_200_000...3_000_000, using: &generator)
      var new = Array(old[..<count]).changed(6, longest: 200_000, using: &generator)
      // So that the anchors tell whose they are.
      new[100] = ~old[100]
      let trial = Interrupted(seed: seed, new: new)
      // The first interruption is one of a whole write as often as not; what comes after it goes on.
      var content = old
      for isDelta in [Bool.random(using: &generator), true] {
        let stop = Int.random(in: 1...30, using: &generator)
        content = try await trial.run(over: content, isDelta: isDelta, stop: stop, &generator).content
        #expect(!trial.isHalfAndBoots(content), "seed \(seed)")
      }
      let end = try await trial.run(over: content, isDelta: true, stop: nil, &generator)
      let isWhole = ChunkDigest(of: end.content.span.extracting(0..<count)) == ChunkDigest(of: new.span)
      #expect(end.isDone && isWhole, "seed \(seed)")
    }
  }
}

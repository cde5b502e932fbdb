import BlockIO
import ImageSource
import ImageSupport
import TestSupport
import Testing

@testable import Writer

/// An image that comes onto a medium that may lie, and holds what a whole write of an older image has left.
private struct FakeTrial {
  let old: [UInt8]
  let new: [UInt8]
  let capacity: Int
  let lie: LyingMedium.Lie
  var seed: UInt64 = 1
  var toleratesFake = false

  func run() async throws -> (Result<WriteReport, WriteFailure>, LyingMedium) {
    let geometry = BlockGeometry(
      byteCount: UInt64(capacity), logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false,
      diskSequence: 1)
    let plan = try WritePlan(
      imageLength: .exact(UInt64(new.count)), geometry: geometry, digest: .none,
      probing: CapacityProbing(seed: seed, toleratesFake: toleratesFake), isDelta: true)
    let medium = LyingMedium(byteCount: UInt64(capacity), lie: lie)
    var memory = AlignedBuffer(byteCount: (old.count + 4095) / 4096 * 4096)
    memory.copy(from: old.span, at: 0)
    try medium.write(memory, range: 0..<(old.count / 512 * 512), at: 0)
    let run = WriteRun(
      image: try MemoryImage(new), plan: plan, medium: medium, progress: ProgressMeter())
    do throws(WriteFailure) { return (.success(try await run.execute()), medium) } catch {
      return (.failure(error), medium)
    }
  }
}

@Suite("R43: writing only what differs onto media that lie", .serialized)
struct DeltaFakeTests {
  /// A lie that an image of some length comes across.
  private static func lie(
    _ capacity: Int, using generator: inout SeededGenerator
  ) -> LyingMedium.Lie {
    let size = UInt64(Int.random(in: (1 << 20)...(capacity - 4096), using: &generator) / 512 * 512)
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: return .wraps(at: size)
    case 1:
      return .drops(
        beyond: size, reading: LyingMedium.Remains.allCases.randomElement(using: &generator) ?? .ones)
    default: return .caches(blocks: Int.random(in: 1...500, using: &generator), beyond: size)
    }
  }

  @Test(
    "an image that does not fit into what they have is never called proven",
    arguments: 0..<24 as Range<UInt64>)
  func neverProven(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let count = Int.random(in: (7 << 19)...(5 << 20), using: &generator)
    // Zeros, of which most images have many, are the same wherever they come to lie.
    let old = [UInt8](repeating: seed % 2 == 0 ? 0 : 7, count: count)
    let trial = FakeTrial(
      old: old, new: old.changed(4, longest: 300_000, using: &generator),
      capacity: count / 4096 * 4096 + 4096 * Int.random(in: 1...600, using: &generator),
      lie: Self.lie(count / 4096 * 4096, using: &generator), seed: seed)
    let (result, medium) = try await trial.run()
    guard case .failure(let failure) = result else {
      Issue.record("seed \(seed): \(trial.lie) passed")
      return
    }
    #expect(failure.medium == .erased)
    #expect(medium.stored(0..<4096).holdsOnly(0), "R40: it cannot boot")
  }

  @Test("one that holds the image is found out beyond it, as by a whole write")
  func foundBeyond() async throws {
    var generator = SeededGenerator(seed: 4)
    let old = [UInt8](repeating: 0, count: 6 << 20)
    let new = old.changed(3, longest: 100_000, using: &generator)
    for lie in [
      .wraps(at: 16 << 20), .drops(beyond: 16 << 20, reading: .zeros), .caches(blocks: 400, beyond: 16 << 20),
    ] as [LyingMedium.Lie] {
      let trial = FakeTrial(old: old, new: new, capacity: 64 << 20, lie: lie)
      let (result, _) = try await trial.run()
      let failure = try #require(throws: WriteFailure.self) { try result.get() }
      guard case .fakeCapacity = failure.error else {
        Issue.record("\(lie): \(failure)")
        continue
      }
    }
  }

  @Test("where that is tolerated, everything is read back: what was found proves nothing on such a medium")
  func tolerated() async throws {
    var generator = SeededGenerator(seed: 4)
    let old = [UInt8].repeating(6 << 20, seed: 8)
    let trial = FakeTrial(
      old: old, new: old.changed(3, longest: 100_000, using: &generator), capacity: 64 << 20,
      lie: .wraps(at: 16 << 20), toleratesFake: true)
    let (result, medium) = try await trial.run()
    let report = try result.get()
    #expect(report.delta?.rereadByteCount == report.delta?.comparedByteCount)
    #expect(medium.contents(0..<UInt64(trial.new.count)) == trial.new)
  }

  @Test("an honest one holds the image and says so")
  func honest() async throws {
    var generator = SeededGenerator(seed: 6)
    let old = [UInt8].repeating(9 << 20, seed: 6)
    let trial = FakeTrial(
      old: old, new: old.changed(9, longest: 100_000, using: &generator), capacity: 1 << 33, lie: .none)
    let (result, medium) = try await trial.run()
    let report = try result.get()
    #expect(report.capacity?.shortfall == nil && report.capacity?.probedPlaceCount ?? 0 > 0)
    #expect(medium.contents(0..<UInt64(trial.new.count)) == trial.new)
    #expect(try #require(report.delta).rereadByteCount < 4 << 20)
  }
}

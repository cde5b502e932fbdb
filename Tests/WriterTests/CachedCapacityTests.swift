import TestSupport
import Testing

@testable import Writer

@Suite("R43: media that pretend to keep what is only in a cache", .serialized)
struct CachedCapacityTests {
  @Test("that have more of a cache than the image is long are found too", arguments: [1, 64, 600, 1700])
  func largeCaches(blocks: Int) async throws {
    for lie in [
      LyingMedium.Lie.caches(blocks: blocks, beyond: 1 << 27), .hides(blocks: blocks, beyond: 1 << 27),
    ] {
      let trial = CapacityTrial(imageByteCount: 3 * mebibyte, capacity: 1 << 32, lie: lie)
      let shortfall = try #require(try await trial.shortfall(), "\(lie)")
      guard case .between(let least, let below) = shortfall.estimate else {
        Issue.record("\(shortfall)")
        return
      }
      #expect(least <= 1 << 27 && below >= 1 << 27, "\(lie)")
    }
  }

  @Test("that have part of the image only in a cache never hold it, and do not boot")
  func cachedImage() async throws {
    for size in [100_352, 3 << 20, 5 << 20] as [UInt64] {
      for lie in [LyingMedium.Lie.caches(blocks: 1900, beyond: size), .hides(blocks: 1900, beyond: size)] {
        let trial = CapacityTrial(
          imageByteCount: 6 * mebibyte, capacity: 64 << 20, lie: lie, toleratesFake: true)
        let (result, medium) = try await trial.run()
        #expect(throws: WriteFailure.self, "\(lie)") { try result.get() }
        #expect(medium.contents(0..<4096).holdsOnly(0), "R40: it cannot boot")
      }
    }
  }

  @Test("the ballast lies behind the image and beside the marks, and large images have none")
  func ballast() throws {
    for capacity in [2 << 20, 9 << 20, 64 << 20, (1 << 41) - 512] as [UInt64] {
      for image in [1, 1_500_000, 8 << 20, 300 << 20] where UInt64(image) <= capacity {
        let plan = try CapacityTrial(imageByteCount: image, capacity: capacity).plan()
        let room = capacity - min(capacity, max(1 << 20, UInt64(image)))
        let ballast = plan.ballast.reduce(0) { $0 + UInt64($1.count) }
        #expect(ballast <= Ballast.byteCount && (image < 256 << 20 || ballast == 0))
        #expect(image >= 256 << 20 || room < Ballast.byteCount * 2 || ballast == Ballast.byteCount)
        for range in plan.ballast {
          #expect(range.lowerBound >= UInt64(image) && range.upperBound <= capacity)
          #expect(plan.probedPlaces.allSatisfy { !$0.overlaps(range) })
          #expect(plan.erasedRanges.contains { $0.clamped(to: range) == range })
        }
      }
    }
  }
}

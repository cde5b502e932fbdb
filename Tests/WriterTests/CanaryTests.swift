import BlockIO
import ImageSource
import TestSupport
import Testing

@testable import Writer

@Suite("The places at which a capacity is probed")
struct CanaryPlaceTests {
  private func places(
    _ capacity: UInt64, alignment: Int = 4096, seed: UInt64 = 1, image: UInt64 = 0
  ) -> [Range<UInt64>] {
    CapacityProbing(seed: seed, toleratesFake: false)
      .places(capacity: capacity, alignment: alignment, imageByteCount: image)
  }

  @Test("R43: every power of two from 1 MiB on, the last two blocks and eight more, for any capacity")
  func coverage() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let alignment = [4096, 8192, 65_536].randomElement(using: &generator) ?? 4096
      let sectors = UInt64.random(
        in: 1...(1 << UInt64.random(in: 1...54, using: &generator)), using: &generator)
      let capacity = sectors * 512
      let found = places(capacity, alignment: alignment, seed: generator.next())
      let block = UInt64(alignment)
      #expect(found.count <= 60 + CapacityProbing.sureCount, "seed \(seed)")
      #expect(found.allSatisfy { !$0.isEmpty && $0.lowerBound % block == 0 && $0.upperBound <= capacity })
      #expect(found.allSatisfy { $0.lowerBound >= 1 << 20 }, "the head stays zero")
      #expect(zip(found, found.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
      let starts = Set(found.map(\.lowerBound))
      for exponent in 20..<63 where UInt64(1) << exponent < capacity {
        #expect(starts.contains(1 << exponent))
      }
      if capacity > 1 << 20 {
        #expect(found.last?.upperBound == capacity, "seed \(seed), capacity \(capacity)")
      } else {
        #expect(found.isEmpty)
      }
    }
    #expect(places(64_000_000_000).count == 16 + 2 + 8)
  }

  @Test("R43: behind an image of a 128th of the medium, one comes to lie on it whatever the medium wraps at")
  func sure() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      let alignment = [4096, 8192, 65_536].randomElement(using: &generator) ?? 4096
      let image = UInt64.random(
        in: 1...(1 << UInt64.random(in: 1...40, using: &generator)), using: &generator)
      let written = max(image, 1 << 20).rounded(upTo: UInt64(alignment))
      let capacity = UInt64.random(in: (written + 65_536)...(written * 120), using: &generator) / 512 * 512
      let found = places(capacity, alignment: alignment, seed: generator.next(), image: image)
        .map(\.lowerBound)
      #expect(found.count <= 60 + CapacityProbing.sureCount, "seed \(seed)")
      guard let last = found.last, last >= written else { continue }
      var sizes = (0..<20).map { _ in UInt64.random(in: written...last, using: &generator) }
      for _ in 0..<20 {
        // Where one place stops being the one that tells, and another has to.
        let edge =
          (found.randomElement(using: &generator) ?? last) / UInt64.random(in: 1...5, using: &generator)
        sizes += [edge, edge + 512, edge - 512]
      }
      for size in sizes.map({ $0 / 512 * 512 }) where size >= written && size <= last {
        #expect(
          found.contains { $0 >= size && $0 % size < written },
          "seed \(seed): \(size) of \(capacity) behind \(image)")
      }
    }
  }

  @Test(
    "R43: a plan says whether it finds a medium that wraps at any size, and adds no mark where none would do")
  func promise() throws {
    for (image, capacity, isSure) in [
      (600 << 20, 64_000_000_000, true), (500 << 20, 64_000_000_000, true), (480 << 20, 64_000_000_000, true),
      (470 << 20, 64_000_000_000, false), (1, 64_000_000_000, false), (1, 128 << 20, true),
      (1, 130 << 20, false),
      (3 << 30, 4 << 30, true),
    ] as [(UInt64, UInt64, Bool)] {
      let geometry = BlockGeometry(
        byteCount: capacity, logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false,
        diskSequence: nil)
      func plan(_ length: ImageLength) throws -> WritePlan {
        try WritePlan(
          imageLength: length, geometry: geometry, digest: .none,
          probing: CapacityProbing(seed: 1, toleratesFake: false))
      }
      let known = try plan(.exact(image))
      #expect(known.findsEveryWrap(behind: image) == isSure, "\(image) of \(capacity)")
      let unknown = try plan(.unknown)
      #expect(known.probedPlaces.count - unknown.probedPlaces.count <= CapacityProbing.sureCount)
      if !isSure { #expect(known.probedPlaces == unknown.probedPlaces) }
      #expect(Set(known.probedPlaces).isSuperset(of: unknown.probedPlaces))
    }
  }

  @Test("are the same for the same seed, and others for another one")
  func seeds() {
    #expect(places(1 << 36, seed: 5) == places(1 << 36, seed: 5))
    #expect(places(1 << 36, seed: 5) != places(1 << 36, seed: 6))
  }

  @Test("R43: are among the ranges that a plan erases, so that they are saved before, and zero in the end")
  func inPlan() throws {
    let plan = try CapacityTrial(imageByteCount: 3 << 20, capacity: 1 << 30).plan()
    let layout = try #require(plan.layout)
    #expect(!plan.probedPlaces.isEmpty)
    for place in plan.probedPlaces {
      #expect(plan.erasedRanges.contains { $0.clamped(to: place) == place })
      if place.lowerBound >= layout.writtenByteCount {
        #expect(layout.emptyRanges.contains { $0.clamped(to: place) == place })
      }
    }
    let unprobed = try WritePlan(
      imageLength: .exact(1),
      geometry: BlockGeometry(
        byteCount: 1 << 30, logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false,
        diskSequence: nil), digest: .none)
    #expect(unprobed.probedPlaces.isEmpty && unprobed.erasedRanges.count == 2)
  }
}

@Suite("The marks with which a capacity is probed")
struct CanaryMarkTests {
  private let place: Range<UInt64> = (1 << 30)..<((1 << 30) + 4096)

  @Test("fill their blocks, name the place in every sector, and differ from run to run")
  func content() throws {
    var generator = SeededGenerator(seed: 1)
    let mark = CanaryMark(using: &generator)
    let other = CanaryMark(using: &generator)
    let bytes = mark.placed(at: place).bytes
    #expect(bytes.count == 4096)
    let sectors = stride(from: 0, to: 4096, by: 512).map { Array(bytes[$0..<($0 + 512)]) }
    #expect(Set(sectors).count == 8, "each sector is another one")
    #expect(Set(sectors).isDisjoint(with: Set([Array(other.placed(at: place).bytes.prefix(512))])))
    #expect(CanaryMark().placed(at: place) != CanaryMark().placed(at: place))
    #expect(sectors.allSatisfy { $0.suffix(2) != [0x55, 0xAA] })
    #expect(
      mark.placed(at: place.lowerBound..<(place.lowerBound + 512)).bytes == sectors[0],
      "the last block may be short"
    )
  }
}

@Suite("What the marks tell of the capacity")
struct MarkFindingsTests {
  private func block(_ start: UInt64) -> Range<UInt64> { start..<(start + 4096) }

  private func estimate(
    _ answers: [UInt64: MarkAnswer], strays: [UInt64] = [], proven: UInt64 = 0, echoes: [UInt64] = []
  ) -> CapacityShortfall.Estimate? {
    var findings = MarkFindings()
    for (start, answer) in answers { findings.answers[block(start)] = answer }
    findings.strays = strays
    return findings.shortfall(claimed: 1000 << 20, proven: proven, echoes: echoes)?.estimate
  }

  @Test("all of them there: nothing")
  func intact() {
    #expect(estimate([1 << 20: .intact, 1 << 21: .intact]) == nil)
    #expect(estimate([:]) == nil)
  }

  @Test("the same memory at two places: what their distances have in common is the size")
  func wraps() {
    #expect(estimate([1 << 23: .mark(of: 1 << 21)]) == .wrapsAt(6 << 20))
    #expect(estimate([1 << 23: .mark(of: 1 << 21)], strays: [4 << 20]) == .wrapsAt(2 << 20))
    #expect(estimate([:], strays: [8 << 20]) == .wrapsAt(8 << 20))
    #expect(estimate([:], echoes: [12 << 20, 8 << 20]) == .wrapsAt(4 << 20))
    // Less than what is proven to be there cannot be the size.
    #expect(
      estimate([8 << 20: .mark(of: 6 << 20)], proven: 5 << 20) == .between(5 << 20, 8 << 20))
  }

  @Test("lost at the end: the size lies between the last one kept and the first one lost")
  func ends() {
    let answers: [UInt64: MarkAnswer] = [
      1 << 20: .intact, 2 << 20: .intact, 4 << 20: .lost, 8 << 20: .unreadable,
    ]
    #expect(estimate(answers) == .between((2 << 20) + 4096, 4 << 20))
    #expect(estimate(answers, proven: 3 << 20) == .between(3 << 20, 4 << 20))
    #expect(estimate([4 << 20: .lost]) == .between(0, 4 << 20))
  }

  @Test("lost before one that is kept: that one proves nothing")
  func gaps() {
    let answers: [UInt64: MarkAnswer] = [2 << 20: .intact, 4 << 20: .lost, 8 << 20: .intact]
    #expect(estimate(answers, proven: 1 << 20) == .between(1 << 20, 4 << 20))
  }
}

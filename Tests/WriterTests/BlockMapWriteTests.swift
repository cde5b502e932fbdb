import BlockIO
import BlockMap
import DeviceSafety
import ImageSource
import ImageSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Writer

/// A write of what a map says, over a medium in memory full of old content.
private struct MapTrial {
  var content: [UInt8]
  var map: BlockMap
  var capacity = 16 * mebibyte
  var blockSize = 512
  var physical = 512
  var digest = DigestChoice.sha256
  var length: ImageLength?
  var stale: [Range<UInt64>] = []
  var probing: CapacityProbing?
  var faults = MemoryMedium.Faults()

  static let old: UInt8 = 0xEE

  func run() async throws -> (Result<WriteReport, WriteFailure>, MemoryMedium, WritePlan) {
    let geometry = BlockGeometry(
      byteCount: UInt64(capacity), logicalBlockSize: blockSize, physicalBlockSize: physical,
      isReadOnly: false, diskSequence: 1)
    let image = try MemoryImage(content, length: length)
    let plan = try WritePlan(
      imageLength: image.length, geometry: geometry, staleSignatures: stale, digest: digest,
      probing: probing, map: map)
    let medium = MemoryMedium(
      content: [UInt8](repeating: Self.old, count: capacity), blockSize: blockSize, faults: faults)
    let run = WriteRun(image: image, plan: plan, medium: medium, progress: ProgressMeter())
    do throws(WriteFailure) { return (.success(try await run.execute()), medium, plan) } catch {
      return (.failure(error), medium, plan)
    }
  }

  /// What the medium must hold then: mapped bytes as in the image, zeros in the rest of the blocks that are written
  /// and wherever something was erased, and what it had everywhere else.
  func expected(_ plan: WritePlan) throws -> [UInt8] {
    var expected = [UInt8](repeating: Self.old, count: capacity)
    func put(_ range: Range<UInt64>, _ bytes: [UInt8]) {
      expected.replaceSubrange(Int(range.lowerBound)..<Int(range.upperBound), with: bytes)
    }
    func zero(_ range: Range<UInt64>) { put(range, [UInt8](repeating: 0, count: range.count)) }
    for range in plan.erasedRanges { zero(range) }
    let layout = try #require(plan.layout)
    zero(0..<UInt64(layout.headByteCount))
    for range in map.ranges.map(\.bytes) {
      let step = UInt64(plan.alignment)
      let start = range.lowerBound / step * step
      zero(start..<min((range.upperBound + step - 1) / step * step, UInt64(capacity)))
    }
    for range in map.ranges.map(\.bytes) {
      put(range, Array(content[Int(range.lowerBound)..<Int(range.upperBound)]))
    }
    return expected
  }
}

/// A map in blocks of 4 KiB.
private func blocks(_ ranges: Range<UInt64>..., of imageByteCount: Int) -> BlockMap {
  BlockMap(
    imageByteCount: UInt64(imageByteCount), blockByteCount: 4096,
    ranges: ranges.map {
      MappedRange($0.lowerBound * 4096..<min($0.upperBound * 4096, UInt64(imageByteCount)))
    })
}

@Suite("Writing what a map says")
struct BlockMapWriteTests {
  @Test(
    "R37: any map and image: what is mapped arrives, what is not keeps what it had, and nothing else is written",
    arguments: 0..<10 as Range<UInt64>)
  func anyMap(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let blockByteCount = UInt64(512) << UInt64.random(in: 0...9, using: &generator)
    let blocks = UInt64(7 * mebibyte) / blockByteCount
    let shape = BlockMap.random(
      seed: seed, blockByteCount: blockByteCount, blocks: min(blocks, 2000), hasDigests: true)
    let content = [UInt8].random(Int(shape.imageByteCount), seed: seed)
    let sizes = [(512, 512), (512, 4096), (4096, 4096), (512, 16_384)].randomElement(using: &generator)
    let (logical, physical) = try #require(sizes)
    let trial = MapTrial(
      content: content, map: shape.described(by: content), capacity: 9 * mebibyte, blockSize: logical,
      physical: physical, digest: seed % 3 == 0 ? .none : .sha256,
      length: seed % 2 == 0 ? .unknown : nil, stale: [3_000_000..<3_000_008])
    let (result, medium, plan) = try await trial.run()
    let report = try result.get()
    let expected = try trial.expected(plan)
    #expect(medium.content == expected)
    #expect(medium.misaligned.isEmpty)
    #expect(report.imageByteCount == shape.imageByteCount)
    var digest = SHA256()
    digest.update(content.span)
    let sha256 = digest.finish()
    #expect(report.sha256 == (seed % 3 == 0 ? nil : sha256), "of all bytes, not only of those that matter")
  }

  @Test("a map of everything writes as none does")
  func wholeMap() async throws {
    let content = [UInt8].random(9 * mebibyte + 777, seed: 1)
    let map = blocks(0..<3000, of: content.count)
    let (result, medium, plan) = try await MapTrial(content: content, map: map).run()
    _ = try result.get()
    let (_, other, whole) = try await Trial(content: content, capacity: 16 * mebibyte).run()
    #expect(medium.content == other.content)
    #expect(plan.layout == whole.layout)
  }

  @Test("a map of nothing erases, and leaves a stick with an empty head")
  func emptyMap() async throws {
    let content = [UInt8].random(3 * mebibyte, seed: 2)
    let trial = MapTrial(content: content, map: blocks(of: content.count))
    let (result, medium, plan) = try await trial.run()
    _ = try result.get()
    let expected = try trial.expected(plan)
    #expect(medium.content == expected)
  }

  @Test(
    "R50: a range that is not what the map says ends the write, and the stick does not boot",
    arguments: [0, 256, 2000])
  func wrongRange(block: Int) async throws {
    let content = [UInt8].random(9 * mebibyte, seed: 3)
    let map = blocks(0..<1, 100..<101, 255..<257, 700..<701, 2000..<2100, of: content.count).described(
      by: content)
    var other = content
    other[block * 4096 + 9] ^= 4
    let (result, medium, _) = try await MapTrial(content: other, map: map).run()
    guard case .failure(let failure) = result, case .map(.range(let range, .sha256, _, _)) = failure.error
    else {
      Issue.record("\(result)")
      return
    }
    #expect(range.contains(UInt64(block * 4096)))
    #expect(failure.medium == .erased)
    #expect(medium.content.prefix(mebibyte).holdsOnly(0))
    other = content
    other[50 * 4096] ^= 1
    _ = try await MapTrial(content: other, map: map).run().0.get()
  }

  @Test(
    "R50: an image of another length than the map says is refused, before anything is written if it is known")
  func wrongLength() async throws {
    let content = [UInt8].random(5 * mebibyte, seed: 4)
    for stated in [5 * mebibyte - 1, 5 * mebibyte + 1, mebibyte, 100] {
      let map = blocks(0..<2, of: stated)
      let found: UInt64? = stated > content.count ? UInt64(content.count) : nil
      let mismatch = MapMismatch.length(stated: UInt64(stated), found: found)
      let known = MapMismatch.length(stated: UInt64(stated), found: UInt64(content.count))
      await #expect(throws: WritePlanError.map(known)) {
        try await MapTrial(content: content, map: map).run()
      }
      for digest in DigestChoice.allCases {
        let (result, medium, _) = try await MapTrial(
          content: content, map: map, digest: digest, length: .unknown
        ).run()
        #expect(result == .failure(WriteFailure(error: .map(mismatch), medium: .erased)), "\(stated)")
        #expect(medium.content.prefix(mebibyte).holdsOnly(0))
      }
    }
  }

  @Test("R42: the read-back sees one flipped bit in what is mapped, with its offset, and none elsewhere")
  func flippedBit() async throws {
    let content = [UInt8].random(9 * mebibyte, seed: 5)
    let map = blocks(0..<1, 300..<310, 1500..<1600, of: content.count)
    for place in [17, 300 * 4096 + 5, 1599 * 4096] {
      var faults = MemoryMedium.Faults()
      faults.corrupt = { medium, range in
        if range.contains(UInt64(place)), medium[place] == content[place] { medium[place] ^= 0x10 }
      }
      let (result, _, _) = try await MapTrial(content: content, map: map, faults: faults).run()
      guard case .failure(let failure) = result, case .mismatch(let differences) = failure.error else {
        Issue.record("\(place)")
        continue
      }
      #expect(differences.firstOffset == UInt64(place) && differences.byteCount == 1)
    }
  }

  @Test("R36: what is erased within a hole must read back as zeros")
  func staleInHole() async throws {
    let content = [UInt8].random(9 * mebibyte, seed: 6)
    let map = blocks(0..<1, 2000..<2001, of: content.count)
    let place = 5 * mebibyte
    let stale = UInt64(place)..<UInt64(place + 8)
    let trial = MapTrial(content: content, map: map, stale: [stale])
    let (result, medium, plan) = try await trial.run()
    _ = try result.get()
    #expect(medium.content[place..<(place + 8)].holdsOnly(0))
    #expect(medium.content[place + 512] == MapTrial.old, "no more than that")
    #expect(try #require(plan.layout).emptyRanges.contains { $0.overlaps(stale) })
    var faults = MemoryMedium.Faults()
    faults.corrupt = { medium, range in
      if range.contains(stale.lowerBound) { medium[place] = MapTrial.old }
    }
    let (other, _, _) = try await MapTrial(content: content, map: map, stale: [stale], faults: faults).run()
    guard case .failure(let failure) = other, case .mismatch(let differences) = failure.error else {
      Issue.record("what shines through a hole was not noticed")
      return
    }
    #expect(differences.firstOffset == stale.lowerBound && failure.medium == .erased)
  }

  @Test("R43: a hole is probed like what is beyond the image, and is zero at each probed place in the end")
  func probedHole() async throws {
    let content = [UInt8].random(9 * mebibyte, seed: 7)
    let map = blocks(0..<1, 2000..<2001, of: content.count)
    let probing = CapacityProbing(seed: 1, toleratesFake: false)
    let trial = MapTrial(content: content, map: map, probing: probing)
    let (result, medium, plan) = try await trial.run()
    let evidence = try #require(try result.get().capacity)
    #expect(evidence.shortfall == nil && evidence.probedPlaceCount == plan.probedPlaces.count)
    let expected = try trial.expected(plan)
    #expect(medium.content == expected)
    // 4 MiB in a hole is one of the powers of two.
    var faults = MemoryMedium.Faults()
    faults.corrupt = { medium, range in
      if range.contains(UInt64(4 * mebibyte)) { medium[4 * mebibyte] = MapTrial.old }
    }
    let (other, _, _) = try await MapTrial(content: content, map: map, probing: probing, faults: faults).run()
    guard case .failure(let failure) = other, case .fakeCapacity(let shortfall) = failure.error else {
      Issue.record("a block that keeps nothing was not noticed")
      return
    }
    #expect(shortfall.lostPlaceCount == 1)
  }

  @Test("what is not mapped costs no request")
  func requests() async throws {
    let content = [UInt8](repeating: 0, count: 12 * mebibyte)
    let map = blocks(0..<1, 1024..<1026, 2048..<2049, of: content.count)
    let (result, medium, plan) = try await MapTrial(content: content, map: map).run()
    _ = try result.get()
    #expect(plan.layout?.bodyPieces.map(\.self) == [4_194_304..<4_202_496, 8_388_608..<8_392_704])
    let body = medium.log.compactMap { request -> Range<UInt64>? in
      guard case .write(let range) = request, range.lowerBound >= mebibyte,
        range.upperBound <= 15 * mebibyte
      else { return nil }
      return range
    }
    #expect(body.sorted { $0.lowerBound < $1.lowerBound } == [4_194_304..<4_202_496, 8_388_608..<8_392_704])
  }

  @Test("pieces of any runs are these runs, cut at multiples of a piece")
  func pieces() {
    var generator = SeededGenerator(seed: 8)
    for _ in 0..<40 {
      var runs: [Range<UInt64>] = []
      var end: UInt64 = 0
      for _ in 0..<Int.random(in: 0...6, using: &generator) {
        let start = end + UInt64.random(in: 1...9_000_000, using: &generator)
        end = start + UInt64.random(in: 1...9_000_000, using: &generator)
        runs.append(start..<end)
      }
      let pieces = BodyPieces(runs: runs)
      #expect(pieces.byteCount == runs.reduce(0) { $0 + UInt64($1.count) })
      var joined: [Range<UInt64>] = []
      for piece in pieces {
        #expect(piece.lowerBound / 4_194_304 == (piece.upperBound - 1) / 4_194_304)
        if let last = joined.last, last.upperBound == piece.lowerBound {
          joined[joined.count - 1] = last.lowerBound..<piece.upperBound
        } else {
          joined.append(piece)
        }
      }
      #expect(joined == runs)
    }
  }

  @Test("what is left of ranges without others is what a list of all numbers says")
  func subtracting() {
    for seed in 0..<60 as Range<UInt64> {
      let left = BlockMap.random(seed: seed, blockByteCount: 512, blocks: 12).ranges.map(\.bytes)
      let right = BlockMap.random(seed: seed &+ 99, blockByteCount: 512, blocks: 12).ranges.map(\.bytes)
      let rest = left.subtracting(right)
      for offset in stride(from: 0 as UInt64, to: 7000, by: 256) {
        let expected = left.contains { $0.contains(offset) } && !right.contains { $0.contains(offset) }
        #expect(rest.contains { $0.contains(offset) } == expected, "seed \(seed), \(offset)")
      }
    }
  }
}

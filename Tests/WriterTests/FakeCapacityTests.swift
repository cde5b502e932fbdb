import BlockIO
import ImageSource
import ImageSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Writer

@Suite("R43: media that hold less than they claim", .serialized)
struct FakeCapacityTests {
  @Test("that wrap at any power of two are found, with their size, on 2 TiB", arguments: 20...40)
  func wrapsAtPower(exponent: Int) async throws {
    let size = UInt64(1) << exponent
    for imageByteCount in [1, 3 * mebibyte + 5] {
      let trial = CapacityTrial(
        imageByteCount: imageByteCount, capacity: 1 << 41, lie: .wraps(at: size), seed: UInt64(exponent))
      let (result, medium) = try await trial.run()
      let failure = try #require(throws: WriteFailure.self) { try result.get() }
      #expect(failure.medium == .erased)
      #expect(medium.stored(0..<4096).holdsOnly(0), "R40: it cannot boot")
      guard size >= UInt64(imageByteCount) else { continue }
      guard case .fakeCapacity(let shortfall) = failure.error else {
        Issue.record("\(imageByteCount) bytes: \(failure.error)")
        continue
      }
      #expect(shortfall.estimate == .wrapsAt(size), "\(imageByteCount) bytes")
      #expect(shortfall.claimedByteCount == 1 << 41)
    }
  }

  @Test("that wrap at less than 1 MiB are found too", arguments: 12..<20)
  func wrapsEarly(exponent: Int) async throws {
    let trial = CapacityTrial(imageByteCount: 4096, capacity: 1 << 30, lie: .wraps(at: 1 << exponent))
    #expect(try await trial.shortfall()?.estimate == .wrapsAt(1 << exponent))
  }

  @Test("that wrap at any other size are found where a probed address falls on the image")
  func wrapsAnywhere() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    var found = 0
    for _ in 0..<30 {
      let capacity = UInt64.random(in: (8 << 20)...(1 << 40), using: &generator) / 4096 * 4096
      let trial = CapacityTrial(
        imageByteCount: Int.random(in: 1...2_000_000, using: &generator), capacity: capacity,
        lie: .wraps(at: UInt64.random(in: 10_000...(capacity / 512 - 1), using: &generator) * 512),
        seed: generator.next())
      guard case .wraps(let size) = trial.lie else { continue }
      let plan = try trial.plan()
      let written = try #require(plan.layout).writtenByteCount
      let beyond = plan.probedPlaces.filter { $0.lowerBound >= max(size, written) }
      let end = max(written, 1 << 20)
      guard end <= size, beyond.contains(where: { $0.lowerBound % size + 4096 < end }) else { continue }
      found += 1
      #expect(try await trial.shortfall() != nil, "seed \(seed), \(trial)")
    }
    // An image of more than a 128th of the claim leaves nothing to chance.
    for round in 0..<12 {
      let capacity = UInt64.random(in: 10_000...600_000, using: &generator) * 512
      let size = UInt64.random(in: 4896...(capacity / 512 - 9), using: &generator) * 512
      let trial = CapacityTrial(
        imageByteCount: 2_500_000, capacity: capacity, lie: .wraps(at: size), seed: generator.next())
      let isFound = try await trial.shortfall() != nil
      if isFound { found += 1 }
      #expect(isFound, "seed \(seed), round \(round), \(size) of \(capacity)")
    }
    #expect(found >= 12)
  }

  @Test("that lose what is beyond are always found, and their size is estimated from both sides")
  func drops() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    for round in 0..<30 {
      let remains = LyingMedium.Remains.allCases[round % 3]
      let capacity = UInt64.random(in: (4 << 20)...(1 << 41), using: &generator) / 512 * 512
      let size = UInt64.random(in: 4096...(capacity / 512 - 9), using: &generator) * 512
      let trial = CapacityTrial(
        imageByteCount: Int.random(in: 1...2_000_000, using: &generator), capacity: capacity,
        lie: .drops(beyond: size, reading: remains), seed: generator.next())
      let note: Comment = "seed \(seed), \(trial)"
      let shortfall = try await trial.shortfall()
      guard case .between(let least, let below)? = shortfall?.estimate else {
        // What the medium lost of the image may have been there before, but not of the marks.
        Issue.record(note)
        continue
      }
      #expect(least <= size && size < below + 4096, note)
      #expect(shortfall?.lostPlaceCount ?? 0 >= 1, note)
    }
  }

  @Test("that keep what was written last are found once the image has passed", arguments: [1, 64, 500])
  func caches(blocks: Int) async throws {
    let trial = CapacityTrial(
      imageByteCount: 3 * mebibyte, capacity: 1 << 32, lie: .caches(blocks: blocks, beyond: 1 << 27))
    let shortfall = try #require(try await trial.shortfall())
    guard case .between(let least, let below) = shortfall.estimate else {
      Issue.record("\(shortfall)")
      return
    }
    #expect(least <= 1 << 27 && below >= 1 << 27)
  }

  @Test("that drop everything differ from the image, and keep no mark")
  func keepsNothing() async throws {
    let trial = CapacityTrial(
      imageByteCount: 3 * mebibyte, capacity: 1 << 30, lie: .drops(beyond: 0, reading: .old))
    guard case .overrun(let differences, let shortfall)? = try await trial.error() else {
      Issue.record("no overrun")
      return
    }
    #expect(differences.firstOffset == 1 << 20)
    #expect(shortfall.lostPlaceCount == shortfall.probedPlaceCount)
    #expect(shortfall.estimate == .between(0, 4 << 20))
  }

  @Test("that are smaller than the image say so by the pieces that overwrote others", arguments: [8, 12])
  func smallerThanImage(mebibytes: UInt64) async throws {
    let trial = CapacityTrial(
      imageByteCount: 21 * mebibyte + 7, capacity: 1 << 30, lie: .wraps(at: mebibytes << 20))
    var estimates: [CapacityShortfall.Estimate] = []
    // A lane that is held up for long writes its piece over a part of a later one; then no piece is found whole.
    while estimates.count < 5, estimates.last != .wrapsAt(mebibytes << 20) {
      guard case .overrun(_, let shortfall)? = try await trial.error() else {
        Issue.record("no overrun")
        return
      }
      estimates.append(shortfall.estimate)
    }
    #expect(estimates.last == .wrapsAt(mebibytes << 20), "\(estimates)")
  }

  @Test("that lose a piece of zeros are not taken for one that wraps")
  func zerosAreNoEcho() async throws {
    var content = [UInt8].random(13 * mebibyte, seed: 2)
    for index in (8 * mebibyte)..<(12 * mebibyte) { content[index] = 0 }
    var faults = MemoryMedium.Faults()
    faults.corrupt = { medium, range in
      guard range.lowerBound == UInt64(4 * mebibyte) else { return }
      medium.replaceSubrange(
        Int(range.lowerBound)..<Int(range.upperBound), with: [UInt8](repeating: 0, count: range.count))
    }
    let (result, _, _) = try await Trial(content: content, capacity: 16 * mebibyte, faults: faults).run()
    let failure = try #require(throws: WriteFailure.self) { try result.get() }
    guard case .mismatch = failure.error else {
      Issue.record("\(failure.error)")
      return
    }
  }

  @Test("whose image overruns the end by less than the head are found before the head is written")
  func overrunsIntoHead() async throws {
    // The image fills all that is claimed, so that no place is left to be probed.
    let trial = CapacityTrial(
      imageByteCount: 4 * mebibyte, capacity: 4 << 20, lie: .wraps(at: (4 << 20) - 300_032))
    guard case .mismatch(let differences)? = try await trial.error() else {
      Issue.record("the head would be written over the end of the image")
      return
    }
    #expect(differences.firstOffset == 0)
  }

  @Test("that hold the image are kept where that is wanted, with what is known of them")
  func tolerated() async throws {
    let lies: [LyingMedium.Lie] =
      [.wraps(at: 8 << 20), .wraps(at: 9_000_448)]
      + LyingMedium.Remains.allCases.map { .drops(beyond: 9 << 20, reading: $0) }
    for lie in lies {
      for imageByteCount in [1, 6 * mebibyte + 77] {
        let trial = CapacityTrial(
          imageByteCount: imageByteCount, capacity: 1 << 36, lie: lie, toleratesFake: true)
        let (result, medium) = try await trial.run()
        let report = try result.get()
        #expect(medium.contents(0..<UInt64(imageByteCount)) == trial.image, "\(lie)")
        let capacity = try #require(report.capacity)
        if case .wraps(at: 9_000_448) = lie { continue }
        let shortfall = try #require(capacity.shortfall, "\(lie)")
        if case .wraps(let size) = lie { #expect(shortfall.estimate == .wrapsAt(size)) }
      }
    }
  }

  @Test("that are tolerated and still too small for the image are no success")
  func toleratedTooSmall() async throws {
    for exponent in 20...22 {
      let trial = CapacityTrial(
        imageByteCount: 6 * mebibyte, capacity: 1 << 32, lie: .wraps(at: 1 << exponent), toleratesFake: true)
      #expect(try await trial.error() != nil)
    }
  }
}

@Suite("R43: media that hold what they claim", .serialized)
struct HonestCapacityTests {
  @Test("raise no alarm, whatever their geometry, and hold nothing of the probing in the end")
  func geometries() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    for round in 0..<40 {
      let logical = [512, 1024, 2048, 4096].randomElement(using: &generator) ?? 512
      let physical = [512, 4096, 16_384, 65_536].randomElement(using: &generator) ?? 512
      let blocks = UInt64.random(in: 1...UInt64((4 << 20) / logical), using: &generator)
      let capacity = round == 0 ? UInt64(logical) : blocks * UInt64(logical)
      let trial = CapacityTrial(
        imageByteCount: Int.random(in: 1...Int(capacity), using: &generator), capacity: capacity,
        blockSize: logical, physical: physical, seed: generator.next())
      let (result, medium) = try await trial.run()
      let report = try #require(try? result.get(), "seed \(seed), \(trial)")
      let note: Comment = "seed \(seed), \(trial)"
      #expect(report.capacity?.shortfall == nil, note)
      #expect(medium.misaligned == 0, note)
      #expect(medium.contents(0..<UInt64(trial.imageByteCount)) == trial.image, note)
      let plan = try trial.plan()
      let beyond = plan.probedPlaces.filter { $0.lowerBound >= report.writtenByteCount }
      #expect(report.capacity?.probedPlaceCount == beyond.count, note)
      #expect(beyond.allSatisfy { medium.contents($0).holdsOnly(0) }, note)
    }
  }

  @Test("of 2 TiB, odd sizes and the largest size take at most 5 requests for each place, and a few more")
  func requests() async throws {
    for capacity: UInt64 in [1 << 41, (1 << 41) - 512, 64_000_000_000, 1 << 62] {
      let trial = CapacityTrial(imageByteCount: 2 * mebibyte, capacity: capacity)
      let (result, medium) = try await trial.run()
      #expect(try result.get().capacity?.shortfall == nil)
      let unprobed = LyingMedium(byteCount: capacity, lie: .none)
      let plan = try WritePlan(
        imageLength: .exact(UInt64(2 * mebibyte)),
        geometry: BlockGeometry(
          byteCount: capacity, logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false,
          diskSequence: 1), digest: .none)
      _ = try await WriteRun(
        image: try MemoryImage(trial.image), plan: plan, medium: unprobed, progress: ProgressMeter()
      ).execute()
      let places = try trial.plan().probedPlaces.count
      #expect(medium.requests - unprobed.requests <= 5 * places + 9)
    }
  }

  @Test("with one block that cannot be read are not trusted, and one that vanishes is a failing device")
  func unreadable() async throws {
    var trial = CapacityTrial(capacity: 1 << 30)
    trial.faults.read = { $0.lowerBound == 1 << 28 ? .ioError : nil }
    let shortfall = try #require(try await trial.shortfall())
    #expect(shortfall.lostPlaceCount == 1 && shortfall.unreadablePlaceCount == 1)
    trial.faults.read = { $0.lowerBound == 1 << 28 ? Errno(rawValue: 19) : nil }
    guard case .device(_, .readBack, offset: 1 << 28)? = try await trial.error() else {
      Issue.record("no failure of the device")
      return
    }
    trial.faults = MemoryMedium.Faults(write: { $0.lowerBound == 1 << 28 ? .ioError : nil })
    #expect(try await trial.shortfall()?.lostPlaceCount == 1)
    trial.faults = MemoryMedium.Faults(write: { $0.lowerBound == 1 << 28 ? Errno(rawValue: 19) : nil })
    guard case .device(_, .probe, offset: 1 << 28)? = try await trial.error() else {
      Issue.record("no failure of the device")
      return
    }
  }

  @Test("R38: a request that fails once makes nothing seem smaller, and is told", arguments: [true, false])
  func passing(isWrite: Bool) async throws {
    var trial = CapacityTrial(capacity: 1 << 30)
    let failed = Mutex(false)
    let once: @Sendable (Range<UInt64>) -> Errno? = { range in
      guard range.lowerBound == 1 << 28 else { return nil }
      return failed.withLock { failed in
        defer { failed = true }
        return failed ? nil : .ioError
      }
    }
    trial.faults = isWrite ? MemoryMedium.Faults(write: once) : MemoryMedium.Faults(read: once)
    let report = try await trial.run().0.get()
    #expect(report.capacity?.shortfall == nil && report.retries == 1)
  }

  @Test("are marked after the erasure, from the highest place down, and read in another order each time")
  func order() async throws {
    let writes = Mutex<[UInt64]>([])
    let reads = Mutex<[UInt64]>([])
    var trial = CapacityTrial(capacity: 1 << 36)
    trial.faults.write = { range in
      writes.withLock { $0.append(range.lowerBound) }
      return nil
    }
    trial.faults.read = { range in
      reads.withLock { $0.append(range.lowerBound) }
      return nil
    }
    _ = try await trial.run().0.get()
    let places = try trial.plan().probedPlaces.map(\.lowerBound)
    let edges = [0, (1 << 36) - (1 << 20), 65_536] as [UInt64]
    #expect(writes.withLock { Array($0.prefix(3 + places.count)) } == edges + places.reversed())
    // Both ends are looked at before.
    let first = reads.withLock { Array($0.dropFirst(2).prefix(places.count)) }
    #expect(Set(first) == Set(places) && first != places && first != places.reversed())
  }

  @Test("R40: stopped while they are marked, they cannot boot")
  func stopped() async throws {
    var trial = CapacityTrial(capacity: 1 << 36)
    trial.faults.write = { range in
      // Safe: the task that writes the marks is the one that runs here.
      if range.lowerBound == 1 << 30 { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
      return nil
    }
    let stopping = trial
    let (result, medium) = try await Task { try await stopping.run() }.value
    let failure = try #require(throws: WriteFailure.self) { try result.get() }
    #expect(failure == WriteFailure(error: .cancelled, medium: .erased))
    #expect(medium.contents(0..<(1 << 20)).holdsOnly(0))
    #expect(medium.contents((1 << 21)..<(1 << 21) + 1) != [0], "it was stopped before the lower places")
  }
}

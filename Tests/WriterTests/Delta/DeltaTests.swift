import BlockIO
import BlockMap
import ImageSource
import SystemPackage
import TestSupport
import Testing

@testable import Writer

@Suite("Writing only what differs")
struct DeltaTests {
  @Test(
    "R37: leaves what a whole write leaves, zeros too, and tells how much was written",
    arguments: 0..<12 as Range<UInt64>)
  func sameResult(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...(9 * mebibyte), using: &generator)
    let old = [UInt8].repeating(count, seed: seed)
    var trial = DeltaTrial(
      old: old, new: old.changed(5, longest: 200_000, using: &generator), capacity: 12 * mebibyte,
      blockSize: seed % 2 == 0 ? 512 : 4096, seed: seed)
    if seed % 3 == 0 { trial.length = .unknown }
    let (result, medium) = try await trial.run()
    let report = try result.get()
    let (_, whole) = try await trial.run(isDelta: false)
    #expect(medium.holds(whole.content), "seed \(seed)")
    #expect(medium.misaligned.isEmpty)
    let delta = try #require(report.delta)
    #expect(delta.comparedByteCount + UInt64(min(count, mebibyte)) >= UInt64(count))
    #expect(delta.writtenByteCount <= delta.comparedByteCount)
  }

  @Test("writes no block of the body that is there but for the marks, and none twice")
  func nothingElse() async throws {
    var generator = SeededGenerator(seed: 11)
    let old = [UInt8].repeating(14 * mebibyte, seed: 11)
    let trial = DeltaTrial(
      old: old, new: old.changed(6, longest: 100_000, using: &generator), capacity: 18 * mebibyte)
    let (result, medium) = try await trial.run()
    let delta = try #require(try result.get().delta)
    let plan = try trial.plan()
    let step = WritePlan.deltaByteCount
    let marked = Set(plan.probedPlaces.map { Int($0.lowerBound) / step })
    let differing = Set(
      (16..<(14 * mebibyte / step)).filter { block in
        let range = (block * step)..<((block + 1) * step)
        return marked.contains(block)
          || ChunkDigest(of: trial.old.span.extracting(range))
            != ChunkDigest(of: trial.new.span.extracting(range))
      })
    #expect(delta.writtenByteCount == UInt64(differing.count * step))
    // Between the flush of the marks and the next one, the body is written.
    let afterMarks = try #require(medium.log.firstIndex(of: .flush))
    let body = medium.log[(afterMarks + 1)...].prefix { $0 != .flush }
    let written = body.flatMap { request -> [Int] in
      guard case .write(let range) = request else { return [] }
      return Array((Int(range.lowerBound) / step)..<(Int(range.upperBound) / step))
    }
    #expect(written.sorted() == differing.sorted())
  }

  @Test("reads the body once, and writes and reads again little more than what differs")
  func traffic() async throws {
    var generator = SeededGenerator(seed: 5)
    let old = [UInt8].repeating(24 * mebibyte, seed: 5)
    let trial = DeltaTrial(
      old: old, new: old.changed(4, longest: 300_000, using: &generator), capacity: 28 * mebibyte)
    let (result, medium) = try await trial.run()
    let delta = try #require(try result.get().delta)
    let traffic = medium.traffic
    // Both ends and the head, and what is left of 8 MiB behind a small image; what drives out a cache is at most two
    // pieces, of which the first is shorter. Both ends are looked at once more, before anything is written.
    let size = UInt64(mebibyte)
    #expect(traffic.written < delta.writtenByteCount + 6 * size + 8 * size + size / 2)
    #expect(traffic.read < delta.comparedByteCount + delta.rereadByteCount + 7 * size + 8 * size + size / 2)
    // Each of at most four runs and a dozen marks has two blocks beside it; each piece has one that was drawn.
    let besides = UInt64(2 * 16 + 6) * UInt64(WritePlan.deltaByteCount)
    #expect(delta.rereadByteCount < delta.writtenByteCount + besides)
  }

  @Test("an unreadable block is written, not taken for equal")
  func unreadable() async throws {
    let old = [UInt8].repeating(6 * mebibyte, seed: 3)
    let bad = UInt64(5 * mebibyte)
    let isMended = Flag()
    var trial = DeltaTrial(old: old, new: old, capacity: 9 * mebibyte)
    trial.faults.write = { range in
      if range.contains(bad) { isMended.set() }
      return nil
    }
    trial.faults.read = { $0.contains(bad) && !isMended.isSet ? .ioError : nil }
    let (result, medium) = try await trial.run()
    _ = try result.get()
    #expect(isMended.isSet)
    #expect(medium.holds(old))
  }

  @Test("a medium that is gone while it is compared ends the run")
  func gone() async throws {
    let old = [UInt8].repeating(6 * mebibyte, seed: 3)
    var trial = DeltaTrial(old: old, new: old, capacity: 9 * mebibyte)
    trial.faults.read = { $0.contains(UInt64(5 * mebibyte)) ? .noSuchAddressOrDevice : nil }
    let (result, _) = try await trial.run()
    let failure = try #require(throws: WriteFailure.self) { try result.get() }
    guard case .device(_, during: .compare, offset: UInt64(4 * mebibyte)?) = failure.error else {
      Issue.record("\(failure)")
      return
    }
  }

  @Test("with a map, what it leaves out is neither compared nor written")
  func mapped() async throws {
    let old = [UInt8].repeating(12 * mebibyte, seed: 9)
    var new = old
    for place in [3, 6, 10] { new[place * mebibyte + 70_000] ^= 0xFF }
    var trial = DeltaTrial(old: old, new: new, capacity: 14 * mebibyte)
    let size = UInt64(mebibyte)
    trial.map = BlockMap(
      imageByteCount: 12 * size, blockByteCount: 4096,
      ranges: [MappedRange(0..<(4 * size)), MappedRange((9 * size)..<(12 * size))])
    let (result, medium) = try await trial.run()
    let delta = try #require(try result.get().delta)
    #expect(delta.comparedByteCount == 6 * size)
    #expect(medium.content[3 * mebibyte + 70_000] == new[3 * mebibyte + 70_000])
    #expect(medium.content[6 * mebibyte + 70_000] == old[6 * mebibyte + 70_000])
    #expect(medium.content[10 * mebibyte + 70_000] == new[10 * mebibyte + 70_000])
  }

  @Test("R41: what a write damages beside it is found, and written once more", arguments: [-1, 1])
  func neighbours(side: Int) async throws {
    let old = [UInt8].repeating(16 * mebibyte, seed: 2)
    var new = old
    let place = 9 * mebibyte + 3 * WritePlan.deltaByteCount
    new[place] ^= 1
    var trial = DeltaTrial(old: old, new: new, capacity: 20 * mebibyte)
    let isDone = Flag()
    trial.faults.corrupt = { content, range in
      guard range == UInt64(place)..<UInt64(place + WritePlan.deltaByteCount), !isDone.isSet else { return }
      isDone.set()
      content[place + side * WritePlan.deltaByteCount + 77] ^= 0x10
    }
    let (result, medium) = try await trial.run()
    let report = try result.get()
    #expect(isDone.isSet)
    #expect(report.rewritten?.byteCount == 1)
    #expect(medium.holds(new))
  }
}

@Suite("What is read again of a piece that was compared")
struct RecheckTests {
  private let step = WritePlan.deltaByteCount

  @Test("a changed block with both of its neighbours, or one block where none is")
  func ranges() {
    let part = 0..<(64 * step)
    #expect(WriteRun.rechecks([(5 * step)..<(6 * step)], in: part) == [(4 * step)..<(7 * step)])
    #expect(WriteRun.rechecks([0..<step], in: part) == [0..<(2 * step)])
    let near = [(5 * step)..<(6 * step), (7 * step)..<(8 * step)]
    #expect(WriteRun.rechecks(near, in: part) == [(4 * step)..<(9 * step)])
    let sample = WriteRun.rechecks([], in: part)
    #expect(sample.count == 1 && sample[0].count == step && sample[0].clamped(to: part) == sample[0])
    #expect(WriteRun.rechecks([], in: 4096..<5120) == [4096..<5120])
  }

  @Test("all of it where that is half of it or more")
  func whole() {
    #expect(WriteRun.rechecks([0..<(31 * step)], in: 0..<(64 * step)).isEmpty)
  }
}

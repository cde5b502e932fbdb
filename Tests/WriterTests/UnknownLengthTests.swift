import BlockIO
import ImageSource
import ImageSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Writer

private let piece = WritePlan.pieceByteCount
/// Random bytes, made once: every test takes its images from their beginning.
private let noise = [UInt8].random(9 * mebibyte + 5, seed: 34)

@Suite("Images whose length only their end tells")
struct UnknownLengthTests {
  /// What an image that fits may say of its length: nothing, the truth, too little, too much.
  private static func claims(_ size: Int, capacity: Int) -> [ImageLength] {
    [.unknown, .stated(UInt64(size)), .stated(UInt64(size / 2)), .stated(0), .stated(UInt64(capacity))]
  }

  private func expectSame(
    _ content: [UInt8], capacity: Int, blockSize: Int = 512, physical: Int = 512, _ note: Comment
  ) async throws {
    let exact = Trial(content: content, capacity: capacity, blockSize: blockSize, physical: physical)
    let (expected, reference, _) = try await exact.run()
    for claim in Self.claims(content.count, capacity: capacity) {
      var trial = exact
      trial.length = claim
      let (result, medium, _) = try await trial.run()
      let report = try result.get()
      #expect(medium.content == reference.content, note)
      #expect(medium.misaligned.isEmpty, note)
      #expect(Set(medium.log) == Set(reference.log), note)
      #expect(report.imageByteCount == UInt64(content.count), note)
      #expect(try report.sha256 == expected.get().sha256, note)
      #expect(try report.writtenByteCount == expected.get().writtenByteCount, note)
    }
  }

  @Test(
    "R35: leave the same medium, with the same requests, as images of exact length",
    arguments: [
      1, 511, 4095, 4096, mebibyte - 1, mebibyte, mebibyte + 1, piece - 1, piece, piece + 1,
      5 * mebibyte - 1, 5 * mebibyte,
    ])
  func sizes(size: Int) async throws {
    try await expectSame(
      Array(noise.prefix(size)), capacity: 5 * mebibyte, "\(size) bytes")
  }

  @Test("R35: whatever the sizes of image, medium and blocks are", arguments: 0..<8)
  func anySize(round: Int) async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let blockSize = [512, 4096].randomElement(using: &random) ?? 512
    let capacity = Int.random(in: 1...(round < 3 ? 600 : 1400), using: &random) * 4096 + (4096 - blockSize)
    let size = Int.random(in: 1...capacity, using: &random)
    try await expectSame(
      Array(noise.prefix(size)), capacity: capacity, blockSize: blockSize,
      physical: [512, 4096, 16_384].randomElement(using: &random) ?? 512,
      "seed \(seed): \(size) of \(capacity) bytes in blocks of \(blockSize)")
  }

  @Test(
    "R34: an image that goes on where the medium ends stops there, and the head is zero",
    arguments: [1000 * 512, mebibyte, piece, 5 * mebibyte], [1, 512, 4 * mebibyte])
  func tooLarge(capacity: Int, excess: Int) async throws {
    for claim in [ImageLength.unknown, .stated(1), .stated(UInt64(capacity))] {
      let (result, medium, _) = try await Trial(
        content: Array(noise.prefix(capacity + excess)), capacity: capacity, length: claim
      ).run()
      let failure = try #require(throws: WriteFailure.self) { try result.get() }
      #expect(failure == WriteFailure(error: .tooLarge(capacity: UInt64(capacity)), medium: .erased))
      #expect(medium.content.prefix(mebibyte).holdsOnly(0))
    }
  }

  @Test("an image that turns out to have no bytes is no success")
  func empty() async throws {
    for claim in [ImageLength.unknown, .stated(0), .stated(4096)] {
      let (result, medium, _) = try await Trial(content: [], capacity: 8 * mebibyte, length: claim).run()
      let failure = try #require(throws: WriteFailure.self) { try result.get() }
      #expect(failure == WriteFailure(error: .image(.empty(path: "memory.img")), medium: .erased))
      #expect(medium.content.prefix(mebibyte).holdsOnly(0))
    }
  }

  @Test(
    "R44: an image that fails at any byte, its end among them, is no success, and the head is zero",
    arguments: [
      0, 1, 511, mebibyte - 1, mebibyte, mebibyte + 1, piece - 1, piece, 5 * mebibyte - 1, 5 * mebibyte,
    ])
  func failing(place: Int) async throws {
    let wrong = ImageSourceError.system(SystemCallError(call: "read", errno: .ioError), offset: 7)
    for capacity in [5 * mebibyte, 6 * mebibyte] {
      let (result, medium, _) = try await Trial(
        content: Array(noise.prefix(5 * mebibyte)), capacity: capacity, length: .unknown,
        imageFault: .unreadable(at: UInt64(place), wrong)
      ).run()
      let failure = try #require(throws: WriteFailure.self) { try result.get() }
      #expect(failure == WriteFailure(error: .image(wrong), medium: .erased))
      #expect(medium.content.prefix(mebibyte).holdsOnly(0))
    }
  }

  @Test("R44: an exact length that the end contradicts is no success, whichever way")
  func brokenPromise() async throws {
    let size = UInt64(5 * mebibyte)
    let claims: [(UInt64, ImageSourceError)] = [
      (size + 1, .shrank(expected: size + 1, found: size)), (size - 1, .changed(path: "memory.img")),
      (1, .changed(path: "memory.img")),
    ]
    for (claim, expected) in claims {
      let (result, medium, _) = try await Trial(
        content: Array(noise.prefix(Int(size))), capacity: 8 * mebibyte, length: .exact(claim)
      ).run()
      let failure = try #require(throws: WriteFailure.self) { try result.get() }
      #expect(failure == WriteFailure(error: .image(expected), medium: .erased))
      #expect(medium.content.prefix(mebibyte).holdsOnly(0))
    }
  }

  @Test(
    "R40: a source that gives up with the run is a cancel, and the head is zero",
    arguments: [nil, 0, 5 << 20])
  func givingUp(place: UInt64?) async throws {
    let (result, medium, _) = try await Trial(
      content: noise, capacity: 16 * mebibyte, length: .unknown, imageFault: .givesUp(at: place)
    ).run()
    let failure = try #require(throws: WriteFailure.self) { try result.get() }
    #expect(failure == WriteFailure(error: .cancelled, medium: .erased))
    #expect(medium.content.prefix(mebibyte).holdsOnly(0))
  }

  @Test("R42: a flipped bit is found in a second pass, with its offset")
  func flippedBit() async throws {
    let content = noise
    for place in [mebibyte, 4 * mebibyte + 5, 9 * mebibyte + 4] {
      var faults = MemoryMedium.Faults()
      faults.corrupt = { medium, range in
        if range.contains(UInt64(place)), medium[place] == content[place] { medium[place] ^= 0x10 }
      }
      let (result, _, _) = try await Trial(
        content: content, capacity: 16 * mebibyte, length: .unknown, faults: faults
      ).run()
      let failure = try #require(throws: WriteFailure.self) { try result.get() }
      guard case .mismatch(let differences) = failure.error else {
        Issue.record("not a mismatch: \(failure)")
        continue
      }
      #expect(differences.firstOffset == UInt64(place) && differences.byteCount == 1)
    }
  }

  @Test("R42: where a second pass ends elsewhere, the pieces have to do: that the medium differs is proven")
  func otherPass() async throws {
    let content = Array(noise.prefix(9 * mebibyte))
    var faults = MemoryMedium.Faults()
    faults.corrupt = { medium, range in
      if range.lowerBound >= UInt64(8 * mebibyte) { medium[Int(range.lowerBound)] ^= 1 }
    }
    for end in [0, piece, 9 * mebibyte - 1] {
      let (result, _, _) = try await Trial(
        content: content, capacity: 16 * mebibyte, length: .unknown,
        imageFault: .laterPassesEnd(at: UInt64(end)), faults: faults
      ).run()
      let failure = try #require(throws: WriteFailure.self) { try result.get() }
      guard case .mismatch(let differences) = failure.error else {
        Issue.record("not a mismatch: \(failure)")
        continue
      }
      #expect(differences.isCoarse && differences.ranges == [UInt64(8 * mebibyte)..<UInt64(9 * mebibyte)])
    }
  }
}

@Suite("Comparing with images whose length only their end tells")
struct UnknownVerifyTests {
  private func verify(
    _ image: MemoryImage, with medium: [UInt8]
  ) async throws -> Result<VerifyReport, VerifyError> {
    let scratch = try ScratchDirectory()
    try scratch.write(medium, to: "stick")
    let reader = try MediumReader(opening: "\(scratch.path)/stick", expecting: nil, diskSequence: nil)
    do throws(VerifyError) {
      return .success(try await MediumVerifier.verify(image, against: reader, progress: ProgressMeter()))
    } catch { return .failure(error) }
  }

  @Test(
    "R42: every byte is compared up to the end, and no other",
    arguments: [1, 511, piece, piece + 1, 9_000_001])
  func compared(size: Int) async throws {
    let content = Array(noise.prefix(size))
    let medium = content + [UInt8](repeating: 7, count: 10 * mebibyte - size)
    for length in [ImageLength.unknown, .stated(1), .stated(UInt64(medium.count))] {
      let same = try await verify(MemoryImage(content, length: length), with: medium).get()
      #expect(same.differences.isEmpty && same.imageByteCount == UInt64(size))
      #expect(same.differences.comparedByteCount == UInt64(size))
      var other = content
      other[size - 1] ^= 1
      let found = try await verify(MemoryImage(other, length: length), with: medium).get()
      #expect(found.differences.firstOffset == UInt64(size - 1) && found.differences.byteCount == 1)
    }
  }

  @Test("a medium that ends first is too small, found late or by the image's own account")
  func tooSmall() async throws {
    let content = Array(noise.prefix(5 * mebibyte + 1))
    let medium = Array(content.prefix(5 * mebibyte))
    let capacity = UInt64(medium.count)
    for (length, told) in [
      (ImageLength.unknown, ImageLength.unknown), (.stated(1), .unknown),
      (.stated(capacity + 9), .unknown), (.exact(capacity + 1), .exact(capacity + 1)),
    ] {
      let result = try await verify(MemoryImage(content, length: length), with: medium)
      #expect(result == .failure(.tooSmall(image: told, capacity: capacity)))
    }
  }

  @Test("R44: damage that shows only beyond the end of the medium is damage, not a medium that is too small")
  func damagedBeyond() async throws {
    let wrong = ImageSourceError.system(SystemCallError(call: "read", errno: .ioError), offset: 7)
    let medium = Array(noise.prefix(5 * mebibyte))
    for place in [5 * mebibyte, 8 * mebibyte, noise.count] {
      let image = try MemoryImage(noise, length: .unknown, fault: .unreadable(at: UInt64(place), wrong))
      #expect(try await verify(image, with: medium) == .failure(.image(wrong)))
    }
  }

  @Test("R44: an image that fails at its end, changes or has no bytes proves nothing")
  func failing() async throws {
    let content = Array(noise.prefix(5 * mebibyte))
    let wrong = ImageSourceError.system(SystemCallError(call: "read", errno: .ioError), offset: 7)
    for place in [0, piece, content.count] {
      let image = try MemoryImage(content, length: .unknown, fault: .unreadable(at: UInt64(place), wrong))
      #expect(try await verify(image, with: content) == .failure(.image(wrong)))
    }
    for place in [0, UInt64(piece)] {
      let image = try MemoryImage(content, length: .unknown, fault: .givesUp(at: place))
      #expect(try await verify(image, with: content) == .failure(.cancelled))
    }
    let changed = try MemoryImage(content, length: .unknown, fault: .changed)
    #expect(try await verify(changed, with: content) == .failure(.image(.changed(path: "memory.img"))))
    let empty = try MemoryImage([], length: .unknown)
    #expect(try await verify(empty, with: content) == .failure(.image(.empty(path: "memory.img"))))
  }
}

@Suite("The progress of a run")
struct ProgressMeterTests {
  @Test("is never more than everything, and pieces of a file need not come in order")
  func bounds() {
    let meter = ProgressMeter()
    #expect(meter.reading == ProgressReading(phase: .preparing, done: 0, scale: .none))
    meter.begin(.erasing, total: 10)
    meter.advance(by: 11)
    #expect(meter.reading == ProgressReading(phase: .erasing, done: 10, scale: .bytes(10)))
    meter.begin(.writing, fileByteCount: 10)
    meter.advance(by: 100, consumed: 6)
    meter.advance(by: 100, consumed: 3)
    #expect(meter.reading == ProgressReading(phase: .writing, done: 200, scale: .file(consumed: 6, of: 10)))
    meter.advance(by: 100, consumed: 11)
    #expect(meter.reading == ProgressReading(phase: .writing, done: 300, scale: .file(consumed: 10, of: 10)))
    meter.begin(.flushing)
    #expect(meter.reading == ProgressReading(phase: .flushing, done: 0, scale: .none))
  }

  @Test("counts a file's bytes once what came of them is written, not when they are read")
  func written() async throws {
    let content = [UInt8](repeating: 0x5A, count: 40 * mebibyte)
    let image = try MemoryImage(content, length: .unknown)
    let meter = ProgressMeter()
    let furthest = Mutex<UInt64>(0)
    var faults = MemoryMedium.Faults()
    faults.write = { range in
      guard case .file(let consumed, let total) = meter.reading.scale else { return nil }
      let begun = furthest.withLock { furthest in
        furthest = max(furthest, range.upperBound)
        return furthest
      }
      // Each byte of the file holds ten of the image: none is counted before a write of what it holds began.
      #expect(consumed <= (begun + 9) / 10 && total == image.fileByteCount)
      return nil
    }
    let geometry = BlockGeometry(
      byteCount: 48 << 20, logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false,
      diskSequence: nil)
    let plan = try WritePlan(imageLength: .unknown, geometry: geometry, digest: .none)
    let medium = MemoryMedium(content: [UInt8](repeating: 0, count: 48 << 20), faults: faults)
    _ = try await WriteRun(image: image, plan: plan, medium: medium, progress: meter).execute()
  }
}

import BlockIO
import DeviceSafety
import ImageSource
import ImageSupport
import ImageTrust
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Writer

/// A run of the writer over memory, with what it left behind.
struct Trial {
  var content: [UInt8]
  var capacity: Int
  var blockSize = 512
  var physical = 512
  var digest = DigestChoice.sha256
  var claims: [ChecksumClaim] = []
  var comparesImplanted = false
  var requiresSignature = false
  var listeners = PassListeners()
  /// What the image says of its length; the truth if nil.
  var length: ImageLength?
  var imageFault: MemoryImage.Fault?
  var faults = MemoryMedium.Faults()

  func run() async throws -> (Result<WriteReport, WriteFailure>, MemoryMedium, WritePlan) {
    let geometry = BlockGeometry(
      byteCount: UInt64(capacity), logicalBlockSize: blockSize, physicalBlockSize: physical,
      isReadOnly: false, diskSequence: 1)
    let image = try MemoryImage(content, length: length, fault: imageFault)
    let plan = try WritePlan(
      imageLength: image.length, geometry: geometry, digest: digest, claims: claims,
      comparesImplanted: comparesImplanted, requiresSignature: requiresSignature)
    let medium = MemoryMedium(
      content: [UInt8](repeating: 0xEE, count: capacity), blockSize: blockSize, faults: faults)
    let run = WriteRun(image: image, plan: plan, medium: medium, progress: ProgressMeter())
    do throws(WriteFailure) {
      return (.success(try await run.execute(listeners: listeners)), medium, plan)
    } catch {
      return (.failure(error), medium, plan)
    }
  }
}

let mebibyte = 1 << 20

@Suite("The write pipeline over a medium in memory")
struct WriteRunTests {
  @Test(
    "R35: every size arrives exact, padded with zeros, in aligned requests",
    arguments: [
      1, 511, 512, 513, 4095, 4096, mebibyte - 1, mebibyte, mebibyte + 1, 4 * mebibyte - 1,
      4 * mebibyte + 1, 9 * mebibyte + 777,
    ], [512, 4096])
  func exactSizes(size: Int, blockSize: Int) async throws {
    let content = [UInt8].random(size, seed: UInt64(size))
    let (result, medium, plan) = try await Trial(
      content: content, capacity: 16 * mebibyte, blockSize: blockSize, physical: blockSize
    ).run()
    let report = try result.get()
    #expect(medium.misaligned.isEmpty)
    #expect(Array(medium.content[..<size]) == content)
    let layout = try #require(plan.layout)
    let padding = medium.content[size..<Int(layout.writtenByteCount)]
    #expect(padding.holdsOnly(0), "the last block is filled with zeros, not left-overs")
    #expect(medium.content.suffix(mebibyte).holdsOnly(0), "the last MiB is zero")
    var digest = SHA256()
    digest.update(content.span)
    let expected = digest.finish()
    #expect(report.sha256 == expected)
    #expect(report.imageByteCount == UInt64(size))
  }

  @Test("an image of exactly the medium's size is written to its end")
  func fullMedium() async throws {
    let content = [UInt8].random(5 * mebibyte, seed: 3)
    let (result, medium, _) = try await Trial(content: content, capacity: 5 * mebibyte).run()
    _ = try result.get()
    #expect(medium.content == content)
  }

  @Test("R36: erase, body, read-back, and only then the head, its anchor last")
  func order() async throws {
    let (result, medium, plan) = try await Trial(
      content: .random(9 * mebibyte, seed: 4), capacity: 16 * mebibyte
    ).run()
    _ = try result.get()
    let log = medium.log
    let layout = try #require(plan.layout)
    let head = UInt64(layout.headByteCount)
    let erased = try #require(log.firstIndex(of: .flush))
    let tail = UInt64(15 * mebibyte)..<UInt64(16 * mebibyte)
    #expect(
      log[..<erased] == [
        .read(0..<head), .read(tail), .write(0..<65_536), .write(tail), .write(65_536..<head),
      ], "the ends are erased first")
    let firstRead = try #require(
      log.indices.first { if case .read = log[$0] { $0 > erased } else { false } })
    let commits = log.indices.filter {
      if case .write(let range) = log[$0] { $0 > erased && range.lowerBound < head } else { false }
    }
    #expect(commits.count == 2)
    #expect(commits.allSatisfy { $0 > firstRead })
    #expect(log[try #require(commits.last)] == .write(0..<UInt64(layout.anchorByteCount)))
    let bodyReads = log.indices.filter {
      if case .read(let range) = log[$0] { $0 > erased && range.lowerBound >= head } else { false }
    }
    #expect(
      bodyReads.allSatisfy { $0 < commits[0] }, "the whole body is read back before the head is written")
    let flushes = log.indices.filter { log[$0] == .flush }
    #expect(flushes.contains { $0 < firstRead && $0 > erased }, "the body is flushed before it is read back")
  }

  @Test("R36: of both ends and old signatures, what is not zero is zeroed; what cannot be read too")
  func erasing() async throws {
    let (tail, mib) = (UInt64(15 * mebibyte), UInt64(mebibyte))
    for unreadable in [nil, 0, tail] as [UInt64?] {
      // A table in front, and something behind it; its copy, and a superblock that ends in the middle of a block.
      var content = [UInt8](repeating: 0, count: 16 * mebibyte)
      let old: [Range<Int>] = [
        510..<17_000, 100_000..<150_000, 9 * mebibyte + 100..<9 * mebibyte + 5000,
        16 * mebibyte - 33 * 512..<16 * mebibyte,
      ]
      for range in old { content.replaceSubrange(range, with: repeatElement(0xEE, count: range.count)) }
      var faults = MemoryMedium.Faults()
      let isErasing = Atomic<Bool>(true)
      faults.read = { isErasing.load(ordering: .relaxed) && $0.lowerBound == unreadable ? .ioError : nil }
      faults.flush = { _ in
        isErasing.store(false, ordering: .relaxed)
        return nil
      }
      let medium = MemoryMedium(content: content, faults: faults)
      let geometry = BlockGeometry(
        byteCount: 16 * mib, logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false, diskSequence: 1
      )
      let image = try MemoryImage(.random(2 * mebibyte, seed: 4))
      let plan = try WritePlan(
        imageLength: image.length, geometry: geometry,
        staleSignatures: [9 * mib..<9 * mib + 8192], digest: .none)
      let run = WriteRun(image: image, plan: plan, medium: medium, progress: ProgressMeter())
      _ = try await run.execute(listeners: PassListeners())
      let log = medium.log
      let erased = log[..<(try #require(log.firstIndex(of: .flush)))].compactMap {
        if case .write(let range) = $0 { range } else { nil }
      }
      let head = 65_536..<(unreadable == 0 ? mib : 151_552)
      let end = unreadable == tail ? tail..<16 * mib : (16 * mib - 20_480)..<16 * mib
      #expect(erased == [0..<65_536, end, 9 * mib..<9 * mib + 8192, head])
      #expect(medium.content[(2 * mebibyte)...].holdsOnly(0))
      #expect(medium.misaligned.isEmpty)
    }
  }

  @Test("R37: runs of zeros are written, not skipped")
  func zerosAreWritten() async throws {
    let content = [UInt8](repeating: 0, count: 9 * mebibyte)
    let (result, medium, _) = try await Trial(content: content, capacity: 16 * mebibyte).run()
    _ = try result.get()
    #expect(medium.content[..<content.count].holdsOnly(0))
  }

  @Test(
    "R42: one flipped bit anywhere is found with its offset",
    arguments: [0, 70_000, mebibyte, 4 * mebibyte + 5, 9 * mebibyte - 1])
  func flippedBit(place: Int) async throws {
    var faults = MemoryMedium.Faults()
    let content = [UInt8].random(9 * mebibyte, seed: 5)
    faults.corrupt = { medium, range in
      if range.contains(UInt64(place)), medium[place] == content[place] { medium[place] ^= 0x10 }
    }
    let (result, medium, _) = try await Trial(content: content, capacity: 16 * mebibyte, faults: faults).run()
    let failure = try #require(throws: WriteFailure.self) { try result.get() }
    guard case .mismatch(let differences) = failure.error else {
      Issue.record("not a mismatch: \(failure)")
      return
    }
    #expect(differences.firstOffset == UInt64(place))
    #expect(differences.byteCount == 1)
    #expect(differences.rangeCount == 1)
    #expect(failure.medium == .erased)
    #expect(medium.content[..<mebibyte].allSatisfy { $0 == 0 || $0 == 0x10 })
  }

  @Test("R42: a lost piece is found", arguments: [0, 1, 2])
  func lostWrite(index: Int) async throws {
    var faults = MemoryMedium.Faults()
    let start = max(mebibyte, index * 4 * mebibyte)
    faults.corrupt = { medium, range in
      guard range.lowerBound == UInt64(start) else { return }
      medium.replaceSubrange(
        Int(range.lowerBound)..<Int(range.upperBound),
        with: [UInt8](repeating: 0xEE, count: range.count))
    }
    let (result, _, _) = try await Trial(
      content: .random(9 * mebibyte, seed: 6), capacity: 16 * mebibyte, faults: faults
    ).run()
    let failure = try #require(throws: WriteFailure.self) { try result.get() }
    guard case .mismatch(let differences) = failure.error else {
      Issue.record("not a mismatch: \(failure)")
      return
    }
    #expect(try #require(differences.firstOffset) >= UInt64(start))
    #expect(differences.rangeCount == 1)
  }

  @Test("a stale backup table that cannot be erased is a mismatch, not a success")
  func tailNotErased() async throws {
    var faults = MemoryMedium.Faults()
    faults.corrupt = { medium, range in
      if range.upperBound == UInt64(medium.count) { medium[medium.count - 512] = 0x45 }
    }
    let (result, _, _) = try await Trial(
      content: .random(2 * mebibyte, seed: 7), capacity: 8 * mebibyte, faults: faults
    ).run()
    let failure = try #require(throws: WriteFailure.self) { try result.get() }
    guard case .mismatch(let differences) = failure.error else {
      Issue.record("not a mismatch: \(failure)")
      return
    }
    #expect(differences.firstOffset == UInt64(8 * mebibyte - 512))
  }
}

@Suite("Failures leave a medium that cannot boot")
struct WriteFailureTests {
  private let content = [UInt8].random(9 * mebibyte, seed: 8)

  @Test("a medium that refuses the first write is untouched, and so is one cancelled before it")
  func refused() async throws {
    var faults = MemoryMedium.Faults()
    faults.write = { _ in .readOnlyFileSystem }
    let trial = Trial(content: content, capacity: 16 * mebibyte, faults: faults)
    let (result, medium, _) = try await trial.run()
    #expect(try #require(throws: WriteFailure.self) { try result.get() }.medium == .untouched)
    let writes = medium.log.filter { if case .write = $0 { true } else { false } }
    #expect(writes == [.write(0..<65_536)], "a refusal is not answered with more writes")

    let task = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      return try await Trial(content: content, capacity: 16 * mebibyte).run()
    }
    let (cancelled, spared, _) = try await task.value
    let failure = try #require(throws: WriteFailure.self) { try cancelled.get() }
    #expect(failure == WriteFailure(error: .cancelled, medium: .untouched))
    #expect(spared.log.isEmpty)
  }

  @Test("R38: a write error names the place to 64 KiB and stops the run")
  func writeError() async throws {
    let bad = UInt64(6 * mebibyte + 200_000)
    var faults = MemoryMedium.Faults()
    faults.write = { $0.contains(bad) ? .ioError : nil }
    let (result, medium, _) = try await Trial(content: content, capacity: 16 * mebibyte, faults: faults).run()
    let failure = try #require(throws: WriteFailure.self) { try result.get() }
    guard case .device(let error, .write, let offset?) = failure.error else {
      Issue.record("not a write error: \(failure)")
      return
    }
    #expect(error.errno == .ioError)
    #expect(offset <= bad && bad - offset < 65_536)
    #expect(failure.medium == .erased)
    #expect(medium.content[..<mebibyte].holdsOnly(0))
  }

  @Test("an I/O error that the repetition gets past is counted, not hidden")
  func passingError() async throws {
    let failures = Mutex(0)
    var faults = MemoryMedium.Faults()
    faults.write = { range in
      guard range.lowerBound == UInt64(4 * mebibyte), range.count > 65_536 else { return nil }
      failures.withLock { $0 += 1 }
      return .ioError
    }
    let (result, medium, _) = try await Trial(content: content, capacity: 16 * mebibyte, faults: faults).run()
    #expect(try result.get().retries == 1)
    #expect(Array(medium.content[..<content.count]) == content)
  }

  @Test("an unplugged device stops the run and its state is said to be unknown")
  func unplugged() async throws {
    let gone = Mutex(false)
    var faults = MemoryMedium.Faults()
    faults.write = { range in
      gone.withLock { gone in
        if range.lowerBound >= UInt64(4 * mebibyte), range.upperBound < UInt64(15 * mebibyte) { gone = true }
        return gone ? Errno(rawValue: 19) : nil
      }
    }
    let (result, medium, _) = try await Trial(content: content, capacity: 16 * mebibyte, faults: faults).run()
    let failure = try #require(throws: WriteFailure.self) { try result.get() }
    #expect(failure.medium == .unknown)
    #expect(medium.content[..<mebibyte].holdsOnly(0), "the head was erased first")
  }

  @Test("R39: a flush that fails voids the result, whichever flush it is", arguments: [1, 2, 3, 4])
  func flushError(number: Int) async throws {
    var faults = MemoryMedium.Faults()
    faults.flush = { $0 == number ? .ioError : nil }
    let (result, medium, _) = try await Trial(content: content, capacity: 16 * mebibyte, faults: faults).run()
    let failure = try #require(throws: WriteFailure.self) { try result.get() }
    #expect(failure.medium == .erased)
    #expect(medium.content[..<mebibyte].holdsOnly(0))
  }

  @Test("a read error while reading back is the device's failure")
  func readError() async throws {
    var faults = MemoryMedium.Faults()
    faults.read = { $0.lowerBound == UInt64(4 * mebibyte) ? .ioError : nil }
    let (result, _, _) = try await Trial(content: content, capacity: 16 * mebibyte, faults: faults).run()
    let failure = try #require(throws: WriteFailure.self) { try result.get() }
    #expect(
      failure.error
        == .device(
          SystemCallError(call: "pread", errno: .ioError), during: .readBack, offset: UInt64(4 * mebibyte)))
  }

  @Test("R44: an image that shrinks, changes or cannot be read is never a success")
  func imageFaults() async throws {
    let unreadable = ImageSourceError.system(SystemCallError(call: "pread", errno: .ioError), offset: 0)
    let faults: [(MemoryImage.Fault, ImageSourceError)] = [
      (
        .ends(at: UInt64(5 * mebibyte)), .shrank(expected: UInt64(content.count), found: UInt64(5 * mebibyte))
      ),
      (.ends(at: 100), .shrank(expected: UInt64(content.count), found: 100)),
      (.changed, .changed(path: "memory.img")),
      (.unreadable(at: UInt64(7 * mebibyte), unreadable), unreadable),
    ]
    for (fault, expected) in faults {
      let (result, medium, _) = try await Trial(
        content: content, capacity: 16 * mebibyte, imageFault: fault
      ).run()
      let failure = try #require(throws: WriteFailure.self) { try result.get() }
      #expect(failure.error == .image(expected))
      #expect(failure.medium == .erased)
      #expect(medium.content[..<mebibyte].holdsOnly(0))
    }
  }

  @Test("R29: a target that changed before the first write stays untouched; later it is no success")
  func identity() async throws {
    for number in 1...3 {
      var faults = MemoryMedium.Faults()
      let change = RecheckError.changed(.medium(expected: 1, found: 2))
      // Looked at before the first request and before the commit, and for that while the end is read back; compared
      // with what was opened after it.
      faults.recheck = { number < 3 && $0 >= number ? change : nil }
      if number == 3 { faults.identity = { change } }
      let (result, medium, _) = try await Trial(
        content: content, capacity: 16 * mebibyte, faults: faults
      ).run()
      let failure = try #require(throws: WriteFailure.self) { try result.get() }
      #expect(failure.error == .identity(.changed(.medium(expected: 1, found: 2))))
      // R31: another medium than the one that was erased is left as it is.
      #expect(failure.medium == [1: .untouched, 2: .erased, 3: .unknown][number])
      if number == 1 {
        #expect(!medium.log.contains { if case .write = $0 { true } else { false } })
      }
    }
  }

  @Test("R40: cancelling at any request leaves a zero head", arguments: [3, 4, 5, 7, 8, 9, 11])
  func cancelled(after requests: Int) async throws {
    let seen = Mutex(0)
    let task = Mutex<Task<WriteFailure?, any Error>?>(nil)
    var faults = MemoryMedium.Faults()
    let count: @Sendable () -> Void = {
      if seen.withLock({
        $0 += 1; return $0 == requests
      }) {
        task.withLock { $0?.cancel() }
      }
    }
    faults.write = { _ in
      count(); return nil
    }
    faults.read = { _ in
      count(); return nil
    }
    let trial = Trial(content: content, capacity: 16 * mebibyte, faults: faults)
    let medium = Mutex<MemoryMedium?>(nil)
    let started = Task { () -> WriteFailure? in
      let (result, used, _) = try await trial.run()
      medium.withLock { $0 = used }
      if case .failure(let failure) = result { return failure }
      return nil
    }
    task.withLock { $0 = started }
    let failure = try await started.value
    let used = medium.withLock { $0 }
    let content = try #require(used).content
    if failure?.error == .cancelled {
      // Up to the third request the ends are only looked at.
      #expect(content[..<mebibyte].holdsOnly(0))
    } else {
      #expect(failure == nil, "a run that was not stopped in time ends in success")
    }
  }
}

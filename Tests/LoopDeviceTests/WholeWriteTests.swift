import BlockIO
import DeviceProbe
import DeviceSafety
import ImageSource
import ImageSupport
import SystemPackage
import TestSupport
import Testing

@testable import Writer

extension LoopDevice {
  /// Writes an image onto the device as burin does, from the gate to the report.
  func write(
    _ image: any ImageSource, progress: ProgressMeter = ProgressMeter(),
    lifting lifted: Set<Objection.ID> = []
  ) async throws -> WriteReport {
    let pending = try open(lifting: lifted)
    if let byteCount = image.length.byteCount { try pending.requireRoom(for: byteCount) }
    let plan = try WritePlan(
      imageLength: image.length, geometry: pending.identity.geometry,
      staleSignatures: DeviceProbe.signatures(at: .init(path)), digest: .sha256)
    let id = pending.consent.id
    let target = try pending.approve(confirming: .typed(id: id))
    return try await ImageWriter.write(image, plan: plan, to: target, progress: progress)
  }

  /// Writes an image that is a file.
  func write(_ content: [UInt8], lifting lifted: Set<Objection.ID> = []) async throws -> WriteReport {
    try scratch.write(content, to: "image")
    return try await write(
      RawImage(opening: scratch.path + "/image", acceptsDevice: false), lifting: lifted)
  }

  /// Compares the device with the image that was written last.
  func verify() async throws -> VerifyReport {
    try await verify(RawImage(opening: scratch.path + "/image", acceptsDevice: false))
  }

  /// Compares the device with an image.
  func verify(_ image: any ImageSource) async throws -> VerifyReport {
    let reader = try MediumReader(opening: path, expecting: nil, diskSequence: nil, of: self)
    return try await MediumVerifier.verify(image, against: reader, progress: ProgressMeter())
  }
}

extension MediumReader {
  /// Opens a loop device as what the kernel says it is.
  init(opening path: String, expecting: DeviceNumber?, diskSequence: UInt64?, of loop: LoopDevice) throws {
    let snapshot = DeviceProbe.snapshot()
    let disk = try #require(snapshot.devices.first { $0.path == path })
    self = try MediumReader(opening: path, expecting: disk.number, diskSequence: disk.diskSequence)
  }
}

extension LoopDeviceTests {
  /// The whole way of an image: gate, plan, erase, write, read-back, commit, verify.
  @Suite("A whole write")
  struct WholeWriteTests {
    @Test("R35: every size arrives, padded with zeros, and verifies", arguments: [512, 4096])
    func sizes(blockSize: Int) async throws {
      let capacity = 5 * mebibyte
      let loop = try LoopDevice(byteCount: capacity, blockSize: blockSize, fill: 0xEE)
      let random = [UInt8].random(capacity, seed: UInt64(blockSize))
      let sizes = [
        1, 511, 513, 4095, 4097, mebibyte - 1, mebibyte + 1, 4 * mebibyte + 777, capacity - 1, capacity,
      ]
      for size in sizes {
        let content = Array(random.prefix(size))
        let report = try await loop.write(content)
        #expect(report.imageByteCount == UInt64(size))
        let medium = try loop.contents()
        #expect(medium.holds(content), "size \(size)")
        let written = Int(report.writtenByteCount)
        #expect(written % blockSize == 0 && written - size < 4096)
        #expect(medium.holds(only: 0, in: size..<written), "size \(size): the padding is zero")
        #expect(
          medium.holds(only: 0, in: max(written, capacity - mebibyte)..<capacity), "size \(size): the end")
        let verified = try await loop.verify()
        #expect(verified.differences.isEmpty)
        #expect(verified.differences.comparedByteCount == UInt64(size))
      }
    }

    @Test("R42: the digests of a write prove the device later, without the image", arguments: [512, 4096])
    func chunks(blockSize: Int) async throws {
      let loop = try LoopDevice(byteCount: 6 * mebibyte, blockSize: blockSize, fill: 0xEE)
      let report = try await loop.write(.random(4 * mebibyte + 777, seed: 42))
      let sum = try #require(report.sha256)
      func compare() throws -> ChunkReport {
        let reader = try MediumReader(opening: loop.path, expecting: nil, diskSequence: nil, of: loop)
        return try ChunkVerifier.verify(
          report.chunks, image: (report.imageByteCount, sum), against: reader, progress: ProgressMeter())
      }
      let same = try compare()
      #expect(same.isSame && same.hasSHA256 == true)
      _ = try await loop.write(.random(4 * mebibyte + 777, seed: 43))
      let other = try compare()
      #expect(!other.isSame && other.hasSHA256 == false)
    }

    @Test("R35: an image of unknown length arrives, and verifies, as if it had told", arguments: [512, 4096])
    func unknownLength(blockSize: Int) async throws {
      let capacity = 5 * mebibyte
      let loop = try LoopDevice(byteCount: capacity, blockSize: blockSize, fill: 0xEE)
      let random = [UInt8].random(capacity, seed: UInt64(blockSize))
      for size in [1, 4095, mebibyte - 1, mebibyte, 4 * mebibyte, 4 * mebibyte + 777, capacity] {
        let image = try MemoryImage(Array(random.prefix(size)), length: .unknown)
        let report = try await loop.write(image)
        #expect(report.imageByteCount == UInt64(size))
        let medium = try loop.contents()
        #expect(medium.holds(Array(random.prefix(size))), "size \(size)")
        #expect(medium.holds(only: 0, in: size..<Int(report.writtenByteCount)), "size \(size)")
        #expect(
          medium.holds(only: 0, in: max(Int(report.writtenByteCount), capacity - mebibyte)..<capacity))
        let verified = try await loop.verify(image)
        #expect(verified.differences.isEmpty && verified.imageByteCount == UInt64(size))
      }
    }

    @Test("R34: an image that goes on where the device ends is no success, and the device does not boot")
    func endless() async throws {
      let loop = try LoopDevice(byteCount: 3 * mebibyte + 512, fill: 0xEE)
      let image = try MemoryImage(.random(3 * mebibyte + 513, seed: 34), length: .unknown)
      let capacity = UInt64(3 * mebibyte + 512)
      await #expect(throws: WriteFailure(error: .tooLarge(capacity: capacity), medium: .erased)) {
        try await loop.write(image)
      }
      #expect(try loop.contents().holds(only: 0, in: 0..<mebibyte))
      await #expect(throws: VerifyError.tooSmall(image: .unknown, capacity: capacity)) {
        try await loop.verify(image)
      }
    }

    @Test("R35: a device whose size is no multiple of 4096 is filled to its last block")
    func oddDevice() async throws {
      let loop = try LoopDevice(byteCount: 3 * mebibyte + 512, fill: 0xEE)
      let content = [UInt8].random(3 * mebibyte + 512, seed: 3)
      _ = try await loop.write(content)
      #expect(try loop.contents().holds(content))
    }

    @Test("R37: zeros of a sparse image are written, over whatever was there")
    func sparse() async throws {
      let loop = try LoopDevice(byteCount: 8 * mebibyte, fill: 0xEE)
      try loop.run("truncate -s 6M image; printf x | dd of=image conv=notrunc status=none")
      _ = try await loop.write(RawImage(opening: loop.scratch.path + "/image", acceptsDevice: false))
      let medium = try loop.contents()
      #expect(medium[0] == UInt8(ascii: "x"))
      #expect(medium.holds(only: 0, in: 1..<6 * mebibyte))
      #expect(medium.holds(only: 0xEE, in: 6 * mebibyte..<7 * mebibyte), "what is not written stays")
    }

    @Test("R34: an image larger than the device is refused, and every byte stays")
    func tooLarge() async throws {
      let loop = try LoopDevice(byteCount: mebibyte, fill: 0xEE)
      let writes = try loop.writeCount()
      await #expect(throws: GateError.tooSmall(needed: UInt64(mebibyte + 1), capacity: UInt64(mebibyte))) {
        try await loop.write([UInt8](repeating: 1, count: mebibyte + 1))
      }
      #expect(try loop.writeCount() == writes)
      #expect(try loop.contents().holds(only: 0xEE, in: 0..<mebibyte))
    }

    @Test("R36: signatures of an old disk are gone, also those that the image does not cover")
    func staleSignatures() async throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte)
      // VMFS keeps its magic at 2 MiB: outside of both erased ends and of the image.
      try loop.run(
        """
        mkfs.ext4 -q $D
        printf '\\136\\361\\253\\057' | dd of=$D bs=1M seek=2 conv=notrunc status=none; sync
        wipefs --no-act $D | grep VMFS; wipefs --no-act $D | grep ext4
        """)
      // Two signatures contradict each other, which needs an option (R25).
      _ = try await loop.write([UInt8](repeating: 0x41, count: 1000), lifting: [.unknownContent])
      #expect(try loop.run("wipefs --no-act $D") == "")
    }

    @Test(
      "R19: the partitions of the old disk do not come back, neither after a write nor after a failed one")
    func oldPartitions() async throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte)
      try loop.partition()
      _ = try await loop.write([UInt8](repeating: 0x41, count: 1000))
      #expect(try loop.partitionNodes() == "")
      try loop.partition()
      #expect(try loop.partitionNodes() == "12")
      let image = try MemoryImage([UInt8](repeating: 0x41, count: 2 * mebibyte), fault: .changed)
      await #expect(throws: WriteFailure.self) { try await loop.write(image) }
      #expect(try loop.partitionNodes() == "")
      #expect(try loop.contents().holds(only: 0, in: 0..<mebibyte))
    }

    @Test("R41: a bit that flips behind the kernel's cache is found, with its place")
    func flippedBit() async throws {
      let loop = try LoopDevice(byteCount: 8 * mebibyte)
      var content = [UInt8].random(5 * mebibyte + 100, seed: 41)
      _ = try await loop.write(content)
      // Somebody keeps the device open, so that its cache stays, and reads all of it.
      let reader = try OwnedDescriptor(opening: .init(loop.path))
      try loop.run("cat $D >/dev/null")
      for offset in [0, 4 * mebibyte + 5, content.count - 1] {
        content[offset] ^= 4
        let flipped = String(content[offset], radix: 8)
        try loop.run("printf '\\\(flipped)' | dd of=medium bs=1 seek=\(offset) conv=notrunc status=none")
        #expect(try loop.run("cmp --bytes=\(content.count) image $D") == "", "the cache hides it")
        let found = try await loop.verify().differences
        #expect(found.firstOffset == UInt64(offset))
        #expect(found.byteCount == 1)
        content[offset] ^= 4
        let original = String(content[offset], radix: 8)
        try loop.run("printf '\\\(original)' | dd of=medium bs=1 seek=\(offset) conv=notrunc status=none")
      }
      #expect(reader.rawValue >= 0)
    }

    @Test("R40: a cancel at any point leaves a first MiB of zeros, or the whole image")
    func cancelled() async throws {
      let seed = UInt64.random(in: 0...UInt64.max)
      var random = SeededGenerator(seed: seed)
      let content = [UInt8].random(10 * mebibyte, seed: 40)
      let loop = try LoopDevice(byteCount: 12 * mebibyte, fill: 0xEE)
      try loop.scratch.write(content, to: "image")
      let phases: [WritePhase] = [.erasing, .writing, .flushing, .verifying]
      var stopped = 0
      for round in 0..<20 {
        let phase = phases[round % phases.count]
        let fraction = Double.random(in: 0..<1, using: &random)
        let before = try loop.contents()
        let (state, message) = try await cancel(loop, in: phase, after: fraction)
        let note: Comment = "seed \(seed), round \(round), \(phase) \(fraction): \(message)"
        let medium = try loop.contents()
        switch state {
        case .erased?:
          stopped += 1
          #expect(medium.holds(only: 0, in: 0..<mebibyte), note)
        // The cancel came before the first request, or after the last moment.
        case .untouched?: #expect(medium.holds(before), note)
        case nil: #expect(medium.holds(content), note)
        case .unknown?: Issue.record(note)
        }
      }
      #expect(stopped >= 10, "seed \(seed): only \(stopped) runs were stopped in the middle")
    }

    /// Cancels a write in the middle of a phase.
    /// - Returns: what the writer says of the medium, nil if it was done first, and why it ended.
    private func cancel(
      _ loop: LoopDevice, in phase: WritePhase, after fraction: Double
    ) async throws -> (WriteFailure.MediumState?, String) {
      let meter = ProgressMeter()
      let image = try RawImage(opening: loop.scratch.path + "/image", acceptsDevice: false)
      let run = Task {
        // However it ends, nobody waits for a phase that does not come.
        defer { meter.begin(.done) }
        return try await loop.write(image, progress: meter)
      }
      while true {
        let reading = meter.reading
        if reading.phase.rawValue > phase.rawValue { break }
        let total: UInt64 = if case .bytes(let count) = reading.scale { count } else { 0 }
        if reading.phase == phase, Double(reading.done) >= fraction * Double(total) { break }
        await Task.yield()
      }
      run.cancel()
      do {
        _ = try await run.value
        return (nil, "done")
      } catch let failure as WriteFailure {
        #expect(failure.error == .cancelled)
        return (failure.medium, "\(failure.error)")
      }
    }
  }
}

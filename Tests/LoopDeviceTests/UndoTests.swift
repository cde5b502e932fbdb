import BlockIO
import DeviceProbe
import DeviceSafety
import ImageSource
import ImageSupport
import SystemPackage
import TestSupport
import Testing
import UndoStore

@testable import Writer

/// Hands the writer's notes to the journal of a record.
private struct Notes: WriteJournal {
  let journal: UndoJournal
  func willBegin() throws(SystemCallError) { try journal.willBegin() }
  func willWrite(upTo end: UInt64) throws(SystemCallError) { try journal.willWrite(upTo: end) }
  func didComplete(upTo end: UInt64) throws(SystemCallError) { try journal.didComplete(upTo: end) }
}

extension LoopDevice {
  fileprivate var store: UndoStore { UndoStore(path: FilePath(scratch.path + "/state/burin")) }

  /// Writes as burin does, with everything saved first.
  /// - Parameter tellsEnd: whether a run that ends before its time notes that, as one that was killed does not.
  fileprivate func writeSaving(
    _ image: any ImageSource, limit: UndoLimit = .standard, tellsEnd: Bool
  ) async throws {
    let pending = try open()
    let plan = try WritePlan(
      imageLength: image.length, geometry: pending.identity.geometry,
      staleSignatures: DeviceProbe.signatures(at: .init(path)), digest: .none)
    var snapshot = DeviceProbe.snapshot()
    let number = try #require(pending.disk?.number)
    snapshot.probeContents(of: [number])
    let partitions = (snapshot[number]?.contents?.partitions ?? [])
      .compactMap(UndoRecord.Partition.init)
    let erased = ByteRanges(plan.erasedRanges)
    let record = UndoRecord(
      id: "", disk: DiskFingerprint(of: pending.identity, disk: pending.disk, bootID: "boot"), time: 0,
      image: "image", writtenByteCount: plan.largestWrittenByteCount, erased: erased, table: "mbr",
      partitions: partitions)
    let wish = UndoWish(
      capacity: plan.capacity, alignment: UInt64(plan.blockSize), written: plan.largestWrittenByteCount,
      erased: erased, partitions: partitions, limit: limit)
    let (_, journal) = try store.save(record, wish, from: pending)
    let id = pending.consent.id
    let target = try pending.approve(confirming: .typed(id: id))
    do {
      _ = try await ImageWriter.write(
        image, plan: plan, to: target, journal: Notes(journal: journal), progress: ProgressMeter())
    } catch {
      if tellsEnd { try journal.didStop() }
      throw error
    }
  }

  /// Brings the newest record back through the gate.
  fileprivate func undo() throws -> UndoBalance {
    let pending = try open()
    let disk = DiskFingerprint(of: pending.identity, disk: pending.disk, bootID: "boot")
    let stored = try #require(try store.records().records.first { $0.record.disk.isSameDisk(as: disk) })
    let balance = UndoBalance(stored.record, stored.progress)
    let file = try store.open(stored)
    let id = pending.consent.id
    let target = try pending.approve(confirming: .typed(id: id))
    _ = try UndoRestorer.restore(stored.record, from: file, changed: balance.changed, to: target)
    try? target.publishPartitions()
    return balance
  }
}

extension LoopDeviceTests {
  /// What is saved before a write of a real disk, and brought back onto it.
  @Suite("Undoing a write")
  struct UndoTests {
    @Test("stopped or killed at any byte, what was promised comes back bit by bit", arguments: [512, 4096])
    func stoppedAnywhere(blockSize: Int) async throws {
      let seed = UInt64.random(in: 0 ... .max)
      var random = SeededGenerator(seed: seed)
      let size = 24 * mebibyte
      let loop = try LoopDevice(byteCount: size, blockSize: blockSize)
      // Noise alone would look encrypted, and that needs an option (R25).
      var content = [UInt8].random(size, seed: seed)
      content.replaceSubrange(0..<65_536, with: [UInt8](repeating: 0x5A, count: 65_536))
      try loop.scratch.write(content, to: "medium")
      if blockSize == 512 { try loop.partition() }
      let before = try loop.contents()
      let image = [UInt8](repeating: 0xA5, count: 18 * mebibyte + 777)
      for round in 0..<6 {
        let end = UInt64.random(in: 1...UInt64(image.count), using: &random)
        let fault = MemoryImage.Fault.unreadable(at: end, .changed(path: "image"))
        let note: Comment = "seed \(seed), round \(round), stopped at \(end)"
        await #expect(throws: WriteFailure.self, note) {
          try await loop.writeSaving(MemoryImage(image, fault: fault), tellsEnd: round % 2 == 0)
        }
        #expect(try !loop.contents().holds(before), note)
        let balance = try loop.undo()
        #expect(balance.isComplete, note)
        #expect(try loop.contents().holds(before), note)
      }
    }

    @Test("beyond what was to be saved the rest is lost, and the balance says which")
    func balance() async throws {
      let size = 24 * mebibyte
      let loop = try LoopDevice(byteCount: size)
      try loop.scratch.write([UInt8].random(size, seed: 3), to: "medium")
      try loop.partition()
      let before = try loop.contents()
      let image = [UInt8](repeating: 0xA5, count: 18 * mebibyte)
      try await loop.writeSaving(
        MemoryImage(image), limit: UndoLimit(inUse: UInt64(4 * mebibyte)), tellsEnd: true)
      let balance = try loop.undo()
      let after = try loop.contents()
      #expect(!balance.isComplete)
      #expect(balance.partitions.map(\.partition.number) == [1, 2])
      let rest = ByteRanges([0..<UInt64(size)]).subtracting(balance.lost)
      for range in rest.ranges {
        let place = Int(range.lowerBound)..<Int(range.upperBound)
        #expect(after.holds(Array(before[place]), at: place.lowerBound), "\(place)")
      }
      for range in balance.lost.ranges {
        #expect(after.holds(only: 0xA5, in: Int(range.lowerBound)..<Int(range.upperBound)))
      }
    }

    @Test(
      "where the state directory is full or read-only, nothing is written and the partitions come back",
      arguments: [("size=1m", UndoFailure.save), ("size=1m,ro", .directory)])
    func noRoom(options: String, expected: UndoFailure) async throws {
      let loop = try LoopDevice(byteCount: 12 * mebibyte, fill: 0xEE)
      try loop.partition()
      try loop.run("mkdir state && mount -t tmpfs -o mode=700,\(options) undo-test state")
      defer { _ = try? loop.run("umount state") }
      let before = try loop.contents()
      let nodes = try loop.partitionNodes()
      let writes = try loop.writeCount()
      let image = [UInt8](repeating: 0xA5, count: 10 * mebibyte)
      let error = await #expect(throws: UndoError.self) {
        try await loop.writeSaving(MemoryImage(image), tellsEnd: true)
      }
      switch (error, expected) {
      case (.save(let cause, _)?, .save): #expect(cause.errno == .noSpace)
      case (.directory(let cause, _)?, .directory): #expect(cause.errno == .readOnlyFileSystem)
      default: Issue.record("\(String(describing: error))")
      }
      #expect(try loop.writeCount() == writes)
      #expect(try loop.contents().holds(before))
      #expect(try loop.partitionNodes() == nodes)
      #expect(try loop.run("ls -A state/burin 2>/dev/null || true") == "")
    }

    /// Where a save fails.
    enum UndoFailure { case save, directory }
  }
}

import BlockIO
import DeviceProbe
import DeviceSafety
import ImageSource
import ImageSupport
import Synchronization
import TestSupport
import Testing

@testable import Writer

extension LoopDeviceTests {
  /// One image onto several loop devices, through the gate of each.
  @Suite("Several targets at once")
  struct ManyTargetsTests {
    /// Makes a device shorter when a write has come to its second piece.
    private struct Shrinking: WriteJournal {
      let loop: LoopDevice

      func willBegin() throws(SystemCallError) {}

      func willWrite(upTo end: UInt64) throws(SystemCallError) {
        guard end > 4 << 20 else { return }
        _ = try? loop.run("truncate --size=\(5 * mebibyte) medium; losetup --set-capacity $D")
      }

      func didComplete(upTo end: UInt64) throws(SystemCallError) {}
    }

    private func target(
      _ loop: LoopDevice, _ image: any ImageSource, _ journal: (any WriteJournal)?
    ) throws -> WriteTarget {
      let pending = try loop.open()
      let plan = try WritePlan(
        imageLength: image.length, geometry: pending.identity.geometry, digest: .sha256)
      let id = pending.consent.id
      return WriteTarget(
        try pending.approve(confirming: .typed(id: id)), plan: plan, journal: journal,
        progress: ProgressMeter())
    }

    private func write(
      _ content: [UInt8], onto loops: [LoopDevice], shrinking shrunk: Int? = nil
    ) async throws -> [Result<WriteReport, WriteFailure>] {
      let image = try MemoryImage(content)
      let targets = try loops.enumerated().map { index, loop in
        try target(loop, image, index == shrunk ? Shrinking(loop: loop) : nil)
      }
      let results = Mutex<[Int: Result<WriteReport, WriteFailure>]>([:])
      await ImageWriter.write(image, to: targets) { index, result in
        // Let go by now, so that somebody else may have it; random bytes look like encrypted ones.
        #expect((try? loops[index].open(lifting: [.encrypted])) != nil)
        results.withLock { $0[index] = result }
      }
      return try loops.indices.map { index in try #require(results.withLock { $0[index] }) }
    }

    @Test("all of them hold it, whatever their blocks are, and each is let go at its own end")
    func whole() async throws {
      let loops = [
        try LoopDevice(byteCount: 12 * mebibyte, blockSize: 512, fill: 0xEE),
        try LoopDevice(byteCount: 16 * mebibyte, blockSize: 4096, fill: 0xEE),
        try LoopDevice(byteCount: 10 * mebibyte, blockSize: 512, fill: 0xEE),
      ]
      let content = [UInt8].random(9 * mebibyte + 777, seed: 11)
      for (loop, result) in zip(loops, try await write(content, onto: loops)) {
        #expect(try result.get().imageByteCount == UInt64(content.count))
        #expect(try loop.contents().holds(content))
      }
    }

    @Test("one that becomes shorter meanwhile drops out, cannot boot, and the others are whole")
    func oneFails() async throws {
      let loops = [
        try LoopDevice(byteCount: 12 * mebibyte, blockSize: 512, fill: 0xEE),
        try LoopDevice(byteCount: 12 * mebibyte, blockSize: 512, fill: 0xEE),
      ]
      let content = [UInt8].random(9 * mebibyte, seed: 12)
      let results = try await write(content, onto: loops, shrinking: 1)
      #expect(try results[0].get().imageByteCount == UInt64(content.count))
      #expect(try loops[0].contents().holds(content))
      let failure = #expect(throws: WriteFailure.self) { try results[1].get() }
      guard case .device = failure?.error else {
        Issue.record("\(failure as WriteFailure?)")
        return
      }
      #expect(try loops[1].contents().holds(only: 0, in: 0..<mebibyte))
    }
  }
}

import BlockIO
import DeviceSafety
import ImageSource
import TestSupport
import Testing

@testable import Writer

extension LoopDeviceTests {
  /// Writing over what a real block device holds already.
  @Suite("Writing only what differs")
  struct DeltaTests {
    private func write(
      _ content: [UInt8], onto loop: LoopDevice, isDelta: Bool
    ) async throws -> WriteReport {
      try loop.scratch.write(content, to: "image")
      let image = try RawImage(opening: loop.scratch.path + "/image", acceptsDevice: false)
      // What is random looks like encrypted data, once it is there.
      let pending = try loop.open(lifting: [.encrypted])
      let plan = try WritePlan(
        imageLength: image.length, geometry: pending.identity.geometry, digest: .sha256,
        probing: CapacityProbing(seed: 7, toleratesFake: false), isDelta: isDelta)
      let id = pending.consent.id
      let target = try pending.approve(confirming: .typed(id: id))
      return try await ImageWriter.write(image, plan: plan, to: target, progress: ProgressMeter())
    }

    @Test("R41: the device holds the newer image, of which little was written", arguments: [512, 4096])
    func nightly(blockSize: Int) async throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte, blockSize: blockSize, fill: 0xEE)
      var content = [UInt8].random(10 * mebibyte + 777, seed: 41)
      _ = try await write(content, onto: loop, isDelta: false)
      for place in [5, 700_000, 3_000_001, content.count - 1] { content[place] ^= 0x55 }
      let report = try await write(content, onto: loop, isDelta: true)
      let delta = try #require(report.delta)
      #expect(delta.comparedByteCount >= 9 * UInt64(mebibyte))
      // The changed blocks, and those of a dozen marks and more.
      #expect((1...UInt64(32 * WritePlan.deltaByteCount)).contains(delta.writtenByteCount))
      #expect(delta.rereadByteCount >= delta.writtenByteCount)
      let medium = try loop.contents()
      #expect(medium.holds(content))
      #expect(medium.holds(only: 0, in: (15 * mebibyte)..<(16 * mebibyte)))
    }
  }
}

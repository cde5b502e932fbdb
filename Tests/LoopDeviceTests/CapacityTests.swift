import BlockIO
import DeviceProbe
import DeviceSafety
import ImageSource
import TestSupport
import Testing

@testable import Writer

extension LoopDeviceTests {
  /// The capacity of real block devices, which lie here about nothing.
  @Suite("Probing the capacity")
  struct CapacityTests {
    @Test("R43: raises no alarm on the kernel's devices, and leaves zeros", arguments: [512, 4096])
    func honest(blockSize: Int) async throws {
      for capacity in [3 * mebibyte + 4096, 64 * mebibyte] {
        let loop = try LoopDevice(byteCount: capacity, blockSize: blockSize, fill: 0xEE)
        let content = [UInt8].random(2 * mebibyte + 777, seed: 43)
        try loop.scratch.write(content, to: "image")
        let image = try RawImage(opening: loop.scratch.path + "/image", acceptsDevice: false)
        let pending = try loop.open()
        let plan = try WritePlan(
          imageLength: image.length, geometry: pending.identity.geometry, digest: .none,
          probing: CapacityProbing(seed: .random(in: 0..<(1 << 53)), toleratesFake: false))
        let id = pending.consent.id
        let target = try pending.approve(confirming: .typed(id: id))
        let report = try await ImageWriter.write(image, plan: plan, to: target, progress: ProgressMeter())
        let evidence = try #require(report.capacity)
        #expect(evidence.shortfall == nil)
        let beyond = plan.probedPlaces.filter { $0.lowerBound >= report.writtenByteCount }
        #expect(evidence.probedPlaceCount == beyond.count && beyond.count > 1)
        let medium = try loop.contents()
        #expect(medium.holds(content))
        for place in beyond {
          #expect(medium.holds(only: 0, in: Int(place.lowerBound)..<Int(place.upperBound)))
        }
      }
    }
  }
}

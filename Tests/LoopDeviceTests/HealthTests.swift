import BlockIO
import DeviceProbe
import DeviceSafety
import ImageSource
import SystemPackage
import TestSupport
import Testing

@testable import Writer

extension LoopDeviceTests {
  /// Testing real block devices, which lie here about nothing.
  @Suite("Testing a medium")
  struct HealthTests {
    private func plan(_ pending: borrowing PendingTarget) throws -> WritePlan {
      try WritePlan(imageLength: .unknown, geometry: pending.identity.geometry, digest: .none)
    }

    @Test("R43: all of it is found good, and blank afterwards", arguments: [512, 4096])
    func full(blockSize: Int) async throws {
      let loop = try LoopDevice(byteCount: 33 * mebibyte + 4096, blockSize: blockSize, fill: 0xEE)
      let pending = try loop.open()
      let plan = try plan(pending)
      let id = pending.consent.id
      let target = try pending.approve(confirming: .typed(id: id))
      let report = await MediumTester.testAll(of: target, plan: plan, progress: ProgressMeter())
      #expect(report.stop == nil && !report.isBad && report.state == .blank)
      #expect(report.surface.intactByteCount == UInt64(33 * mebibyte + 4096))
      let medium = try loop.contents()
      #expect(medium.holds(only: 0, in: 0..<mebibyte))
      #expect(medium.holds(only: 0, in: (medium.count - mebibyte)..<medium.count))
    }

    @Test("R43: probed in places, it is found good, and as it was", arguments: [512, 4096])
    func quick(blockSize: Int) async throws {
      let loop = try LoopDevice(byteCount: 65 * mebibyte, blockSize: blockSize, fill: 0xEE)
      let pending = try loop.open()
      let plan = try plan(pending)
      let id = pending.consent.id
      let target = try pending.approve(confirming: .typed(id: id))
      let report = await MediumTester.testQuickly(
        target, plan: plan, places: TestPlaces(of: plan, seed: 7), progress: ProgressMeter())
      #expect(report.stop == nil && !report.isBad && report.state == .restored && report.markCount > 8)
      #expect(try loop.contents().holds(only: 0xEE, in: 0..<(65 * mebibyte)))
    }

    @Test("it is read past the page cache, without a claim")
    func reading() async throws {
      let loop = try LoopDevice(byteCount: 9 * mebibyte, blockSize: 512, fill: 0xEE)
      let state = try FileState(at: FilePath(loop.path))
      guard case .blockDevice(let number) = state.kind else {
        Issue.record("\(state.kind)")
        return
      }
      let medium = try MediumReader(opening: loop.path, expecting: number, diskSequence: nil)
      let report = await MediumTester.readAll(of: medium, progress: ProgressMeter())
      #expect(!report.isBad && report.surface.testedByteCount == UInt64(9 * mebibyte))
    }
  }
}

import BlockIO
import DeviceProbe
import Glibc
import SystemPackage
import TestSupport
import Testing

extension LoopDeviceTests {
  /// The kernel's own events, without a udevd.
  @Suite("The kernel tells")
  struct HotPlugTests {
    private func disk(_ device: LoopDevice) throws -> WatchedDisk {
      let descriptor = try OwnedDescriptor(opening: FilePath(device.path))
      let sequence = try BlockGeometry(of: descriptor).diskSequence
      var number: DeviceNumber?
      if case .blockDevice(let found) = try FileState(of: descriptor).kind { number = found }
      return WatchedDisk(number: try #require(number), diskSequence: sequence)
    }

    @Test("R7: another medium in our drive disturbs, whatever happens to other drives does not")
    func mediumChange() throws {
      let ours = try LoopDevice(byteCount: mebibyte)
      let watch = try #require(HotPlugWatch())
      let disk = try disk(ours)
      let other = try LoopDevice(byteCount: mebibyte)
      try other.run("losetup --detach $D; truncate --size=2M medium; losetup $D medium")
      try ours.run("echo change >/sys/block/\(ours.name)/uevent")
      var request = pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)
      #expect(unsafe poll(&request, 1, 10_000) == 1, "the kernel tells nothing at all")
      #expect(watch.disturbance(of: disk) == nil)
      try ours.run("losetup --detach $D; truncate --size=2M medium; losetup $D medium")
      #expect(unsafe poll(&request, 1, 10_000) == 1)
      #expect(watch.disturbance(of: disk) == .mediumChanged)
    }
  }
}

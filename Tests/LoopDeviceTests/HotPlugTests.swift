import BlockIO
import DeviceProbe
import DeviceSafety
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

    @Test("R31: a request to a disk that has lost its bytes says that it is gone, not that it is short")
    func vanished() throws {
      let loop = try LoopDevice(byteCount: 8 * mebibyte)
      let pending = try loop.open()
      let id = pending.consent.id
      let target = try pending.approve(confirming: .typed(id: id))
      var memory = AlignedBuffer(byteCount: mebibyte)
      let whole = try target.read(at: 6 << 20, into: &memory, range: 0..<mebibyte)
      // Only shorter: what a fake does.
      try loop.run("truncate --size=4M medium; losetup --set-capacity $D")
      let behind = try target.read(at: 6 << 20, into: &memory, range: 0..<mebibyte)
      // The kernel does the same to a disk that is pulled.
      try loop.run("truncate --size=0 medium; losetup --set-capacity $D")
      var failures: [String?] = [nil, nil]
      do throws(SystemCallError) { _ = try target.read(at: 0, into: &memory, range: 0..<mebibyte) } catch {
        failures[0] = "\(error.call) \(error.errno.rawValue)"
      }
      do throws(SystemCallError) { try target.write(memory, range: 0..<mebibyte, at: 0) } catch {
        failures[1] = "\(error.call) \(error.errno.rawValue)"
      }
      #expect(whole == mebibyte && behind == 0)
      #expect(failures == ["pread \(ENODEV)", "pwrite \(ENODEV)"])
    }
  }
}

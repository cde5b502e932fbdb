import BlockIO
import DeviceProbe
import Testing

@testable import DeviceSafety

@Suite("Who may change a disk while it is read")
struct SourceUsesTests {
  private func uses(
    _ path: String = "/dev/sdb", _ change: (inout DeviceSnapshot) -> Void
  ) throws -> SourceUses {
    let snapshot = Machine.idle().with(change)
    let device = try #require(snapshot.devices.first { $0.path == path })
    return SourceUses(of: TargetLookup(device, in: snapshot, SafetyRequest()), in: snapshot)
  }

  private func mount(_ device: DeviceNumber, _ options: String) -> Mount {
    var mount = Machine.mount(device, "/mnt")
    mount.options = options
    return mount
  }

  @Test("nobody uses an idle one")
  func idle() throws {
    let found = try uses { _ in }
    #expect(found.writers.isEmpty && found.outputs.isEmpty && !found.isMounted)
  }

  @Test("a mount for writing does, one for reading only does not", arguments: ["/dev/sdb", "/dev/sdb1"])
  func mounted(path: String) throws {
    let written = try uses(path) { $0.mounts = [mount(Machine.firstPartition, "rw,relatime")] }
    #expect(written.writers == ["sdb1 is mounted at /mnt"] && written.isMounted)
    for options in ["ro", "ro,errors=continue"] {
      let read = try uses(path) { $0.mounts = [mount(Machine.firstPartition, options)] }
      #expect(read.writers.isEmpty && read.isMounted)
    }
  }

  @Test("another partition's mount is no use of this one")
  func neighbour() throws {
    let found = try uses("/dev/sdb2") { $0.mounts = [mount(Machine.firstPartition, "rw")] }
    #expect(found.writers.isEmpty && !found.isMounted)
  }

  @Test("swap, what is built on it and what is served does")
  func others() throws {
    let swap = SwapArea(path: "/dev/sdb2", device: Machine.secondPartition, isFile: false)
    #expect(try uses { $0.swaps = [swap] }.writers.count == 1)
    let mapped = Machine.mapped(0, name: "c", uuid: "CRYPT-LUKS2-x", on: [Machine.firstPartition])
    #expect(try uses { $0.devices.append(mapped) }.writers.count == 1)
    var locked = mapped
    locked.isReadOnly = true
    #expect(try uses { $0.devices.append(locked) }.writers.isEmpty)
  }

  @Test("a live system's loop devices on a file of a medium that is mounted for reading only do not")
  func liveMedium() throws {
    let loop = Machine.virtual(
      "loop0", DeviceNumber(major: 7, minor: 0),
      .loop(path: "/live/filesystem.squashfs", fileSystem: Machine.firstPartition, node: nil),
      transport: .loop)
    for (options, count) in [("ro", 0), ("rw", 2)] {
      let found = try uses {
        $0.devices.append(loop)
        $0.mounts = [mount(Machine.firstPartition, options)]
      }
      #expect(found.writers.count == count)
    }
  }

  @Test("R20: a file that is to be written to it is found, through whatever is built on it")
  func output() throws {
    let found = try uses {
      $0.anchors = [Anchor(purpose: .output, path: "/mnt/backup", devices: [Machine.secondPartition])]
    }
    #expect(found.outputs == ["sdb2 holds the file to be written /mnt/backup"])
    #expect(found.writers.isEmpty)
    let elsewhere = try uses("/dev/sdb1") {
      $0.anchors = [Anchor(purpose: .output, path: "/mnt/backup", devices: [Machine.secondPartition])]
    }
    #expect(elsewhere.outputs.isEmpty)
  }

  @Test("R6: where nobody can tell, somebody may")
  func unreadable() throws {
    let source = UnreadableSource(path: "/proc/self/mountinfo", reason: "permission denied")
    #expect(try uses { $0.unreadable = [source] }.writers.count == 1)
  }
}

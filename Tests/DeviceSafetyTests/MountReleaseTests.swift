import BlockIO
import DeviceProbe
import Testing

@testable import DeviceSafety

@Suite("R26: what --unmount may take away")
struct MountReleaseTests {
  private func release(
    for user: String? = "anna", _ change: (inout DeviceSnapshot) -> Void
  ) throws(MountRelease.Obstacle) -> [String] {
    let snapshot = Machine.idle().with(change)
    return try MountRelease(of: snapshot.devices[0], in: snapshot, for: user).mounts.map(\.mountPoint)
  }

  @Test("R26: plain mounts of the disk and its partitions, the deepest first")
  func plain() throws {
    let points = try release {
      $0.mounts = [
        Machine.mount(Machine.firstPartition, "/run/media/anna/A"),
        Machine.mount(Machine.secondPartition, "/run/media/anna/A/b"),
        Machine.mount(DeviceNumber(major: 8, minor: 1), "/"),
      ]
    }
    #expect(points == ["/run/media/anna/A/b", "/run/media/anna/A"])
    #expect(try release { _ in } == [])
  }

  @Test("R26: each with the node that is mounted there, by which a service can be asked")
  func nodes() throws {
    let snapshot = Machine.idle().with { $0.mounts = [Machine.mount(Machine.secondPartition, "/mnt")] }
    let mount = try #require(MountRelease(of: snapshot.devices[0], in: snapshot, for: "anna").mounts.first)
    #expect(mount.number == Machine.secondPartition)
    #expect(snapshot.devices.first { $0.number == mount.number }?.path == mount.path)
  }

  @Test("R26: those of a loop device where loop devices count as sticks, and else it is none")
  func loopDevice() throws {
    let snapshot = Machine.idle().with {
      $0.devices[0].transport = .loop
      $0.devices[0].virtual = .loop(path: "/a", fileSystem: nil, node: nil)
      $0.mounts = [Machine.mount(Machine.firstPartition, "/mnt")]
    }
    let loop = snapshot.devices[0]
    let release = try MountRelease(of: loop, in: snapshot, for: "anna", SafetyRequest(allowsLoop: true))
    #expect(release.mounts.map(\.mountPoint) == ["/mnt"])
    do throws(MountRelease.Obstacle) {
      _ = try MountRelease(of: loop, in: snapshot, for: "anna")
      Issue.record("it was released")
    } catch {
      guard case .otherUse(let objection) = error else { throw error }
      #expect(objection.id == .notADisk)
    }
  }

  @Test("R26: never another user's mount, whoever runs burin", arguments: ["anna", "root", nil])
  func otherUser(user: String?) {
    for folder in ["/media", "/run/media"] {
      #expect(throws: MountRelease.Obstacle.otherUser(mountPoint: "\(folder)/bert/S", user: "bert")) {
        try release(for: user) { $0.mounts = [Machine.mount(Machine.firstPartition, "\(folder)/bert/S")] }
      }
    }
  }

  @Test("R26: a mount point that an administrator made in /media belongs to nobody")
  func plainFolder() throws {
    let points = try release { $0.mounts = [Machine.mount(Machine.firstPartition, "/media/usb")] }
    #expect(points == ["/media/usb"])
  }

  @Test("R26: nothing is released where the disk is used in any other way", arguments: 0..<5)
  func otherUse(kind: Int) {
    let snapshot = Machine.idle().with {
      $0.mounts = [Machine.mount(Machine.firstPartition, "/mnt")]
      switch kind {
      case 0: $0.swaps = [SwapArea(path: "/dev/sdb2", device: Machine.secondPartition, isFile: false)]
      case 1:
        $0.anchors = [Anchor(purpose: .systemDirectory, path: "/var", devices: [Machine.firstPartition])]
      case 2:
        $0.devices.append(
          Machine.mapped(0, name: "c", uuid: "CRYPT-LUKS2-x", on: [Machine.secondPartition]))
      case 3: $0.btrfsVolumes = [BtrfsVolume(uuid: "u", members: [Machine.firstPartition])]
      default:
        $0.devices.append(
          Machine.virtual(
            "loop0", DeviceNumber(major: 7, minor: 0),
            .loop(path: "/mnt/f", fileSystem: Machine.firstPartition, node: nil), transport: .loop))
      }
    }
    #expect {
      try MountRelease(of: snapshot.devices[0], in: snapshot, for: "anna")
    } throws: { error in
      guard let obstacle = error as? MountRelease.Obstacle, case .otherUse = obstacle else { return false }
      return true
    }
  }

  @Test("R26: a directory mounted elsewhere, and a mount that another one covers, stay")
  func notPlain() {
    var bound = Machine.mount(Machine.firstPartition, "/work")
    bound.root = "/projects"
    #expect(throws: MountRelease.Obstacle.bindMount(mountPoint: "/work")) {
      try release { $0.mounts = [bound] }
    }
    #expect(throws: MountRelease.Obstacle.covered(mountPoint: "/mnt")) {
      try release {
        $0.mounts = [
          Machine.mount(Machine.firstPartition, "/mnt"),
          Machine.mount(DeviceNumber(major: 8, minor: 1), "/mnt"),
        ]
      }
    }
  }

  @Test("R26: a sighting in another namespace neither is released nor stands in the way")
  func elsewhere() throws {
    let points = try release {
      $0.mounts = [
        Machine.mount(Machine.firstPartition, "/mnt"),
        Machine.mount(Machine.firstPartition, "/mnt", process: ProcessName(id: 9, command: "x")),
      ]
    }
    #expect(points == ["/mnt"])
  }
}

import BlockIO
import DeviceProbe
import Testing

@testable import DeviceSafety

/// Single decisions that no other test would miss; `Tests/Mutation` finds such.
@Suite("Single decisions of the rules")
struct DecisionTests {
  private let container = DeviceNumber(major: 253, minor: 0)

  private func held(named name: String, uuid: String = "LVM-x") -> DeviceSnapshot {
    Machine.idle().with {
      $0.devices.append(Machine.mapped(0, name: name, uuid: uuid, on: [Machine.secondPartition]))
    }
  }

  @Test("R14: of several mounts of one layer burin's own is told, however near to its root another one's is")
  func ownMountFirst() throws {
    let snapshot = held(named: "c", uuid: "CRYPT-LUKS2-x").with {
      $0.mounts = [
        Machine.mount(container, "/x", process: ProcessName(id: 5, command: "x")),
        Machine.mount(container, "/much/longer"),
      ]
    }
    #expect(try assess(snapshot).all(.held, "R14").map(\.chain.last) == ["mounted at /much/longer"])
  }

  @Test("R14: a btrfs member is told its own mount points, not those of another btrfs")
  func mountsOfOneVolume() throws {
    let snapshot = Machine.idle().with {
      $0.btrfsVolumes = [BtrfsVolume(uuid: "u", members: [Machine.firstPartition])]
      $0.mounts = ["sdb1", "sdz1"].enumerated().map { index, name in
        Mount(
          device: DeviceNumber(major: 0, minor: UInt32(40 + index)), mountPoint: "/\(name)", root: "/",
          fileSystem: "btrfs", source: "/dev/\(name)", options: "rw")
      }
    }
    let text = "sdb1 is a member of the btrfs file system mounted at /sdb1"
    #expect(try assess(snapshot).all(.btrfsMember, "R14").map(\.text) == [text])
  }

  @Test(
    "R14: hyphens in the names of LVM volumes are told as they are",
    arguments: [("vg0-a----b", "vg0-a--b"), ("vg0-root-real", "vg0-root-real"), ("vg0-a--", "vg0-a-")])
  func hyphens(name: String, shown: String) throws {
    let steps = try assess(held(named: name)).all(.held, "R14").map(\.chain.last)
    #expect(steps == ["LVM dm-0 (\(shown))"])
  }

  @Test("classes: a disk that rotates is of class B for that alone")
  func rotationAlone() throws {
    let assessment = try assess(Machine.idle().withStick { $0.usb?.driver = "uas" })
    #expect(assessment.ids == [.rotational])
    #expect(assessment.safetyClass == .b)
  }

  @Test("R20: a loop device that stands for the image is never written, loop devices allowed or not")
  func loopOverImage() {
    let loop = Machine.virtual(
      "loop0", DeviceNumber(major: 7, minor: 0),
      .loop(path: "/i.iso", fileSystem: Machine.firstPartition, node: nil), transport: .loop)
    let snapshot = DeviceSnapshot(
      devices: [loop],
      anchors: [Anchor(purpose: .image, path: "/i.iso", devices: [Machine.firstPartition])])
    let assessment = SafetyPolicy.assess(loop, in: snapshot, SafetyRequest(allowsLoop: true))
    #expect(assessment.ids == [.holdsImage])
    #expect(assessment.safetyClass == .x)
  }

  @Test("R6: what cannot be read of an area below a disk concerns that area, not the disk")
  func areaBelow() throws {
    var area = Machine.disk("sdbboot0", DeviceNumber(major: 8, minor: 64))
    area.sysfsPath = Machine.disk().sysfsPath + "/sdbboot0"
    let snapshot = Machine.idle().with {
      $0.devices.append(area)
      $0.unreadable = [UnreadableSource(path: "/sys/\(area.sysfsPath)/ro", reason: "EIO")]
    }
    #expect(try assess(snapshot).objections.isEmpty)
    #expect(SafetyPolicy.assess(area, in: snapshot).ids.contains(.unknownAttribute))
  }

  @Test("R6: what cannot be read of a layer on top concerns the disk below it alone", arguments: [0, 9])
  func layerAbove(minor: UInt32) throws {
    let snapshot = held(named: "vg0-a").with {
      $0.devices.append(
        Machine.mapped(9, name: "vg1-b", uuid: "LVM-y", on: [DeviceNumber(major: 8, minor: 32)]))
      $0.unreadable = [
        UnreadableSource(path: "/sys/devices/virtual/block/dm-\(minor)/holders", reason: "EIO")
      ]
    }
    #expect(try assess(snapshot).ids.contains(.unknownAttribute) == (minor == 0))
  }
}

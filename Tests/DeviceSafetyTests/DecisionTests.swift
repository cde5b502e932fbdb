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

  @Test("R6: a claim that cannot be read raises a disk to class B, by the option of what it may have said")
  func unreadableClaim() throws {
    let snapshot = Machine.idle().with {
      $0.unreadable = [UnreadableSource(path: "/etc/fstab", reason: "EIO")]
    }
    let assessment = try assess(snapshot)
    #expect(assessment.ids == [.configured])
    #expect(assessment.safetyClass == .b)
  }

  @Test(
    "protect: each of its objections alone is of class X, and tells the partition that has what is protected")
  func protections() throws {
    let broken = Machine.idle().with { $0.protectionFaults = [ProtectionFault(file: "f", line: 1, .form)] }
    #expect(try assess(broken).safetyClass == .x)
    // Nobody has looked at the disk, and a file system on it may be protected.
    let unknown = Machine.idle().with { $0.protections = [Protection(.uuid, "1-2", file: "f", line: 1)] }
    #expect(try assess(unknown).ids == [.unknownAttribute])
    #expect(try assess(unknown).safetyClass == .x)
    for number in [1, 2] {
      let probed = unknown.withStick {
        var entry = Contents.Partition(number: number, start: 1 << 20, byteCount: 1 << 20, type: "x")
        entry.uuid = "1-2"
        $0.contents = Contents(table: .gpt, partitions: [entry])
      }
      #expect(try assess(probed).objections.first?.chain == ["sdb", "sdb\(number)"])
    }
    let serial = Machine.idle().with { $0.protections = [Protection(.serial, "4C5300", file: "f", line: 1)] }
    #expect(try assess(serial).objections.first?.chain == ["sdb"])
  }

  @Test("R4: a disk whose name begins with another one's is no area of that")
  func namesakes() throws {
    var other = Machine.disk("sdbb", DeviceNumber(major: 65, minor: 0))
    other.sysfsPath = Machine.disk().sysfsPath + "b"
    let snapshot = Machine.idle().with { $0.devices.append(other) }
    #expect(SafetyPolicy.assess(other, in: snapshot).objections.isEmpty)
  }
}

@Suite("Who keeps a disk busy")
struct BusyDecisionTests {
  private let disk = Machine.disk()
  private let writer = Opener(ProcessName(id: 7, command: "dd"), device: Machine.stick, .writing)
  private let reader = Opener(ProcessName(id: 8, command: "cat"), device: Machine.stick, .reading)
  private let elsewhere = Opener(ProcessName(id: 9, command: "dd"), device: Machine.firstPartition, .writing)

  @Test("R17: a writer is who has the whole disk itself open for writing")
  func writers() {
    let report = OpenerReport([writer, reader, elsewhere])
    #expect(WriterRule.writers(on: disk, report) == [writer])
  }

  @Test("R13 R14 R27: whoever it is or is not, the disk is of class X")
  func severities() {
    let reports: [(OpenerReport, [Opener])] = [(OpenerReport(), []), (OpenerReport([writer]), [writer])]
    for (report, openers) in reports {
      let found = BusyExplanation.objections(to: disk, in: Machine.idle(), report)
      #expect(!found.isEmpty && found.allSatisfy { $0.severity == .x && $0.id == .busy })
      let one = BusyExplanation.objection(
        rule: "R18", on: disk, in: Machine.idle(), openers, report, fallback: "somebody has it open")
      #expect(one.severity == .x && one.id == .busy)
    }
  }

  @Test("R14: a pool is named only where a ZFS label has the name of one that is imported")
  func pools() {
    let snapshot = Machine.idle().with { $0.zfsPools = ["tank"] }
    for (kind, isPool) in [("zfs_member", true), ("ext4", false)] {
      var member = disk
      member.contents = Contents(table: .none)
      member.contents?.fileSystem = kind
      member.contents?.label = "tank"
      let found = BusyExplanation.objections(to: member, in: snapshot, OpenerReport())
      #expect(found.map(\.rule) == [isPool ? "R14" : "R27"])
      #expect(found.map(\.severity) == [.x])
    }
  }

  @Test("R18: of several processes one is told, and how many more there are")
  func others() {
    func text(_ openers: [Opener]) -> String {
      BusyExplanation.objection(
        rule: "R18", on: disk, in: Machine.idle(), openers, OpenerReport(openers), fallback: ""
      ).text
    }
    #expect(!text([writer]).contains("more"))
    #expect(text([writer, reader]).contains(", and 1 more"))
  }
}

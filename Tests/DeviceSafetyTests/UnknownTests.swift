import BlockIO
import DeviceProbe
import TestSupport
import Testing

@testable import DeviceSafety

@Suite("R6: what is unknown is never taken for harmless")
struct UnknownTests {
  private static let needed: [@Sendable (inout BlockDevice) -> Void] = [
    { $0.byteCount = nil }, { $0.logicalBlockSize = nil }, { $0.physicalBlockSize = nil },
    { $0.isReadOnly = nil },
  ]

  @Test("R6: without an attribute that a decision needs, the disk is refused", arguments: needed.indices)
  func missing(index: Int) throws {
    let assessment = try assess(Machine.idle().withStick(Self.needed[index]))
    #expect(assessment.all(.unknownAttribute, "R6").count == 1)
    #expect(assessment.safetyClass == .x)
  }

  @Test(
    "R6: if the mounts, swaps or holders cannot be read, every disk is refused",
    arguments: [
      "/proc/swaps", "/proc/self/mountinfo", "/sys/fs/btrfs", "/sys/block/loop0/loop/backing_file",
      "/sys/devices/pci0000:00/usb1/1-1/block/sdb/ro",
      "/sys/devices/pci0000:00/usb1/1-1/block/sdb/sdb1/holders",
    ])
  func unreadable(path: String) throws {
    let assessment = try assess(
      Machine.idle().with { $0.unreadable = [UnreadableSource(path: path, reason: "EIO")] })
    #expect(assessment.all(.unknownAttribute, "R6").count == 1)
    #expect(assessment.safetyClass == .x)
  }

  @Test(
    "R6: what concerns another disk, or the mounts of other processes, refuses nothing",
    arguments: ["/sys/devices/pci0000:00/usb1/1-1/block/sdc/ro", "/proc/812/mountinfo"])
  func unreadableElsewhere(path: String) throws {
    let assessment = try assess(
      Machine.idle().with {
        $0.devices.append(Machine.disk("sdc", DeviceNumber(major: 8, minor: 32)))
        $0.unreadable = [UnreadableSource(path: path, reason: "EACCES")]
      })
    #expect(assessment.objections.isEmpty)
  }

  @Test("R6: swap on an unknown device and a loop device with an unknown source may concern every disk")
  func unknownUse() throws {
    let swap = Machine.idle().with { $0.swaps = [SwapArea(path: "/x", device: nil, isFile: true)] }
    #expect(try assess(swap).ids == [.unknownAttribute])
    let loop = Machine.idle().with {
      $0.devices.append(
        Machine.virtual(
          "loop0", DeviceNumber(major: 7, minor: 0), .loop(path: "/x", fileSystem: nil, node: nil),
          transport: .loop))
    }
    #expect(try assess(loop).ids == [.unknownAttribute])
  }

  @Test("R6: an internal disk without serial number and world wide name cannot be confirmed")
  func internalWithoutSerial() throws {
    var disk = Machine.disk(transport: .sata)
    disk.identity = HardwareIdentity(serial: "", wwn: nil)
    #expect(SafetyPolicy.assess(disk, in: DeviceSnapshot(devices: [disk])).safetyClass == .x)
    disk.identity.wwn = "0x5000"
    #expect(SafetyPolicy.assess(disk, in: DeviceSnapshot(devices: [disk])).safetyClass == .c)
  }

  @Test("taking any attribute away never lowers the class", arguments: 0..<300)
  func forgetting(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let disk = Scene.disk(&random)
    let known = SafetyPolicy.assess(disk, in: DeviceSnapshot(devices: [disk]))
    for forget in Self.forgetful {
      var unknown = disk
      forget(&unknown)
      let assessment = SafetyPolicy.assess(unknown, in: DeviceSnapshot(devices: [unknown]))
      #expect(assessment.safetyClass >= known.safetyClass, "seed \(seed)")
    }
  }

  private static let forgetful: [@Sendable (inout BlockDevice) -> Void] =
    needed + [
      { $0.isRemovable = nil }, { $0.isRotational = nil }, { $0.usb = nil }, { $0.usb?.removable = nil },
      { $0.usb?.driver = nil }, { $0.mmcType = nil }, { $0.diskSequence = nil }, { $0.contents = nil },
      { $0.identity = HardwareIdentity() },
    ]
}

@Suite("The policy as a whole")
struct PolicyTests {
  @Test(
    "adding a mount, swap, holder, loop device, btrfs or anchor never removes an objection",
    arguments: 0..<400)
  func monotone(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var scene = Scene(&random)
    for _ in 0..<6 {
      let before = scene.verdicts()
      scene.addUse(&random)
      let after = scene.verdicts()
      for (number, objections) in before {
        #expect(after[number]?.isSuperset(of: objections) == true, "seed \(seed)")
      }
    }
  }

  @Test("an addition to a stack under the disk is always seen", arguments: 0..<200)
  func complete(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var scene = Scene(&random)
    scene.stack(onto: Machine.secondPartition, height: 1 + Int(random.next() % 5), &random)
    scene.snapshot.mounts.append(Machine.mount(scene.top, "/top"))
    let assessment = try assess(scene.snapshot)
    #expect(assessment.safetyClass == .x)
    #expect(assessment.objections.contains { $0.chain.last == "mounted at /top" }, "seed \(seed)")
  }

  @Test("each objection of class B and C has an option that lifts it, and none of class X has")
  func liftingOptions() {
    let liftable: [Objection.ID] = [
      .internalDisk, .large, .fixedMedium, .rotational, .external, .configured, .systemClone, .bootedFrom,
    ]
    for id in Objection.ID.allCases { #expect((id.objection.liftingOption != nil) == liftable.contains(id)) }
    #expect(Set(liftable.compactMap(\.objection.liftingOption)).count == liftable.count)
  }

  @Test("lifting leaves class X as it is")
  func lifting() {
    let assessment = Assessment(objections: Objection.ID.allCases.map(\.objection))
    let rest = assessment.lifting(Set(Objection.ID.allCases))
    #expect(rest.objections.count == Objection.ID.allCases.count - 8)
  }

  @Test("every rule's number is one of the specification's, and every rule is in the list once")
  func ruleList() {
    #expect(Set(SafetyPolicy.rules.map { ObjectIdentifier($0) }).count == SafetyPolicy.rules.count)
    let numbers = SafetyPolicy.rules.map { $0.number }
    #expect(numbers.allSatisfy { $0 == "classes" || $0.first == "R" && Int($0.dropFirst()) != nil })
  }
}

extension Objection.ID {
  fileprivate var objection: Objection { Objection(self, .x, rule: "R0", text: "") }
}

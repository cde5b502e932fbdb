import BlockIO
import DeviceProbe
import Testing

@testable import DeviceSafety

/// What the rules say of the stick in a snapshot.
func assess(_ snapshot: DeviceSnapshot, _ request: SafetyRequest = SafetyRequest()) throws -> Assessment {
  SafetyPolicy.assess(try #require(snapshot[Machine.stick]), in: snapshot, request)
}

extension Assessment {
  func all(_ id: Objection.ID, _ rule: String) -> [Objection] {
    objections.filter { $0.id == id && $0.rule == rule }
  }
  var ids: [Objection.ID] { objections.map(\.id) }
}

@Suite("Rules for the disk itself")
struct DiskRuleTests {
  @Test("an idle stick is of class A, without objection")
  func idleStick() throws {
    #expect(try assess(Machine.idle()).objections.isEmpty)
    #expect(try assess(Machine.idle()).safetyClass == .a)
    #expect(try assess(Machine.idle()).isSelectable)
  }

  @Test("R4: a partition is refused and its parent is named")
  func partition() throws {
    let snapshot = Machine.idle()
    let assessment = SafetyPolicy.assess(try #require(snapshot[Machine.firstPartition]), in: snapshot)
    let objection = try #require(assessment.all(.notWholeDisk, "R4").first)
    #expect(objection.severity == .x)
    #expect(objection.text.contains("sdb,"))
  }

  @Test(
    "R4: what is no disk is refused",
    arguments: [
      (VirtualKind.deviceMapper(name: "root", uuid: "LVM-x"), Transport.virtual),
      (.md(level: "raid1", state: "clean"), .virtual), (.other("zram"), .virtual), (.other("brd"), .virtual),
      (.other("nbd"), .network), (.loop(path: "/a", fileSystem: Machine.firstPartition, node: nil), .loop),
      (.idleLoop, .loop), (.other("sr"), .optical), (.other("fd"), .floppy),
      // Contradictory: hardware that stands for other devices.
      (.md(level: "raid1", state: "clean"), .usb),
    ])
  func notADisk(kind: VirtualKind, transport: Transport) throws {
    let assessment = try assess(
      Machine.idle().withStick {
        $0.virtual = kind
        $0.transport = transport
      })
    #expect(assessment.all(.notADisk, "R4").count == 1)
    #expect(assessment.safetyClass == .x)
  }

  @Test(
    "R4: optical, floppy, network and virtual disks are refused without any further word",
    arguments: [
      Transport.optical, .floppy, .network, .virtual, .loop,
    ])
  func notADiskByTransport(transport: Transport) throws {
    #expect(try assess(Machine.idle().withStick { $0.transport = transport }).all(.notADisk, "R4").count == 1)
  }

  @Test("R4: hidden and zoned disks, and eMMC boot areas, are refused")
  func specialDisks() throws {
    #expect(try assess(Machine.idle().withStick { $0.isHidden = true }).ids == [.notADisk])
    #expect(try assess(Machine.idle().withStick { $0.isZoned = true }).ids == [.notADisk])
    let emmc = Machine.disk("mmcblk0", DeviceNumber(major: 179, minor: 0), transport: .mmc)
    let area = try assess(
      Machine.idle().with { $0.devices.append(emmc) }.withStick {
        $0.sysfsPath = emmc.sysfsPath + "/mmcblk0boot0"
      })
    #expect(area.ids == [.notADisk])
  }

  @Test("R4: --allow-loop makes a loop device over a file a stick, one over a disk never")
  func allowLoop() throws {
    let request = SafetyRequest(allowsLoop: true)
    func loop(_ kind: VirtualKind) throws -> Assessment {
      try assess(
        Machine.idle().withStick {
          $0.transport = .loop
          $0.virtual = kind
          $0.usb = nil
          $0.isRemovable = false
        }, request)
    }
    let file = DeviceNumber(major: 254, minor: 1)
    #expect(try loop(.loop(path: "/a", fileSystem: file, node: nil)).objections.isEmpty)
    #expect(try loop(.loop(path: "/dev/sda", fileSystem: file, node: file)).safetyClass == .x)
    #expect(try loop(.idleLoop).safetyClass == .x)
    #expect(try assess(Machine.idle(), request).objections.isEmpty)
  }

  @Test(
    "R5: the transport decides the class, whatever the medium says of itself",
    arguments: [
      (Transport.usb, SafetyClass.a), (.sd, .a), (.thunderbolt, .b), (.mmc, .c), (.sata, .c), (.nvme, .c),
      (.virtio, .c), (.scsi, .c), (.other, .c), (.loop, .x), (.virtual, .x), (.optical, .x), (.floppy, .x),
      (.network, .x),
    ])
  func transports(transport: Transport, expected: SafetyClass) throws {
    for isRemovable in [true, false] {
      var disk = Machine.disk(transport: transport)
      disk.isRemovable = isRemovable
      disk.isRotational = false
      let assessment = SafetyPolicy.assess(disk, in: DeviceSnapshot(devices: [disk]))
      #expect(assessment.safetyClass == (transport == .usb && !isRemovable ? .b : expected))
    }
  }

  @Test(
    "R5: USB devices that are built in count as internal",
    arguments: [
      ("removable", SafetyClass.a), ("unknown", .a), ("fixed", .c), (nil, .c), ("garbage", .c),
    ] as [(String?, SafetyClass)])
  func builtIn(removable: String?, expected: SafetyClass) throws {
    let assessment = try assess(Machine.idle().withStick { $0.usb?.removable = removable })
    #expect(assessment.safetyClass == expected)
    #expect(try assess(Machine.idle().withStick { $0.usb = nil }).safetyClass == .c)
  }

  @Test("R5: what is not known to be an SD card counts as internal", arguments: ["MMC", nil, ""])
  func notAnSDCard(type: String?) throws {
    var disk = Machine.disk(transport: .sd)
    disk.mmcType = type
    #expect(SafetyPolicy.assess(disk, in: DeviceSnapshot(devices: [disk])).safetyClass == .c)
  }

  @Test("classes: larger than 256 GiB needs --allow-large")
  func large() throws {
    #expect(try assess(Machine.idle().withStick { $0.byteCount = 256 << 30 }).objections.isEmpty)
    let assessment = try assess(Machine.idle().withStick { $0.byteCount = 256 << 30 + 512 })
    #expect(assessment.ids == [.large])
    #expect(assessment.safetyClass == .b)
    #expect(assessment.isSelectable)
    #expect(assessment.objections.map(\.liftingOption) == ["--allow-large"])
  }

  @Test("classes: a USB disk with a fixed medium needs --allow-fixed", arguments: [false, nil])
  func fixedMedium(isRemovable: Bool?) throws {
    let assessment = try assess(Machine.idle().withStick { $0.isRemovable = isRemovable })
    #expect(assessment.ids == [.fixedMedium])
    #expect(assessment.safetyClass == .b)
    #expect(assessment.isSelectable)
    #expect(assessment.objections.map(\.liftingOption) == ["--allow-fixed"])
  }

  @Test("classes: a hard disk behind UAS or Thunderbolt needs --allow-rotational", arguments: [true, nil])
  func rotational(isRotational: Bool?) throws {
    func ids(_ transport: Transport, _ driver: String?) throws -> [Objection.ID] {
      var disk = Machine.disk(transport: transport)
      disk.usb?.driver = driver
      disk.isRotational = isRotational
      return SafetyPolicy.assess(disk, in: DeviceSnapshot(devices: [disk])).ids
    }
    #expect(try ids(.usb, "uas") == [.rotational])
    #expect(try ids(.usb, nil) == [.rotational])
    #expect(try ids(.thunderbolt, nil) == [.external, .rotational])
    // The kernel's default for sticks, no word of the stick's.
    #expect(try ids(.usb, "usb-storage") == [])
  }

  @Test("R10: without a medium, or write-protected, a disk is listed but refused")
  func medium() throws {
    let empty = try assess(Machine.idle().withStick { $0.byteCount = 0 })
    #expect(empty.all(.noMedium, "R10").count == 1)
    let protected = try assess(Machine.idle().withStick { $0.isReadOnly = true })
    #expect(protected.all(.readOnly, "R10").count == 1)
    #expect(!empty.isSelectable && !protected.isSelectable)
  }

  @Test("R9: of two disks with one serial number, neither can be chosen through a link")
  func equalSerials() throws {
    let twin = Machine.disk("sdc", DeviceNumber(major: 8, minor: 32))
    let snapshot = Machine.idle().with { $0.devices.append(twin) }
    #expect(try assess(snapshot).objections.isEmpty)
    let byLink = try assess(snapshot, SafetyRequest(isNamedByLink: true))
    #expect(byLink.all(.ambiguous, "R9").map(\.chain) == [["sdb", "sdc"]])
    #expect(byLink.safetyClass == .x)
    #expect(try assess(Machine.idle(), SafetyRequest(isNamedByLink: true)).objections.isEmpty)
  }
}

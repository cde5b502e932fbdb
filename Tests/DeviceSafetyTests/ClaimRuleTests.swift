import BlockIO
import DeviceProbe
import Testing

@testable import DeviceSafety

@Suite("Rules for what the system says it needs")
struct ClaimRuleTests {
  private static let systemDisk = Machine.disk("sda", DeviceNumber(major: 8, minor: 0), transport: .sata)
  private static let systemPartition = DeviceNumber(major: 8, minor: 1)

  /// A stick, and an internal disk that holds the running root file system.
  private func machine(_ claims: [SystemClaim], root: [DeviceNumber] = [systemPartition]) -> DeviceSnapshot {
    Machine.idle().with {
      $0.devices += [Self.systemDisk, Machine.partition(1, Self.systemPartition, of: Self.systemDisk)]
      $0.anchors = [Anchor(purpose: .systemDirectory, path: "/", devices: root)]
      $0.claims = claims
    }
  }

  private func claim(
    _ kind: SystemClaim.Kind, _ devices: [DeviceNumber] = [Machine.firstPartition],
    _ tag: SystemClaim.Tag.Kind = .uuid, source: String = "/etc/fstab", text: String = "UUID=1 /backup"
  ) -> SystemClaim {
    SystemClaim(kind, source: source, text: text, tag: SystemClaim.Tag(tag, "1"), devices: devices)
  }

  private static let memory = SystemClaim(
    .memory, source: "/proc/cmdline", text: "toram", tag: SystemClaim.Tag(.none, "toram"))

  @Test(
    "R21: what the firmware or the loader started the system from is never written",
    arguments: [SystemClaim.Kind.firmware, .loader])
  func bootDisk(kind: SystemClaim.Kind) throws {
    let assessment = try assess(machine([claim(kind, source: "/sys/x", text: "Boot0001 \"debian\"")]))
    let objection = try #require(assessment.all(.systemDisk, "R21").first)
    #expect(objection.text == "sdb1 is where this system was started from, by /sys/x: Boot0001 \"debian\"")
    #expect(objection.chain == ["sdb1", "named in /sys/x"])
    #expect(assessment.safetyClass == .x && assessment.objections.count == 1)
    let everything = SafetyRequest(lifting: Set(Objection.ID.allCases))
    #expect(assessment.lifting(everything.lifted).objections.count == 1)
  }

  @Test("R21: it is a clone only if another disk has the same GUID and the running system is elsewhere")
  func bootDiskClone() throws {
    let both = [Self.systemPartition, Machine.firstPartition]
    let clone = try assess(machine([claim(.firmware, both, .partUUID)]))
    let objection = try #require(clone.all(.systemClone, "R21").first)
    #expect(objection.text.hasPrefix("sdb1 cannot be told from sda1, which the system on sda needs, by "))
    #expect(clone.safetyClass == .b && clone.objections.count == 1)
    // The root file system unknown, on the stick itself, or in memory: the stick may be the original.
    for root: [DeviceNumber] in [[], [Machine.secondPartition], [DeviceNumber(major: 7, minor: 9)]] {
      let snapshot = machine([claim(.firmware, both, .partUUID)], root: root)
      #expect(try assess(snapshot).all(.systemDisk, "R21").count == 1, "\(root)")
    }
    // Two partitions of one disk with the same GUID are no clone.
    let own = machine([claim(.firmware, [Machine.firstPartition, Machine.secondPartition], .partUUID)])
    #expect(try assess(own).safetyClass == .x)
  }

  @Test("R21: the original of a clone is of class X")
  func original() throws {
    let snapshot = machine([claim(.firmware, [Self.systemPartition, Machine.firstPartition], .partUUID)])
    let assessment = SafetyPolicy.assess(Self.systemDisk, in: snapshot)
    #expect(assessment.all(.systemDisk, "R21").count == 1)
  }

  @Test("R22: a disk with the name of the root file system that the system is not on is taken for a copy")
  func root() throws {
    let line = "root=UUID=1"
    let alone = try assess(machine([claim(.root, source: "/proc/cmdline", text: line)]))
    #expect(
      alone.all(.systemClone, "R22").map(\.text) == [
        "sdb1 is named as the root file system, by /proc/cmdline: root=UUID=1, while the running system is on sda"
      ])
    let both = try assess(machine([claim(.root, [Self.systemPartition, Machine.firstPartition])]))
    #expect(
      both.all(.systemClone, "R22").map(\.text).first?.hasPrefix("sdb1 cannot be told from sda1") == true)
    for assessment in [alone, both] { #expect(assessment.safetyClass == .b && assessment.isSelectable) }
    // On the system's own disk there is nothing to add to class X.
    let here = try assess(machine([claim(.root)], root: [Machine.firstPartition]))
    #expect(here.ids == [.systemDisk])
  }

  @Test("R22: the running system is found through volumes that are built on a disk")
  func rootOnVolume() throws {
    let volume = DeviceNumber(major: 253, minor: 0)
    let snapshot = machine([claim(.root)], root: [volume]).with {
      $0.devices.append(Machine.mapped(0, name: "vg-root", uuid: "LVM-x", on: [Self.systemPartition]))
    }
    #expect(try assess(snapshot).all(.systemClone, "R22").count == 1)
  }

  @Test("R22: the place to hibernate to is never written, unless it is a copy of it")
  func hibernation() throws {
    let place = claim(
      .hibernation, [Machine.secondPartition], .number, source: "/sys/power/resume", text: "8:18")
    let assessment = try assess(machine([place]))
    #expect(
      assessment.all(.systemDisk, "R22").map(\.text)
        == ["sdb2 is where this system hibernates to, by /sys/power/resume: 8:18"])
    #expect(assessment.safetyClass == .x)
    let twins = [Self.systemPartition, Machine.secondPartition]
    #expect(try assess(machine([claim(.hibernation, twins)])).ids == [.systemClone])
    #expect(try assess(machine([claim(.hibernation, twins)], root: [])).safetyClass == .x)
    // The kernel's own number means one device, whatever else has it.
    #expect(try assess(machine([claim(.hibernation, twins, .number)])).safetyClass == .x)
  }

  @Test("R23: the stick of a live system in memory can be written, if that is said")
  func live() throws {
    for kind in [SystemClaim.Kind.live, .bios] {
      let assessment = try assess(machine([claim(kind), Self.memory], root: []))
      #expect(assessment.ids == [.bootedFrom] && assessment.safetyClass == .b)
      #expect(assessment.objections[0].text.hasPrefix("you seem to have booted from sdb1, by "))
    }
    // As long as it is mounted there is no way.
    let mounted = machine([claim(.live)]).with {
      $0.mounts.append(Machine.mount(Machine.firstPartition, "/run/live/medium"))
    }
    #expect(try assess(mounted).safetyClass == .x)
  }

  @Test("R23: of two sticks with one image, the one that the live system does not run from is a copy")
  func twoLiveSticks() throws {
    let other = Machine.disk("sdc", DeviceNumber(major: 8, minor: 32))
    let part = DeviceNumber(major: 8, minor: 33)
    let both = [Machine.firstPartition, part]
    // The layers of the root file system have paths of the initramfs; the medium is mounted.
    let medium = claim(.live, [part], .number, source: "/proc/self/mountinfo", text: "/cdrom")
    let snapshot = machine([claim(.firmware, both, .partUUID), claim(.live, both, .label), medium], root: [])
      .with { $0.devices += [other, Machine.partition(1, part, of: other)] }
    #expect(try assess(snapshot).ids == [.systemClone, .systemClone])
    #expect(SafetyPolicy.assess(other, in: snapshot).safetyClass == .x)
    // In memory there is no telling which of the two it was.
    let inMemory = snapshot.with { $0.claims[2] = Self.memory }
    #expect(try assess(inMemory).ids == [.bootedFrom, .bootedFrom])
  }

  @Test("R23: what the firmware started is the stick of a live system only if that was copied into memory")
  func liveFirmware() throws {
    #expect(try assess(machine([claim(.firmware), Self.memory], root: [])).ids == [.bootedFrom])
    #expect(try assess(machine([claim(.firmware)], root: [])).ids == [.systemDisk])
    let here = machine([claim(.firmware), Self.memory], root: [Machine.secondPartition])
    #expect(try assess(here).all(.systemDisk, "R21").count == 1)
    // Named as the root file system by a system that is on no disk: the stick it came from.
    #expect(try assess(machine([claim(.root)], root: [])).ids == [.bootedFrom])
  }

  @Test("R24: what the configuration names is refused with the line, and lifted by its option")
  func configured() throws {
    let assessment = try assess(machine([claim(.configuration)]))
    #expect(assessment.all(.configured, "R24").map(\.text) == ["sdb1 is named in /etc/fstab: UUID=1 /backup"])
    #expect(assessment.safetyClass == .b && assessment.isSelectable)
    #expect(assessment.objections.map(\.liftingOption) == ["--allow-configured"])
    #expect(assessment.lifting([.configured]).objections.isEmpty)
    #expect(try assess(machine([claim(.startup)])).ids == [.configured])
    #expect(try assess(machine([claim(.configuration, [Machine.stick])])).ids == [.configured])
    #expect(try assess(machine([claim(.configuration, [Self.systemPartition])])).ids == [])
  }

  @Test("R24: without udevd, what libblkid found on the disk is enough")
  func contents() throws {
    var entry = Contents.Partition(number: 2, start: 2 << 20, byteCount: 1 << 20, type: "0x83")
    (entry.fileSystem, entry.uuid, entry.label, entry.name) = ("ext4", "AB-1", "data", "Data")
    var contents = Contents(table: .gpt, partitions: [entry])
    func ids(_ kind: SystemClaim.Tag.Kind, _ value: String) throws -> [String] {
      var line = claim(.configuration, [])
      line.tag = SystemClaim.Tag(kind, value)
      return try assess(machine([line]).withStick { $0.contents = contents }).objections.map(\.chain[0])
    }
    #expect(try ids(.uuid, "ab-1") == ["sdb2"])
    #expect(try ids(.label, "data") == ["sdb2"])
    #expect(try ids(.partLabel, "Data") == ["sdb2"])
    #expect(try ids(.uuid, "ab-2") == [] && ids(.label, "Data") == [] && ids(.array, "ab-1") == [])
    contents.partitions[0].fileSystem = "linux_raid_member"
    #expect(try ids(.array, "a:b:1") == ["sdb2"])
    contents = Contents(table: .none)
    (contents.fileSystem, contents.uuid) = ("LVM2_member", "ab-cd")
    #expect(try ids(.physicalVolume, "abcd") == ["sdb"])
    // A copy on another disk that was read.
    var line = claim(.configuration, [])
    line.tag = SystemClaim.Tag(.physicalVolume, "abcd")
    let both = machine([line]).with {
      for index in $0.devices.indices where $0.devices[index].isWholeDisk {
        $0.devices[index].contents = contents
      }
    }
    #expect(try assess(both).ids == [.systemClone])
  }

  @Test("R24: a copy of a disk that the configuration names is called a copy")
  func configuredClone() throws {
    let twins = [Self.systemPartition, Machine.firstPartition]
    #expect(try assess(machine([claim(.configuration, twins)])).ids == [.systemClone])
    #expect(try assess(machine([claim(.configuration, twins)], root: [])).ids == [.configured])
  }

  @Test("R24: a unit that systemd made of a line is not told beside the line")
  func generated() throws {
    let unit = claim(.configuration, source: "/run/systemd/generator/backup.mount", text: "What=/dev/sdb1")
    #expect(try assess(machine([claim(.configuration), unit])).objections.count == 1)
    #expect(try assess(machine([unit])).objections.count == 1)
    let own = claim(.configuration, source: "/etc/systemd/system/backup.mount", text: "What=/dev/sdb1")
    #expect(try assess(machine([claim(.configuration), own])).objections.count == 2)
  }

  @Test(
    "R6: a file that cannot be read needs the option of what it may have said",
    arguments: [
      ("/etc/fstab", Objection.ID.configured), ("/run/udev/data/b8:16", .configured),
      ("/sys/firmware/efi/efivars/BootCurrent-x", .bootedFrom), ("/proc/cmdline", .bootedFrom),
      ("/sys/power/resume", .bootedFrom),
    ])
  func unreadable(path: String, id: Objection.ID) throws {
    func ids(_ reason: String, isForListing: Bool) throws -> [Objection.ID] {
      var request = SafetyRequest()
      request.isForListing = isForListing
      let snapshot = machine([]).with { $0.unreadable = [UnreadableSource(path: path, reason: reason)] }
      let assessment = try assess(snapshot, request)
      #expect(assessment.safetyClass <= .b)
      return assessment.all(id, "R6").map(\.id)
    }
    #expect(try ids("Input/output error", isForListing: false) == [id])
    #expect(try ids("Input/output error", isForListing: true) == [id])
    // Whoever may not read it may not write disks either, as a rule, and the write asks again.
    #expect(try ids("Permission denied", isForListing: false) == [id])
    #expect(try ids("Permission denied", isForListing: true) == [])
  }

  @Test("another claim never removes an objection", arguments: SystemClaim.Kind.allCases)
  func monotone(kind: SystemClaim.Kind) throws {
    for first in SystemClaim.Kind.allCases where kind != .memory {
      for root in [[], [Self.systemPartition], [Machine.firstPartition]] {
        let before = try assess(machine([claim(first)], root: root)).objections
        let after = try assess(machine([claim(first), claim(kind, text: "other")], root: root)).objections
        #expect(Set(after).isSuperset(of: before), "\(first), then \(kind)")
      }
    }
  }
}

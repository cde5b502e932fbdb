import BlockIO
import DeviceProbe
import Testing

@Suite("What the system says it needs")
struct ClaimTests {
  private let stick = DeviceNumber(major: 8, minor: 16)
  private let first = DeviceNumber(major: 8, minor: 17)
  private let internalFirst = DeviceNumber(major: 8, minor: 1)

  /// An internal disk and a stick, each with one partition.
  private func machine() throws -> FakeSystem {
    let system = try FakeSystem()
    let disk = try system.ahci() + "/block/sda"
    try system.disk(disk, "8:0")
    try system.partition(disk, "sda1", "8:1", index: 1, start: 1 << 20, bytes: 1 << 20)
    let stick = try system.usb() + "/block/sdb"
    try system.disk(stick, "8:16")
    try system.partition(stick, "sdb1", "8:17", index: 1, start: 1 << 20, bytes: 1 << 20)
    return system
  }

  private func udev(_ system: FakeSystem, _ number: DeviceNumber, _ lines: [String]) throws {
    try system.file("run/udev/data/b\(number)", lines.map { $0 + "\n" }.joined())
  }

  @Test("a system without any of the files claims nothing, and nothing is unreadable")
  func nothing() throws {
    let snapshot = try machine().snapshot()
    #expect(snapshot.claims.isEmpty)
    #expect(!snapshot.unreadable.contains { $0.isClaimSource })
  }

  @Test("R24: a line of fstab claims every device with its tag, clones as well")
  func clones() throws {
    let system = try machine()
    try system.file("etc/fstab", "UUID=Ab-1 /backup ext4 noauto 0 2\n")
    try udev(system, internalFirst, ["S:disk/by-uuid/ab-1", "E:ID_FS_UUID=ab-1"])
    try udev(system, first, ["I:12345", "E:ID_FS_UUID=AB-1"])
    let claim = try #require(system.snapshot().claims.first)
    #expect(claim.devices == [internalFirst, first])
    #expect(claim.text == "UUID=Ab-1 /backup ext4 noauto 0 2")
  }

  @Test(
    "each kind of tag is found in what udevd noted",
    arguments: [
      ("LABEL=my\\040disk", "E:ID_FS_LABEL_ENC=my\\x20disk"),
      ("PARTUUID=AB-01", "E:ID_PART_ENTRY_UUID=ab-01"),
      ("PARTLABEL=EFI\\040x", "E:ID_PART_ENTRY_NAME=EFI\\x20x"),
      ("ID=usb-a-part1", "S:disk/by-id/usb-a-part1"),
      ("/dev/disk/by-path/x", "S:disk/by-path/x"), ("/dev/sdb1", "E:X=1"),
      ("/dev/disk/by-label/a\\134x2fb", "E:ID_FS_LABEL_ENC=a\\x2fb"),
    ])
  func udevTags(tag: String, line: String) throws {
    let system = try machine()
    try system.file("etc/fstab", "\(tag) /x auto noauto 0 0\n")
    try udev(system, first, [line])
    #expect(system.snapshot().claims.map(\.devices) == [[first]])
  }

  @Test("without udevd, links and the kernel's own tags are enough")
  func withoutUdev() throws {
    let system = try machine()
    try system.file("etc/fstab", "LABEL=a\\040b /x\nPARTUUID=77-1 /y\nPARTLABEL=p /z\n")
    try system.deviceLink("disk/by-label/a\\x20b", to: "../../sdb1")
    let path = try #require(system.snapshot()[internalFirst]?.sysfsPath)
    try system.file("sys/\(path)/uevent", "DEVNAME=sda1\nPARTUUID=77-1\nPARTNAME=p\n")
    #expect(system.snapshot().claims.map(\.devices) == [[first], [internalFirst], [internalFirst]])
  }

  @Test("R24: members of arrays, volume groups and pools are found by their own tags")
  func members() throws {
    let system = try machine()
    try system.file("etc/mdadm/mdadm.conf", "ARRAY /dev/md0 UUID=0123abcd:4567cdef:89ab0123:cdef4567\n")
    try system.file("etc/lvm/devices/system.devices", "IDTYPE=devname DEVNAME=/dev/sdz PVID=aBcDeF\n")
    try system.file("etc/zfs/zpool.cache", [0, 0, 0, 9] + Array("/dev/sdb1".utf8) + [0, 0, 0])
    try udev(
      system, internalFirst,
      ["E:ID_FS_TYPE=linux_raid_member", "E:ID_FS_UUID=0123abcd-4567-cdef-89ab-0123cdef4567"])
    try udev(system, first, ["E:ID_FS_TYPE=LVM2_member", "E:ID_FS_UUID=aB-cDeF"])
    let claims = system.snapshot().claims
    #expect(claims.map(\.devices) == [[internalFirst], [first], [first]])
    #expect(
      claims.map(\.source)
        == ["/etc/mdadm/mdadm.conf", "/etc/lvm/devices/system.devices", "/etc/zfs/zpool.cache"])
  }

  @Test("R21: the partition of the boot entry that was used, and the one that the loader came from")
  func firmware() throws {
    let system = try machine()
    try system.firmware("BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c", [6, 0, 0, 0, 0x0A, 0])
    try system.firmware(
      "Boot000A-8be4df61-93ca-11d2-aa0d-00e098032b8c",
      EFIBytes.file(EFIBytes.entry(EFIBytes.drive() + EFIBytes.end)))
    try system.firmware(
      "LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f",
      [6, 0, 0, 0] + EFIBytes.text(EFIBytes.partition.uppercased() + "\0"))
    try udev(system, first, ["E:ID_PART_ENTRY_UUID=\(EFIBytes.partition)"])
    let claims = system.snapshot().claims
    #expect(claims.map(\.kind) == [.firmware, .loader])
    #expect(claims.map(\.devices) == [[first], [first]])
    #expect(claims[0].text == "Boot000A \"debian\"")
  }

  @Test("R22: where the kernel and systemd hibernate to, and the disk that a BIOS calls its first")
  func hibernation() throws {
    let system = try machine()
    try system.file("sys/power/resume", "8:17\n")
    try system.firmware(
      "HibernateLocation-8cf2644b-4b0b-428f-9387-6d876050dc67",
      EFIBytes.file(EFIBytes.text(#"{"uuid": "12ab34cd-0000-0000-0000-0123456789ab","offset":1}"#)))
    try system.file("sys/firmware/edd/int13_dev80/mbr_signature", "0x0badcafe\n")
    try udev(system, internalFirst, ["E:ID_FS_UUID=12ab34cd-0000-0000-0000-0123456789ab"])
    try udev(system, stick, ["E:ID_PART_TABLE_UUID=0badcafe"])
    // A partition has its table's UUID too, and is not the disk.
    try udev(system, first, ["E:ID_PART_TABLE_UUID=0badcafe"])
    let claims = system.snapshot().claims
    #expect(claims.map(\.kind) == [.hibernation, .hibernation, .bios])
    #expect(claims.map(\.devices) == [[first], [internalFirst], [stick]])
    try system.file("sys/power/resume", "0:0\n")
    #expect(system.snapshot().claims.count == 2)
  }

  @Test(
    "R6: what is there and says nothing is unreadable, and a doubt, not a fact",
    arguments: [
      ("sys/firmware/efi/efivars/BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c", [7, 0]),
      ("sys/firmware/efi/efivars/BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c", [7, 0, 0, 0, 1]),
      ("sys/firmware/efi/efivars/BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c", [3, 0, 0, 0, 1, 0]),
      (
        "sys/firmware/efi/efivars/LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", [6, 0, 0, 0, 1]
      ),
      (
        "sys/firmware/efi/efivars/HibernateLocation-8cf2644b-4b0b-428f-9387-6d876050dc67", [7, 0, 0, 0, 1, 0]
      ),
      (
        "sys/firmware/efi/efivars/HibernateLocation-8cf2644b-4b0b-428f-9387-6d876050dc67",
        [UInt8](repeating: 7, count: 1 << 20 + 1)
      ),
      ("sys/power/resume", [0x78]), ("sys/firmware/edd/int13_dev80/mbr_signature", [0x30]),
      ("etc/fstab", [UInt8](repeating: 0x20, count: 1 << 20 + 1)),
      ("run/udev/data/b8:17", [UInt8](repeating: 0x20, count: 1 << 18 + 1)),
    ] as [(String, [UInt8])])
  func unreadable(path: String, content: [UInt8]) throws {
    let system = try machine()
    try system.file(path, content)
    let snapshot = system.snapshot()
    #expect(snapshot.unreadable.map(\.path).contains("/" + path))
    #expect(snapshot.unreadable.filter { !$0.isClaimSource }.map(\.path) == machineUnreadable)
    #expect(snapshot.claims.isEmpty)
  }

  /// What a made-up machine has not, beside claims.
  private var machineUnreadable: [String] {
    (try? machine().snapshot().unreadable.map(\.path)) ?? []
  }

  @Test("a boot entry that is hostile is unreadable")
  func hostileEntry() throws {
    let system = try machine()
    try system.firmware("BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c", [6, 0, 0, 0, 1, 0])
    let path = "Boot0001-8be4df61-93ca-11d2-aa0d-00e098032b8c"
    try system.firmware(path, EFIBytes.file(EFIBytes.entry([4, 1, 0xFF, 0xFF])))
    let snapshot = system.snapshot()
    #expect(snapshot.unreadable.contains { $0.path.hasSuffix(path) && $0.reason == "not understood" })
    #expect(snapshot.claims.isEmpty)
  }

  @Test("R23: the medium of a live system, by the link of dracut, the mounts and the command line")
  func live() throws {
    let system = try machine()
    try system.symbolicLink("run/initramfs/livedev", to: "/dev/sdb1")
    try system.mounts([
      "1 0 0:2 / / rw - rootfs rootfs rw", "2 1 8:17 / /run/live/medium ro - iso9660 /dev/sdb1 ro",
    ])
    try system.file("proc/cmdline", "root=live:CDLABEL=LIVE toram\n")
    try udev(system, first, ["E:ID_FS_LABEL_ENC=LIVE"])
    let claims = system.snapshot().claims
    #expect(claims.map(\.kind) == [.live, .memory, .live, .live])
    #expect(claims.map(\.devices) == [[first], [], [first], [first]])
  }

  @Test("R24: units that people and generators made, and only so many of them")
  func units() throws {
    let system = try machine()
    try system.file("etc/systemd/system/backup.mount", "[Mount]\nWhat=/dev/sdb1\nWhere=/backup\n")
    try system.file("etc/systemd/system/x.service", "What=/dev/sda1\n")
    try system.file("run/systemd/generator/y.swap", "[Swap]\nWhat=/dev/sda1\n")
    // Masked.
    try system.symbolicLink("etc/systemd/system/z.mount", to: "/dev/null")
    #expect(system.snapshot().claims.map(\.devices) == [[first], [internalFirst]])
    for index in 0..<260 { try system.file("run/systemd/transient/\(index).mount", "What=/dev/sdb1\n") }
    let snapshot = system.snapshot()
    #expect(snapshot.claims.count == 2 + 256)
    #expect(snapshot.unreadable.contains { $0.path == "/run/systemd/transient" })
  }
}

extension FakeSystem {
  /// A variable of the firmware.
  fileprivate func firmware(_ name: String, _ bytes: [UInt8]) throws {
    try file("sys/firmware/efi/efivars/\(name)", bytes)
  }

  /// A link below `/dev`.
  fileprivate func deviceLink(_ path: String, to target: String) throws {
    try symbolicLink("dev/\(path)", to: target)
  }
}

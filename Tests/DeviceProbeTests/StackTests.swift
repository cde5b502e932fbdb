import BlockIO
import DeviceProbe
import Testing

@Suite("what is built on what")
struct StackTests {
  private func number(_ text: String) -> DeviceNumber {
    DeviceNumber(text) ?? DeviceNumber(major: .max, minor: .max)
  }

  @Test("LUKS on a partition, LVM on LUKS, mounted")
  func deviceMapper() throws {
    let system = try FakeSystem()
    let disk = "\(try system.ahci())/block/sda"
    try system.disk(disk, "8:0")
    try system.partition(disk, "sda2", "8:2", index: 2, start: 1 << 20, bytes: 512 << 20)
    try system.partition(disk, "sda1", "8:1", index: 1, start: 512, bytes: 1 << 19)
    let (crypt, volume) = ("devices/virtual/block/dm-0", "devices/virtual/block/dm-1")
    try system.disk(crypt, "253:0", ["dm/name": "luks-root", "dm/uuid": "CRYPT-LUKS2-1234-luks-root"])
    try system.disk(volume, "253:1", ["dm/name": "vg0-root", "dm/uuid": "LVM-abcd"])
    try system.stack(crypt, on: "\(disk)/sda2")
    try system.stack(volume, on: crypt)
    try system.mounts(["27 1 253:1 / / rw - ext4 /dev/mapper/vg0-root rw"])
    let snapshot = system.snapshot()
    #expect(snapshot.partitions(of: number("8:0")).map(\.name) == ["sda1", "sda2"])
    let partition = try #require(snapshot[number("8:2")])
    #expect(
      partition.partition == PartitionPlace(disk: number("8:0"), number: 2, start: 1 << 20))
    #expect(partition.byteCount == 512 << 20 && partition.logicalBlockSize == 512)
    #expect(partition.transport == .sata && partition.holders == [number("253:0")])
    let opened = try #require(snapshot[number("253:0")])
    #expect(opened.virtual == .deviceMapper(name: "luks-root", uuid: "CRYPT-LUKS2-1234-luks-root"))
    #expect(opened.transport == .virtual)
    #expect(opened.slaves == [number("8:2")] && opened.holders == [number("253:1")])
    #expect(
      snapshot.anchors == [
        Anchor(purpose: .systemDirectory, path: "/", devices: [number("253:1")]),
        Anchor(purpose: .systemDirectory, path: "/boot", devices: [number("253:1")]),
        Anchor(purpose: .systemDirectory, path: "/boot/efi", devices: [number("253:1")]),
        Anchor(purpose: .systemDirectory, path: "/efi", devices: [number("253:1")]),
        Anchor(purpose: .systemDirectory, path: "/usr", devices: [number("253:1")]),
        Anchor(purpose: .systemDirectory, path: "/var", devices: [number("253:1")]),
        Anchor(purpose: .systemDirectory, path: "/home", devices: [number("253:1")]),
      ])
    #expect(snapshot.unreadable.isEmpty)
  }

  @Test("arrays, zram, ram disks and idle loops")
  func virtual() throws {
    let system = try FakeSystem()
    try system.disk("devices/virtual/block/md127", "9:127", ["md/level": "raid1", "md/array_state": "clean"])
    try system.disk("devices/virtual/block/zram0", "251:0")
    try system.disk("devices/virtual/block/nbd12", "43:12")
    try system.disk("devices/virtual/block/loop3", "7:3", bytes: 0)
    let kinds = Dictionary(
      uniqueKeysWithValues: system.snapshot().devices.map { ($0.name, $0.virtual) })
    #expect(
      kinds == [
        "md127": .md(level: "raid1", state: "clean"), "zram0": .other("zram"), "nbd12": .other("nbd"),
        "loop3": .idleLoop,
      ])
  }

  @Test("a loop device reads from a disk, another from a file on a partition")
  func loops() throws {
    let system = try FakeSystem()
    let disk = "\(try system.usb())/block/sdb"
    try system.disk(disk, "8:16")
    try system.partition(disk, "sdb1", "8:17", index: 1, start: 1 << 20, bytes: 1 << 29)
    try system.mounts(["30 1 8:17 / /mnt/a\\040stick rw - vfat /dev/sdb1 rw"])
    try system.disk("devices/virtual/block/loop0", "7:0", ["loop/backing_file": "/dev/sdb"])
    try system.disk("devices/virtual/block/loop1", "7:1", ["loop/backing_file": "/mnt/a stick/x.img"])
    let snapshot = system.snapshot()
    #expect(
      snapshot[number("7:0")]?.virtual
        == .loop(path: "/dev/sdb", fileSystem: nil, node: number("8:16")))
    #expect(
      snapshot[number("7:1")]?.virtual
        == .loop(path: "/mnt/a stick/x.img", fileSystem: number("8:17"), node: nil))
  }

  @Test("both members of a btrfs, of which mountinfo names one")
  func btrfs() throws {
    let system = try FakeSystem()
    for (index, name) in ["sda", "sdb"].enumerated() {
      let path = "\(try system.usb(port: "1-\(index + 1)", host: index + 2))/block/\(name)"
      try system.disk(path, "8:\(index * 16)")
      try system.link("fs/btrfs/0b0b-77/devices/\(name)", to: path)
    }
    try system.node("fs/btrfs/features", nil, ["raid56": "0"])
    try system.mounts(["30 1 0:40 /@home /home rw - btrfs /dev/sda rw,subvol=/@home"])
    try system.swaps(["/home/swap\\040file\tfile\t1024\t0\t-2", "/dev/sdb\tpartition\t1024\t0\t-3"])
    let members = [number("8:0"), number("8:16")]
    let snapshot = system.snapshot(anchors: [AnchorRequest(.image, path: "/home/me/x.iso")])
    #expect(snapshot.btrfsVolumes == [BtrfsVolume(uuid: "0b0b-77", members: members)])
    #expect(snapshot.anchors.last == Anchor(purpose: .image, path: "/home/me/x.iso", devices: members))
    #expect(
      snapshot.swaps == [
        SwapArea(path: "/home/swap file", device: members[0], isFile: true),
        SwapArea(path: "/dev/sdb", device: members[1], isFile: false),
      ])
  }

  @Test("an overlay lies on every one of its layers")
  func overlay() throws {
    let system = try FakeSystem()
    for (index, name) in ["sda", "sdb", "sdc"].enumerated() {
      try system.disk(
        "\(try system.usb(port: "1-\(index + 1)", host: index + 2))/block/\(name)", "8:\(index * 16)")
    }
    try system.mounts([
      "30 1 8:0 / /low rw - ext4 /dev/sda rw", "31 1 8:16 / /a,b:c rw - ext4 /dev/sdb rw",
      "32 1 8:32 / /up rw - ext4 /dev/sdc rw",
      "33 1 0:50 / /merged rw - overlay overlay rw,lowerdir=/low/x:/a\\054b\\134:c,upperdir=/up/u,workdir=/up/w",
    ])
    let snapshot = system.snapshot(anchors: [AnchorRequest(.image, path: "/merged/x.iso")])
    #expect(snapshot.anchors.last?.devices.sorted().map(\.description) == ["8:0", "8:16", "8:32"])
  }

  @Test("mounts of other namespaces, one process for each")
  func namespaces() throws {
    let system = try FakeSystem()
    try system.mounts(["30 1 8:17 / /mnt rw - vfat /dev/sdb1 rw"])
    try system.process("1", namespace: "1", ["30 1 8:17 / /mnt rw - vfat /dev/sdb1 rw"])
    let foreign = ["90 1 8:33 / /data rw - ext4 /dev/sdc1 rw", "91 1 0:5 / /proc rw - proc proc rw"]
    try system.process("200", namespace: "2", command: "sleep", foreign)
    try system.process("201", namespace: "2", command: "sh", foreign)
    let snapshot = system.snapshot()
    #expect(snapshot.mounts.map(\.mountPoint) == ["/mnt", "/data"])
    #expect(snapshot.mounts.map(\.process) == [nil, ProcessName(id: 200, command: "sleep")])
    #expect(snapshot.unreadable.isEmpty)
  }

  @Test("sysfs names with an exclamation mark, and more disks than letters")
  func names() throws {
    let system = try FakeSystem()
    let controller = "devices/pci0000:00/0000:05:00.0/host0"
    try system.disk("\(controller)/block/cciss!c0d0", "104:0")
    try system.partition(
      "\(controller)/block/cciss!c0d0", "cciss!c0d0p1", "104:1", index: 1, start: 0, bytes: 512)
    try system.disk("\(try system.usb())/block/sdaa", "65:160", ["uevent": "MAJOR=65\nDEVNAME=disks/sdaa"])
    let snapshot = system.snapshot()
    #expect(snapshot.devices.map(\.name) == ["sdaa", "cciss/c0d0", "cciss/c0d0p1"])
    #expect(snapshot.devices.map(\.path) == ["/dev/disks/sdaa", "/dev/cciss/c0d0", "/dev/cciss/c0d0p1"])
  }

  @Test("what cannot be read or makes no sense is nil, never a guess")
  func garbage() throws {
    let system = try FakeSystem()
    try system.disk(
      "\(try system.usb(["speed": "nan", "serial": " \t"]))/block/sdb", "8:16",
      [
        "size": "18446744073709551615", "ro": "maybe", "removable": "", "queue/logical_block_size": "0",
        "queue/physical_block_size": "-512", "queue/rotational": "2", "diskseq": "x", "queue/zoned": "new",
      ])
    let disk = try system.onlyDisk()
    #expect(disk.byteCount == nil && disk.isReadOnly == nil && disk.isRemovable == nil)
    #expect(disk.logicalBlockSize == nil && disk.physicalBlockSize == nil && disk.isRotational == nil)
    #expect(disk.diskSequence == nil && disk.isZoned && disk.usb?.speed == nil && disk.identity.serial == nil)
  }

  @Test("a device without a number, one that is gone, and links that lead out are left out")
  func vanished() throws {
    let system = try FakeSystem()
    let unit = try system.usb()
    try system.disk("\(unit)/block/sdb", "8:16")
    try system.remove("sys/\(unit)/block/sdb/dev")
    try system.link("class/block/sdc", to: "devices/gone")
    try system.link("class/block/sdd", to: "../../../../../../../../etc")
    let snapshot = system.snapshot()
    #expect(snapshot.devices.isEmpty && snapshot.unreadable.isEmpty)
  }

  @Test("a source that is missing or holds nonsense is named")
  func unreadable() throws {
    let system = try FakeSystem()
    try system.mounts(["30 1 8:17 / /mnt rw - vfat /dev/sdb1 rw", "nonsense"])
    try system.swaps(["nonsense"])
    try system.remove("sys/class/block")
    let snapshot = system.snapshot()
    #expect(
      snapshot.unreadable.map(\.path) == [
        "/sys/class/block", "/sys/dev/block", "/proc/self/mountinfo", "/proc/swaps",
      ])
    #expect(snapshot.mounts.count == 1)
  }
}

import BlockIO
import DeviceProbe
import Testing

@Suite("R14: uses that no mount, holder or loop device shows")
struct HiddenUseTests {
  private let stick = DeviceNumber(major: 8, minor: 16)
  private let part = DeviceNumber(major: 8, minor: 17)

  /// A stick with one partition.
  private func system() throws -> (FakeSystem, disk: String) {
    let system = try FakeSystem()
    let disk = "\(try system.usb())/block/sdb"
    try system.disk(disk, "8:16")
    try system.partition(disk, "sdb1", "8:17", index: 1, start: 1 << 20, bytes: 1 << 29)
    return (system, disk)
  }

  @Test(
    "a file system that lives without a mount; one that is mounted, or of another device, is none",
    arguments: ["ext4", "xfs", "f2fs"])
  func living(type: String) throws {
    let (system, _) = try system()
    try system.node("fs/\(type)/sdb1", nil, ["state": "1"])
    try system.node("fs/\(type)/features", nil, ["x": "1"])
    #expect(system.snapshot().hiddenUses == [HiddenUse(.fileSystem, of: part, owner: type)])
    try system.mounts(["30 1 8:17 / /mnt rw - \(type) /dev/sdb1 rw"])
    #expect(system.snapshot().hiddenUses.isEmpty)
  }

  @Test("an external journal has a directory without an inode's number")
  func journal() throws {
    let (system, _) = try system()
    try system.file("proc/fs/jbd2/sdb1-8/info", "")
    #expect(system.snapshot().hiddenUses.isEmpty)
    try system.file("proc/fs/jbd2/sdb1/info", "")
    #expect(system.snapshot().hiddenUses == [HiddenUse(.journal, of: part, owner: "ext4")])
  }

  @Test("the log and the real-time device of an XFS, as its mount names them")
  func auxiliary() throws {
    let (system, _) = try system()
    try system.mounts([
      "30 1 8:99 / /data rw - xfs /dev/sdz rw,attr2,logdev=/dev/sdb1,rtdev=/dev/sdb,noquota"
    ])
    #expect(
      system.snapshot().hiddenUses == [
        HiddenUse(.auxiliary, of: part, owner: "/data"), HiddenUse(.auxiliary, of: stick, owner: "/data"),
      ])
  }

  @Test("the members of a bcachefs; one that is missing has no device")
  func bcachefs() throws {
    let (system, disk) = try system()
    try system.link("fs/bcachefs/77-aa/dev-0/block", to: "\(disk)/sdb1")
    try system.node("fs/bcachefs/77-aa/dev-1", nil, ["state": "rw"])
    try system.node("fs/bcachefs/77-aa/internal", nil, ["x": "1"])
    #expect(system.snapshot().hiddenUses == [HiddenUse(.member, of: part, owner: "bcachefs 77-aa")])
  }

  @Test("a device that bcache has, unless a holder tells more")
  func bcache() throws {
    let (system, disk) = try system()
    try system.link("\(disk)/sdb1/bcache/set", to: "fs/bcache/11-22")
    #expect(system.snapshot().hiddenUses.isEmpty, "without the module it is a leftover")
    try system.node("fs/bcache/11-22")
    #expect(system.snapshot().hiddenUses == [HiddenUse(.cache, of: part, owner: "11-22")])
    try system.disk("devices/virtual/block/bcache0", "252:0")
    try system.stack("devices/virtual/block/bcache0", on: "\(disk)/sdb1")
    #expect(system.snapshot().hiddenUses.isEmpty)
  }

  @Test("what zram writes back to is what it is built on")
  func zram() throws {
    let (system, _) = try system()
    let zram = "devices/virtual/block/zram0"
    try system.disk(zram, "251:0", ["backing_dev": "/dev/sdb1"])
    try system.disk("devices/virtual/block/zram1", "251:1", ["backing_dev": "none"])
    let devices = system.snapshot().devices
    #expect(devices.first { $0.name == "zram0" }?.slaves == [part])
    #expect(devices.first { $0.name == "zram1" }?.slaves == [])
  }

  @Test("the layers of an overlay, where their paths lead")
  func layers() throws {
    let (system, _) = try system()
    try system.mounts([
      "30 1 8:17 / /low rw - ext4 /dev/sdb1 rw",
      "33 1 0:50 / /merged rw - overlay overlay rw,lowerdir=/low/x:/low/y,upperdir=up,workdir=work",
    ])
    #expect(system.snapshot().hiddenUses == [HiddenUse(.layer, of: part, owner: "/merged")])
  }

  @Test("what the kernel serves to other machines")
  func exports() throws {
    let (system, _) = try system()
    let core = "kernel/config/target/core"
    try system.node("\(core)/iblock_0/disk", nil, ["udev_path": "/dev/sdb", "info": "x"])
    try system.node(
      "\(core)/fileio_1/part", nil,
      [
        "udev_path": "",
        "info": "Status: ACTIVATED\nTCM FILEIO ID: 0        File: /dev/sdb1  Size: 1  Mode: x",
      ])
    let namespaces = "kernel/config/nvmet/subsystems/nqn.x/namespaces"
    try system.node("\(namespaces)/1", nil, ["device_path": "/dev/sdb1", "enable": "1"])
    try system.node("\(namespaces)/2", nil, ["device_path": "/dev/sdb", "enable": "0"])
    try system.node("kernel/config/usb_gadget/g1/functions/mass_storage.0/lun.0", nil, ["file": "/dev/sdb"])
    try system.node("module/g_mass_storage/parameters", nil, ["file": "/dev/sdb1,"])
    let snapshot = system.snapshot()
    #expect(
      snapshot.hiddenUses == [
        HiddenUse(.exported, of: part, owner: "the LIO target fileio_1/part"),
        HiddenUse(.exported, of: stick, owner: "the LIO target iblock_0/disk"),
        HiddenUse(.exported, of: part, owner: "the NVMe target nqn.x, namespace 1"),
        HiddenUse(.exported, of: stick, owner: "the USB gadget g1"),
        HiddenUse(.exported, of: part, owner: "the USB gadget g_mass_storage"),
      ])
    #expect(snapshot.unreadable.isEmpty)
  }

  @Test("the pools that are imported are directories")
  func pools() throws {
    let (system, _) = try system()
    try system.file("proc/spl/kstat/zfs/tank/state", "ONLINE\n")
    try system.file("proc/spl/kstat/zfs/arcstats", "0\n")
    #expect(system.snapshot().zfsPools == ["tank"])
  }

  @Test("thousands of mounts, with every octal escape, are told from one another")
  func crowd() throws {
    let (system, _) = try system()
    let count = 5000
    try system.mounts(
      ["30 1 8:16 / / rw - ext4 /dev/sdb rw"]
        + (0..<count).map {
          #"\#($0 + 100) 30 8:17 /d\040\#($0) /mnt/a\040b\011c\012d\134\#($0) rw - ext4 /dev/sdb1 rw"#
        })
    for process in 1...50 {
      try system.process("\(process)", namespace: "1", ["nobody reads this twice"])
    }
    let snapshot = system.snapshot()
    #expect(snapshot.unreadable.isEmpty, "processes of one namespace are read once")
    #expect(snapshot.mounts.count == count + 1)
    let index = SnapshotIndex(snapshot)
    #expect(index.mounts(of: part).count == count && index.mounts(of: stick).map(\.mountPoint) == ["/"])
    #expect(index.mounts(of: part).last?.mountPoint == "/mnt/a b\tc\nd\\\(count - 1)")
    #expect(index.mounts(of: part).last?.root == "/d \(count - 1)")
    #expect(index.partitions(of: stick).map(\.number) == [part] && index[part]?.name == "sdb1")
    #expect(index.partitions(of: stick) == snapshot.partitions(of: stick))
  }
}

import BlockIO
import SystemPackage
import TestSupport
import Testing

@testable import DeviceProbe

@Suite("R6: what is there and cannot be read is never taken for nothing")
struct UnreadableTests {
  private func system() throws -> (FakeSystem, disk: String) {
    let system = try FakeSystem()
    let disk = "\(try system.usb())/block/sdb"
    try system.disk(disk, "8:16")
    try system.partition(disk, "sdb1", "8:17", index: 1, start: 1 << 20, bytes: 1 << 29)
    #expect(system.snapshot().unreadable.isEmpty)
    return (system, disk)
  }

  @Test("R6: a member of a btrfs without a number")
  func btrfs() throws {
    let (system, disk) = try system()
    try system.link("fs/btrfs/0b0b/devices/sdb1", to: "\(disk)/sdb1")
    try system.node("fs/btrfs/0b0b/devices/sdq")
    let snapshot = system.snapshot()
    #expect(snapshot.btrfsVolumes.map(\.members.count) == [1])
    #expect(snapshot.unreadable.map(\.path) == ["/sys/fs/btrfs/0b0b/devices/sdq"])
  }

  @Test("R6: a holder without a number, which is a use of the disk all the same")
  func holder() throws {
    let (system, disk) = try system()
    try system.node("\(disk)/sdb1/holders/dm-0")
    #expect(system.snapshot().unreadable.map(\.path) == ["/sys/\(disk)/sdb1/holders/dm-0"])
  }

  @Test("R6: a partition that does not say which")
  func partition() throws {
    let (system, disk) = try system()
    try system.file("sys/\(disk)/sdb1/partition", "x\n")
    let snapshot = system.snapshot()
    #expect(snapshot.devices.map(\.name) == ["sdb"])
    #expect(snapshot.unreadable.map(\.path) == ["/sys/\(disk)/sdb1"])
  }

  @Test("R6: flags that are neither, and a zone model that is a folder")
  func flags() throws {
    let (system, disk) = try system()
    try system.file("sys/\(disk)/hidden", "perhaps\n")
    try system.remove("sys/\(disk)/queue/zoned")
    try system.node("\(disk)/queue/zoned")
    let stick = system.snapshot().devices.first
    #expect(stick?.isHidden == true && stick?.isZoned == true)
    // Old kernels have neither.
    try system.remove("sys/\(disk)/hidden")
    try system.remove("sys/\(disk)/queue/zoned")
    let old = system.snapshot().devices.first
    #expect(old?.isHidden == false && old?.isZoned == false)
  }

  @Test("R6: a partition whose signature cannot be read, whatever its bytes look like")
  func signature() throws {
    let scratch = try ScratchDirectory()
    try scratch.run("truncate -s 4M disk")
    let scan = EvidenceScan(bytes: try FileBytes(opening: FilePath("\(scratch.path)/disk")))
    var contents = Contents(
      table: .mbr,
      partitions: (1...2).map { .init(number: $0, start: UInt64($0) << 20, byteCount: 1 << 20, type: "x") })
    scan.fill(&contents, isWholeAmbivalent: false, ambivalent: [], unread: [1])
    #expect(contents.partitions.map { $0.evidence?.state } == [.blank, .unreadable])
  }

  @Test("R6: a loop device whose file cannot be read is not idle")
  func loop() throws {
    let (system, _) = try system()
    try system.disk("devices/virtual/block/loop0", "7:0")
    try system.node("devices/virtual/block/loop0/loop/backing_file")
    let loop = system.snapshot().devices.first { $0.name == "loop0" }
    #expect(loop?.virtual == .loop(path: "", fileSystem: nil, node: nil))
  }

  @Test("R6: what is served to others from a path that leads nowhere")
  func export() throws {
    let system = try FakeSystem()
    try system.disk("\(try system.usb())/block/sdb", "8:16")
    try system.node("kernel/config/target/core/fileio_0/x", nil, ["udev_path": "/gone/x"])
    #expect(system.snapshot().unreadable.map(\.path) == ["/sys/kernel/config/target/core/fileio_0/x"])
  }
}

import BlockIO
import DeviceProbe

/// Machines of all kinds, as snapshots.
enum Machines {
  /// A stick with an old installation, its hostile twin, a card, a reader without card, a locked stick, an
  /// external disk, and the system on LUKS and LVM.
  static let workstation: DeviceSnapshot = {
    var snapshot = DeviceSnapshot(devices: [
      stick("sdb", 16, port: "1-2", diskseq: 21), hostileStick, card, reader, lockedStick, externalDisk,
      systemDisk, systemPartition, container, volume,
    ])
    snapshot.mounts = [
      Mount(
        device: DeviceNumber(major: 252, minor: 1), mountPoint: "/", root: "/", fileSystem: "ext4",
        source: "/dev/mapper/vg0-root", options: "rw")
    ]
    snapshot.anchors = [
      Anchor(purpose: .systemDirectory, path: "/", devices: [DeviceNumber(major: 252, minor: 1)])
    ]
    return snapshot
  }()

  static func stick(_ name: String, _ minor: UInt32, port: String, diskseq: UInt64) -> BlockDevice {
    var device = disk(
      name, DeviceNumber(major: 8, minor: minor), .usb, bytes: 15_500_000_000, diskseq: diskseq)
    device.isRemovable = true
    device.identity = HardwareIdentity(
      vendor: "SanDisk", model: "Ultra Fit", serial: "4C530001230504117151", wwn: nil)
    var usb = USBPlace(port: port)
    usb.speed = 5000
    usb.removable = "removable"
    device.usb = usb
    var contents = Contents(table: .gpt)
    var system = Contents.Partition(
      number: 1, start: 1 << 20, byteCount: 104_857_600, type: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B")
    system.fileSystem = "vfat"
    system.label = "EFI"
    system.evidence = ContentEvidence(.data, usedBytes: 34_000_000, newest: 1_650_000_000)
    var root = Contents.Partition(
      number: 2, start: 105_906_176, byteCount: 10_000_000_000, type: "0FC63DAF-8483-4772-8E79-3D69D8477DE4")
    root.fileSystem = "ext4"
    root.label = "root"
    root.evidence = ContentEvidence(
      .data, usedBytes: 4_200_000_000, newest: 1_760_000_000, marks: [.photos])
    contents.partitions = [system, root]
    device.contents = contents
    return device
  }

  private static var hostileStick: BlockDevice {
    var device = stick("sdc", 32, port: "1-4", diskseq: 22)
    device.identity.model = "Ultra\u{1B}[2J\u{202E}tiF \"q\\"
    device.usb?.speed = 1.5
    var contents = Contents(table: .none)
    contents.fileSystem = "ext4"
    contents.label = "\u{1B}]0;pwn\u{07}\n漢字"
    contents.evidence = ContentEvidence(.data, usedBytes: 9_000_000_000, marks: [.linux, .restic])
    device.contents = contents
    return device
  }

  private static var card: BlockDevice {
    var device = disk("mmcblk0", DeviceNumber(major: 179, minor: 0), .sd, bytes: 31_914_983_424, diskseq: 23)
    device.mmcType = "SD"
    device.identity = HardwareIdentity(model: "SC32G", serial: "0x12345678")
    device.isRemovable = false
    var contents = Contents(table: .none)
    contents.evidence = ContentEvidence(.blank)
    device.contents = contents
    return device
  }

  private static var reader: BlockDevice {
    var device = disk("sdd", DeviceNumber(major: 8, minor: 48), .usb, bytes: 0, diskseq: 24)
    device.identity = HardwareIdentity(vendor: "Generic", model: "Card Reader", serial: "01")
    var usb = USBPlace(port: "1-5")
    usb.speed = 480
    usb.removable = "removable"
    device.usb = usb
    device.isRemovable = true
    return device
  }

  private static var lockedStick: BlockDevice {
    var device = stick("sde", 64, port: "1-6", diskseq: 25)
    device.identity.serial = "LOCKED"
    device.isReadOnly = true
    return device
  }

  private static var externalDisk: BlockDevice {
    var device = disk("sdf", DeviceNumber(major: 8, minor: 80), .usb, bytes: 2_000_398_934_016, diskseq: 26)
    device.identity = HardwareIdentity(vendor: "WD", model: "Elements 25A3", serial: "WX91")
    device.isRotational = true
    device.isRemovable = false
    var usb = USBPlace(port: "2-1")
    usb.speed = 10_000
    usb.removable = "removable"
    device.usb = usb
    return device
  }

  private static var systemDisk: BlockDevice {
    var device = disk(
      "nvme0n1", DeviceNumber(major: 259, minor: 0), .nvme, bytes: 1_000_204_886_016, diskseq: 1)
    device.identity = HardwareIdentity(model: "Samsung SSD 980", serial: "S64DNF0R", wwn: "eui.0025")
    device.isRemovable = false
    return device
  }

  private static var systemPartition: BlockDevice {
    var device = BlockDevice(
      number: DeviceNumber(major: 259, minor: 1), name: "nvme0n1p1", path: "/dev/nvme0n1p1",
      sysfsPath: "devices/nvme/nvme0n1/nvme0n1p1", transport: .nvme)
    device.partition = PartitionPlace(disk: DeviceNumber(major: 259, minor: 0), number: 1, start: 1 << 20)
    device.byteCount = 1_000_000_000_000
    device.holders = [DeviceNumber(major: 252, minor: 0)]
    return device
  }

  private static var container: BlockDevice {
    mapped(0, "cryptroot", "CRYPT-LUKS2-0-cryptroot", on: DeviceNumber(major: 259, minor: 1), under: 1)
  }

  private static var volume: BlockDevice {
    mapped(1, "vg0-root", "LVM-abc", on: DeviceNumber(major: 252, minor: 0), under: nil)
  }

  private static func mapped(
    _ minor: UInt32, _ name: String, _ uuid: String, on slave: DeviceNumber, under holder: UInt32?
  ) -> BlockDevice {
    var device = disk(
      "dm-\(minor)", DeviceNumber(major: 252, minor: minor), .virtual, bytes: 999_999_995_904,
      diskseq: 2 + UInt64(minor))
    device.virtual = .deviceMapper(name: name, uuid: uuid)
    device.slaves = [slave]
    device.holders = holder.map { [DeviceNumber(major: 252, minor: $0)] } ?? []
    return device
  }

  private static func disk(
    _ name: String, _ number: DeviceNumber, _ transport: Transport, bytes: UInt64, diskseq: UInt64
  ) -> BlockDevice {
    var device = BlockDevice(
      number: number, name: name, path: "/dev/\(name)", sysfsPath: "devices/\(name)", transport: transport)
    device.byteCount = bytes
    device.logicalBlockSize = 512
    device.physicalBlockSize = 512
    device.isReadOnly = false
    device.isRemovable = false
    device.isRotational = false
    device.diskSequence = diskseq
    return device
  }
}

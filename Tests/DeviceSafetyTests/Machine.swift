import BlockIO
import DeviceProbe

/// Snapshots of made-up machines, as the rules see them.
enum Machine {
  static let stick = DeviceNumber(major: 8, minor: 16)
  static let firstPartition = DeviceNumber(major: 8, minor: 17)
  static let secondPartition = DeviceNumber(major: 8, minor: 18)

  /// A plain USB stick of 16 GB with two partitions, idle.
  static func idle() -> DeviceSnapshot {
    DeviceSnapshot(devices: [
      disk(), partition(1, firstPartition), partition(2, secondPartition),
    ])
  }

  static func disk(
    _ name: String = "sdb", _ number: DeviceNumber = stick, transport: Transport = .usb
  ) -> BlockDevice {
    var disk = BlockDevice(
      number: number, name: name, path: "/dev/\(name)",
      sysfsPath: "devices/pci0000:00/usb1/1-1/block/\(name)", transport: transport)
    disk.byteCount = 16_000_000_000
    disk.logicalBlockSize = 512
    disk.physicalBlockSize = 512
    disk.isReadOnly = false
    disk.isRemovable = true
    disk.isRotational = true
    disk.diskSequence = 9
    disk.identity = HardwareIdentity(vendor: "Acme", model: "Stick", serial: "4C5300")
    if transport == .usb {
      var usb = USBPlace(port: "1-1")
      usb.removable = "removable"
      usb.driver = "usb-storage"
      disk.usb = usb
    }
    if transport == .sd { disk.mmcType = "SD" }
    return disk
  }

  static func partition(_ index: Int, _ number: DeviceNumber, of disk: BlockDevice = disk()) -> BlockDevice {
    var partition = BlockDevice(
      number: number, name: "\(disk.name)\(index)", path: "\(disk.path)\(index)",
      sysfsPath: "\(disk.sysfsPath)/\(disk.name)\(index)", transport: disk.transport)
    partition.partition = PartitionPlace(disk: disk.number, number: index, start: UInt64(index) << 20)
    partition.byteCount = 1 << 20
    partition.logicalBlockSize = 512
    partition.physicalBlockSize = 512
    partition.isReadOnly = false
    return partition
  }

  static func mapped(_ minor: UInt32, name: String, uuid: String, on slaves: [DeviceNumber]) -> BlockDevice {
    virtual(
      "dm-\(minor)", DeviceNumber(major: 253, minor: minor), .deviceMapper(name: name, uuid: uuid), slaves)
  }

  static func virtual(
    _ name: String, _ number: DeviceNumber, _ kind: VirtualKind, _ slaves: [DeviceNumber] = [],
    transport: Transport = .virtual
  ) -> BlockDevice {
    var device = BlockDevice(
      number: number, name: name, path: "/dev/\(name)", sysfsPath: "devices/virtual/block/\(name)",
      transport: transport)
    device.virtual = kind
    device.slaves = slaves
    device.byteCount = 1 << 30
    device.logicalBlockSize = 512
    device.physicalBlockSize = 512
    device.isReadOnly = false
    device.isRemovable = false
    device.isRotational = false
    device.diskSequence = 1
    return device
  }

  static func mount(_ device: DeviceNumber, _ point: String, process: ProcessName? = nil) -> Mount {
    Mount(
      device: device, mountPoint: point, root: "/", fileSystem: "ext4", source: "/dev/whatever",
      options: "rw",
      process: process)
  }
}

extension DeviceSnapshot {
  /// The snapshot with something changed.
  func with(_ change: (inout DeviceSnapshot) -> Void) -> DeviceSnapshot {
    var copy = self
    change(&copy)
    return copy
  }

  /// The snapshot with the stick changed.
  func withStick(_ change: (inout BlockDevice) -> Void) -> DeviceSnapshot {
    with { snapshot in
      for index in snapshot.devices.indices where snapshot.devices[index].number == Machine.stick {
        change(&snapshot.devices[index])
      }
    }
  }
}

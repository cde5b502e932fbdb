import DeviceProbe

/// R4: what is no disk, or not one that can be written block by block, is no target.
enum DiskKindRule: SafetyRule {
  static let number = "R4"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    let disk = candidate.disk
    var reasons = [kind(of: disk, request)].compactMap(\.self)
    if disk.isHidden { reasons.append("\(disk.name) is a hidden path of another disk") }
    if disk.isZoned { reasons.append("\(disk.name) is zoned and takes writes only in sequence") }
    if let parent = area(disk, in: snapshot) {
      reasons.append("\(disk.name) is a separate hardware area of \(parent.name), not a disk")
    }
    return reasons.map { Objection(.notADisk, .x, rule: number, text: $0, chain: [disk.name]) }
  }

  /// Why the kind of device is none that can be a target; nil for disks.
  private static func kind(of disk: BlockDevice, _ request: SafetyRequest) -> String? {
    switch disk.transport {
    case .usb, .sd, .mmc, .sata, .nvme, .virtio, .thunderbolt, .scsi, .other:
      // Hardware that at the same time stands for other devices contradicts itself: the worse counts (R6).
      guard disk.virtual == nil, disk.slaves.isEmpty else { return standIn(disk) }
      return nil
    case .loop: return loop(disk, request)
    case .virtual: return standIn(disk)
    case .optical: return "\(disk.name) is an optical drive"
    case .floppy: return "\(disk.name) is a floppy drive"
    case .network: return "\(disk.name) is a disk of another machine, reached over a network"
    }
  }

  private static func standIn(_ disk: BlockDevice) -> String {
    switch disk.virtual {
    case .deviceMapper(let name, _): "\(disk.name) is the device-mapper volume \(name), not a disk"
    case .md(let level, _): "\(disk.name) is a software array (\(level)), not a disk"
    case .loop, .idleLoop: "\(disk.name) is a loop device, not a disk"
    case .other(let driver): "\(disk.name) is a virtual device of the driver \(driver), not a disk"
    case nil: "\(disk.name) is a virtual device, not a disk"
    }
  }

  private static func loop(_ disk: BlockDevice, _ request: SafetyRequest) -> String? {
    guard request.allowsLoop else { return "\(disk.name) is a loop device, not a disk" }
    switch disk.virtual {
    case .loop(_, _, let node?):
      // Writing to it would write to the disk behind it, past everything that protects that disk.
      return "\(disk.name) is a loop device that stands for the block device \(node)"
    case .loop: return nil
    case .idleLoop: return "\(disk.name) is a loop device without a file"
    default: return standIn(disk)
    }
  }

  /// The disk of which a device is the boot, RPMB or general purpose area, as eMMC has them.
  ///
  /// Such an area hangs below its disk in sysfs as a partition does, but is none.
  private static func area(_ disk: BlockDevice, in snapshot: DeviceSnapshot) -> BlockDevice? {
    guard disk.isWholeDisk else { return nil }
    let length = disk.sysfsPath.utf8.count
    // Places instead of devices, of which no copies are made: there may be hundreds for each of hundreds.
    let place = snapshot.devices.indices.first { index in
      let parent = snapshot.devices[index].sysfsPath
      // Only then the longer text is made, which with hundreds of disks takes its time.
      return parent.utf8.count < length && disk.sysfsPath.hasPrefix(parent)
        && disk.sysfsPath.hasPrefix(parent + "/")
    }
    return place.map { snapshot.devices[$0] }
  }
}

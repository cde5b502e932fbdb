public import BlockIO

/// A snapshot with tables that find things at once: a machine may have thousands of mounts.
public struct SnapshotIndex: Sendable {
  /// What is indexed.
  public let snapshot: DeviceSnapshot
  private let devices: [DeviceNumber: Int]
  private let partitions: [DeviceNumber: [Int]]
  private let mounts: [DeviceNumber: [Int]]

  /// Goes through a snapshot once.
  public init(_ snapshot: DeviceSnapshot) {
    self.snapshot = snapshot
    var devices: [DeviceNumber: Int] = [:]
    var partitions: [DeviceNumber: [Int]] = [:]
    for (index, device) in snapshot.devices.enumerated() {
      if devices[device.number] == nil { devices[device.number] = index }
      if let place = device.partition { partitions[place.disk, default: []].append(index) }
    }
    var mounts: [DeviceNumber: [Int]] = [:]
    for (index, mount) in snapshot.mounts.enumerated() { mounts[mount.device, default: []].append(index) }
    self.devices = devices
    self.partitions = partitions
    self.mounts = mounts
  }

  /// The device with a number.
  public subscript(number: DeviceNumber) -> BlockDevice? { devices[number].map { snapshot.devices[$0] } }

  /// The partitions of a disk, in order of their numbers.
  public func partitions(of disk: DeviceNumber) -> [BlockDevice] {
    (partitions[disk] ?? []).map { snapshot.devices[$0] }
      .sorted { ($0.partition?.number ?? 0) < ($1.partition?.number ?? 0) }
  }

  /// The mounts of a device by its number, in the kernel's order, the own namespace first.
  public func mounts(of device: DeviceNumber) -> [Mount] {
    (mounts[device] ?? []).map { snapshot.mounts[$0] }
  }
}

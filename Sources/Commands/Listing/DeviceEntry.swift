import BlockIO
import DeviceProbe
import DeviceSafety

/// One disk of a listing: what it is, what is on it, who uses that, and what the rules say.
struct DeviceEntry: Hashable {
  /// The disk.
  let device: BlockDevice
  /// What it is called at the prompt.
  let id: TargetID
  /// What the rules say.
  let assessment: Assessment
  /// Where the whole device is mounted.
  let mountPoints: [String]
  /// Where its partitions are mounted, by their numbers.
  let partitionMounts: [Int: [String]]

  /// Gathers what concerns a disk of a snapshot.
  init(_ device: BlockDevice, in snapshot: DeviceSnapshot, assessment: Assessment) {
    self.init(device, in: SnapshotIndex(snapshot), assessment: assessment)
  }

  /// Gathers what concerns one of many disks of a snapshot.
  init(_ device: BlockDevice, in index: SnapshotIndex, assessment: Assessment) {
    self.device = device
    self.assessment = assessment
    id = TargetID(of: device)
    mountPoints = Self.mounts(of: device.number, in: index)
    partitionMounts = Dictionary(
      index.partitions(of: device.number).map { partition in
        (partition.partition?.number ?? 0, Self.mounts(of: partition.number, in: index))
      }, uniquingKeysWith: +)
  }

  /// Whether there is something to write to.
  var isMediumPresent: Bool? { device.byteCount.map { $0 > 0 } }

  private static func mounts(of number: DeviceNumber, in index: SnapshotIndex) -> [String] {
    var seen: Set<String> = []
    return index.mounts(of: number).map(\.mountPoint).filter { seen.insert($0).inserted }
  }
}

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
    self.device = device
    self.assessment = assessment
    id = TargetID(of: device)
    mountPoints = Self.mounts(of: device.number, in: snapshot)
    partitionMounts = Dictionary(
      snapshot.partitions(of: device.number).map { partition in
        (partition.partition?.number ?? 0, Self.mounts(of: partition.number, in: snapshot))
      }, uniquingKeysWith: +)
  }

  /// Whether there is something to write to.
  var isMediumPresent: Bool? { device.byteCount.map { $0 > 0 } }

  private static func mounts(of number: DeviceNumber, in snapshot: DeviceSnapshot) -> [String] {
    var seen: Set<String> = []
    return snapshot.mounts.filter { $0.device == number && seen.insert($0.mountPoint).inserted }
      .map(\.mountPoint)
  }
}

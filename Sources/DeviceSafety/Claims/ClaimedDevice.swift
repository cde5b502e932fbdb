import BlockIO
import DeviceProbe

/// A claim of the system that is met by a candidate or a partition of it.
struct ClaimedDevice {
  /// What the system says.
  let claim: SystemClaim
  /// The disk, or the partition of it, that carries the tag.
  let device: BlockDevice
  /// What carries the same tag on other disks; nothing where the tag is the kernel's number of the device.
  let twins: [BlockDevice]
}

extension Candidate {
  /// The claims of some kinds that the candidate meets, each once.
  func claimed(
    as kinds: Set<SystemClaim.Kind>, in snapshot: DeviceSnapshot
  ) -> [ClaimedDevice] {
    let claims = snapshot.claims.filter { kinds.contains($0.kind) }
    guard !claims.isEmpty else { return [] }
    let own = [disk] + partitions
    return claims.compactMap { claim in
      let numbers = Set(claim.devices + found(claim.tag, in: snapshot))
      // Partitions first: of a disk without a table, and of hybrid images, both have the tag.
      guard let device = (partitions + [disk]).first(where: { numbers.contains($0.number) }) else {
        return nil
      }
      let others = numbers.subtracting(own.map(\.number)).sorted()
      return ClaimedDevice(claim: claim, device: device, twins: others.compactMap { snapshot[$0] })
    }
  }
}

extension Candidate {
  /// The devices on which libblkid has found a tag; the candidate may have been read after the snapshot.
  private func found(_ tag: SystemClaim.Tag, in snapshot: DeviceSnapshot) -> [DeviceNumber] {
    let others = snapshot.devices.filter { $0.contents != nil && $0.number != disk.number }
    return (others + [disk]).flatMap { device in
      (device.contents?.places(of: tag) ?? []).map { number in
        // Without a node the disk itself stands for the partition.
        let nodes = snapshot.partitions(of: device.number)
        return nodes.first { $0.partition?.number == number }?.number ?? device.number
      }
    }
  }
}

/// Where the running system is, as seen from a candidate.
enum RunningSystem: Hashable {
  /// On the candidate.
  case here
  /// On another disk, by its name.
  case elsewhere(String)
  /// On no disk that is known: in memory, on the network, or unknown.
  case unknown

  /// Looks where the root file system is; that of a live system may have layers with paths that are gone, and
  /// then the mounted medium counts.
  init(from candidate: Candidate, in snapshot: DeviceSnapshot) {
    let root = snapshot.anchors.first { $0.purpose == .systemDirectory && $0.path == "/" }?.devices ?? []
    let medium = snapshot.claims.filter { $0.kind == .live && $0.tag.kind == .number }.flatMap(\.devices)
    let disks = snapshot.disks(under: root.isEmpty ? medium : root)
    if disks.contains(candidate.disk.number) {
      self = .here
    } else if let disk = disks.first(where: { snapshot[$0]?.virtual == nil }).flatMap({ snapshot[$0] }) {
      self = .elsewhere(disk.name)
    } else {
      self = .unknown
    }
  }
}

extension DeviceSnapshot {
  /// The whole disks that devices are made of, in the end.
  fileprivate func disks(under numbers: [DeviceNumber]) -> [DeviceNumber] {
    var open = numbers
    var seen = Set(numbers)
    var disks: [DeviceNumber] = []
    while let number = open.popLast() {
      guard let device = self[number] else { continue }
      var below = device.slaves + [device.partition?.disk].compactMap(\.self)
      if case .loop(_, let fileSystem, let node) = device.virtual {
        below += [node ?? fileSystem].compactMap(\.self)
      }
      if below.isEmpty { disks.append(number) }
      open += below.filter { seen.insert($0).inserted }
    }
    return disks.sorted()
  }
}

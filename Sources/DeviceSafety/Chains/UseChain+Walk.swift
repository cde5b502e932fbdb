import BlockIO
import DeviceProbe

extension UseChain {
  /// Every use of some devices, directly and through everything built on them.
  ///
  /// Each device is followed once per start, so that devices which hold each other in a circle end as well.
  static func chains(from starts: [BlockDevice], in snapshot: DeviceSnapshot) -> [UseChain] {
    let links = SnapshotLinks(snapshot)
    var chains: [UseChain] = []
    for start in starts {
      // Those that the walk starts from have chains of their own.
      var visited = Set(starts.map(\.number))
      follow(start, start.number, [], links, &visited, &chains)
    }
    return chains
  }

  private static func follow(
    _ start: BlockDevice, _ number: DeviceNumber, _ hops: [UseHop], _ links: SnapshotLinks,
    _ visited: inout Set<DeviceNumber>, _ chains: inout [UseChain]
  ) {
    chains += links.ends(on: number).map { UseChain(start: start, hops: hops, end: $0) }
    for hop in links.hops(from: number) where visited.insert(hop.number).inserted {
      let path = hops + [hop]
      chains.append(UseChain(start: start, hops: path, end: .hop))
      follow(start, hop.number, path, links, &visited, &chains)
    }
  }
}

/// A snapshot as a graph: what lies directly on each device.
private struct SnapshotLinks {
  private let snapshot: DeviceSnapshot
  private let devices: [DeviceNumber: BlockDevice]
  private let slaveHolders: [DeviceNumber: [DeviceNumber]]
  private let partitions: [DeviceNumber: [BlockDevice]]

  init(_ snapshot: DeviceSnapshot) {
    self.snapshot = snapshot
    devices = Dictionary(snapshot.devices.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
    var holders: [DeviceNumber: [DeviceNumber]] = [:]
    for device in snapshot.devices {
      for slave in device.slaves { holders[slave, default: []].append(device.number) }
    }
    slaveHolders = holders
    partitions = Dictionary(grouping: snapshot.devices.filter { !$0.isWholeDisk }) {
      $0.partition?.disk ?? $0.number
    }
  }

  /// What is built directly on a device.
  func hops(from number: DeviceNumber) -> [UseHop] {
    let holders = (devices[number]?.holders ?? []) + (slaveHolders[number] ?? [])
    var hops = holders.uniqued().map { UseHop(number: $0, device: devices[$0], link: .holder) }
    hops += (partitions[number] ?? []).map { UseHop(number: $0.number, device: $0, link: .partition) }
    let fileSystems = fileSystemNumbers(on: number)
    for device in snapshot.devices {
      guard case .loop(_, let fileSystem, let node) = device.virtual else { continue }
      if node == number {
        hops.append(UseHop(number: device.number, device: device, link: .loopOnDevice))
      } else if let fileSystem, fileSystems.contains(fileSystem) {
        hops.append(UseHop(number: device.number, device: device, link: .loopOnFile))
      }
    }
    return hops
  }

  /// What a device is used for directly.
  func ends(on number: DeviceNumber) -> [UseChain.End] {
    let fileSystems = fileSystemNumbers(on: number)
    var ends = snapshot.mounts.filter { $0.device == number }.map { UseChain.End.mount($0) }
    ends += snapshot.swaps.compactMap { area in
      guard let device = area.device else { return nil }
      return (area.isFile ? fileSystems.contains(device) : device == number) ? .swap(area) : nil
    }
    ends += volumes(with: number).map { volume in
      .btrfs(volume, mountPoints: mounts(of: volume).map(\.mountPoint).uniqued())
    }
    ends += snapshot.anchors
      .filter { $0.devices.contains { fileSystems.contains($0) } }.map { .anchor($0) }
    return ends
  }

  private func volumes(with number: DeviceNumber) -> [BtrfsVolume] {
    snapshot.btrfsVolumes.filter { $0.members.contains(number) }
  }

  /// The mounts of a btrfs file system: its device is anonymous, so the source has to tell.
  private func mounts(of volume: BtrfsVolume) -> [Mount] {
    let paths = Set(volume.members.compactMap { devices[$0]?.path })
    let mapped = volume.members.compactMap { member -> String? in
      guard case .deviceMapper(let name, _) = devices[member]?.virtual else { return nil }
      return "/dev/mapper/\(name)"
    }
    return snapshot.mounts.filter {
      $0.fileSystem == "btrfs" && (paths.contains($0.source) || mapped.contains($0.source))
    }
  }

  /// The numbers by which the file systems on a device are known: its own, and the anonymous ones of btrfs.
  private func fileSystemNumbers(on number: DeviceNumber) -> Set<DeviceNumber> {
    Set([number] + volumes(with: number).flatMap { mounts(of: $0).map(\.device) })
  }
}

import BlockIO
import DeviceProbe

/// A snapshot as a graph: what lies directly on each device.
struct SnapshotLinks: Sendable {
  /// The snapshot with its tables.
  let index: SnapshotIndex
  private let slaveHolders: [DeviceNumber: [DeviceNumber]]
  /// The places of the loop devices by the node or the file system that they read from.
  private let loopsOnNodes: [DeviceNumber: [Int]]
  private let loopsOnFileSystems: [DeviceNumber: [Int]]
  private let hidden: [DeviceNumber: [HiddenUse]]
  private let btrfsMounts: [Mount]
  private let overlays: [String]

  /// The most overlays that are named as a guess.
  private static let hintLimit = 3

  private var snapshot: DeviceSnapshot { index.snapshot }

  init(_ index: SnapshotIndex) {
    self.index = index
    let snapshot = index.snapshot
    var holders: [DeviceNumber: [DeviceNumber]] = [:]
    var loopsOnNodes: [DeviceNumber: [Int]] = [:]
    var loopsOnFileSystems: [DeviceNumber: [Int]] = [:]
    for (place, device) in snapshot.devices.enumerated() {
      for slave in device.slaves { holders[slave, default: []].append(device.number) }
      guard case .loop(_, let fileSystem, let node) = device.virtual else { continue }
      if let node { loopsOnNodes[node, default: []].append(place) }
      if let fileSystem { loopsOnFileSystems[fileSystem, default: []].append(place) }
    }
    slaveHolders = holders
    self.loopsOnNodes = loopsOnNodes
    self.loopsOnFileSystems = loopsOnFileSystems
    hidden = Dictionary(grouping: snapshot.hiddenUses, by: \.device)
    btrfsMounts = snapshot.mounts.filter { $0.fileSystem == "btrfs" }
    overlays = snapshot.mounts.filter { $0.fileSystem == "overlay" }.map(\.mountPoint).uniqued()
  }

  /// What is built directly on a device.
  func hops(from number: DeviceNumber) -> [UseHop] {
    let holders = (index[number]?.holders ?? []) + (slaveHolders[number] ?? [])
    var hops = holders.uniqued().map { UseHop(number: $0, device: index[$0], link: .holder) }
    hops += index.partitions(of: number).map { UseHop(number: $0.number, device: $0, link: .partition) }
    let direct = loopsOnNodes[number] ?? []
    hops += direct.map { loop(at: $0, .loopOnDevice) }
    let onFiles = Set(fileSystemNumbers(on: number).flatMap { loopsOnFileSystems[$0] ?? [] })
    hops += onFiles.subtracting(direct).sorted().map { loop(at: $0, .loopOnFile) }
    return hops
  }

  private func loop(at place: Int, _ link: UseHop.Link) -> UseHop {
    let device = snapshot.devices[place]
    return UseHop(number: device.number, device: device, link: link)
  }

  /// What a device is used for directly.
  func ends(on number: DeviceNumber) -> [UseChain.End] {
    let fileSystems = fileSystemNumbers(on: number)
    var ends = index.mounts(of: number).map { UseChain.End.mount($0) }
    ends += snapshot.swaps.compactMap { area in
      guard let device = area.device else { return nil }
      return (area.isFile ? fileSystems.contains(device) : device == number) ? .swap(area) : nil
    }
    ends += volumes(with: number).map { volume in
      .btrfs(volume, mountPoints: mounts(of: volume).map(\.mountPoint).uniqued())
    }
    ends += (hidden[number] ?? []).map { .hidden($0, hints: hints(for: $0)) }
    ends += snapshot.anchors
      .filter { $0.devices.contains { fileSystems.contains($0) } }.map { .anchor($0) }
    return ends
  }

  /// Below an overlay a file system lives on when its own mount is taken away.
  private func hints(for hidden: HiddenUse) -> [String] {
    hidden.kind == .fileSystem ? Array(overlays.prefix(Self.hintLimit)) : []
  }

  private func volumes(with number: DeviceNumber) -> [BtrfsVolume] {
    snapshot.btrfsVolumes.filter { $0.members.contains(number) }
  }

  /// The mounts of a btrfs file system: its device is anonymous, so the source has to tell.
  private func mounts(of volume: BtrfsVolume) -> [Mount] {
    let paths = Set(volume.members.compactMap { index[$0]?.path })
    let mapped = volume.members.compactMap { member -> String? in
      guard case .deviceMapper(let name, _) = index[member]?.virtual else { return nil }
      return "/dev/mapper/\(name)"
    }
    return btrfsMounts.filter { paths.contains($0.source) || mapped.contains($0.source) }
  }

  /// The numbers by which the file systems on a device are known: its own, and the anonymous ones of btrfs.
  private func fileSystemNumbers(on number: DeviceNumber) -> Set<DeviceNumber> {
    Set([number] + volumes(with: number).flatMap { mounts(of: $0).map(\.device) })
  }
}

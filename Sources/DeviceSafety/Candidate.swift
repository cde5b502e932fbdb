import DeviceProbe

/// A device that somebody wants to write to, with everything that the snapshot knows to be built on it.
struct Candidate {
  /// The device.
  let disk: BlockDevice
  /// Its partitions, in order.
  let partitions: [BlockDevice]
  /// Every way in which the device or a partition of it is used, down to mount points and swap.
  let uses: [UseChain]
  /// Those of them that go through something built on it; a disk may have thousands of mounts and no such use.
  private let layered: [UseChain]

  /// Gathers what concerns a device of a snapshot.
  init(_ disk: BlockDevice, in snapshot: DeviceSnapshot) {
    self.init(disk, in: SnapshotLinks(SnapshotIndex(snapshot)))
  }

  /// Gathers what concerns one of many devices.
  init(_ disk: BlockDevice, in links: SnapshotLinks) {
    self.disk = disk
    partitions = links.index.partitions(of: disk.number)
    uses = UseChain.chains(from: [disk] + partitions, in: links)
    layered = uses.filter { !$0.hops.isEmpty }
  }

  /// The device, its partitions and everything that is built on them.
  var wholeStack: [BlockDevice] {
    ([disk] + partitions + layered.flatMap { $0.hops.compactMap(\.device) }).uniqued()
  }

  /// The stacks whose first layer hangs on the disk by some links: for each layer that is used for something
  /// its weightiest use, and each layer on which nothing is built.
  func stacks(where isFirst: (UseHop.Link) -> Bool) -> [UseChain] {
    let layered = layered.filter { use in
      if case .anchor = use.end { return false }
      return use.hops.first.map { isFirst($0.link) } ?? false
    }
    return layered.filter { use in
      !layered.contains { other in
        other.start == use.start && other.hops.starts(with: use.hops) && other.outweighs(use)
      }
    }
  }
}

extension UseChain {
  /// Whether another chain over the same layers, or some more, makes a chain unnecessary to tell.
  fileprivate func outweighs(_ other: UseChain) -> Bool {
    if hops.count > other.hops.count { return other.end == .hop }
    return rank < other.rank
  }

  /// Of many mounts of one layer the one nearest to the root tells most.
  private var rank: (Int, Int, String) {
    switch end {
    case .swap(let area): (0, 0, area.path)
    case .btrfs(let volume, _): (0, 1, volume.uuid)
    case .mount(let mount):
      (
        mount.process == nil ? 1 : 2, mount.mountPoint.utf8.count,
        "\(mount.mountPoint) \(mount.process?.id ?? 0)"
      )
    case .hidden(let hidden, _): (3, 0, hidden.owner)
    case .anchor(let anchor): (4, 0, anchor.path)
    case .hop: (5, 0, "")
    }
  }
}

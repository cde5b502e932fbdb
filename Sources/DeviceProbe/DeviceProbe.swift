public import BlockIO
import Dispatch
import Synchronization

/// Takes snapshots of the machine's block devices and of everything that uses them.
public enum DeviceProbe {
  /// Looks at every block device, mount and swap area once.
  ///
  /// Sysfs is the truth; udev only adds names. A device that vanishes meanwhile is left out, a source that
  /// cannot be read is named in ``DeviceSnapshot/unreadable``. The system's directories, the executable and
  /// the working directory are always among the anchors.
  /// - Parameters:
  ///   - root: the system to look at.
  ///   - anchors: the files of this run, besides.
  ///   - protections: where the lists of protected disks are.
  ///   - isProbed: chooses the whole disks that libblkid reads; none unless told, but all where a protection
  ///     goes by what is on them.
  ///   - isSpared: chooses the devices whose nodes are not opened; their contents stay unknown.
  public static func snapshot(
    root: SystemRoot = .live, anchors: [AnchorRequest] = [],
    protections: ProtectionFiles = .system, probing isProbed: (BlockDevice) -> Bool = { _ in false },
    sparing isSpared: (BlockDevice) -> Bool = { _ in false }
  ) -> DeviceSnapshot {
    let tree = SysfsTree(root: root)
    let (scan, mounts) = scans(of: root)
    var devices = scan.devices
    let multipathPaths = root.isLive ? devices.decorateFromUdev() : []
    let btrfs = BtrfsScan(tree: tree)
    let resolver = PathResolver(root: root, devices: devices, rows: mounts.own, volumes: btrfs.volumes)
    for index in devices.indices {
      if case .loop(let path, _, _) = devices[index].virtual {
        devices[index].virtual = LoopBacking(resolver: resolver).kind(
          of: devices[index], path: path, mayAsk: !isSpared(devices[index]))
      }
      // The kernel keeps no `holders` for it.
      let backing = StackUses.zramBacking(of: devices[index], in: tree, resolver: resolver)
      if let backing { devices[index].slaves.append(backing) }
    }
    let swaps = SwapScan(root: root, resolver: resolver)
    let fileSystems = FileSystemUses(tree: tree, resolver: resolver, mounts: mounts.mounts)
    let stacks = StackUses(tree: tree, devices: devices)
    let exports = ExportScan(tree: tree, resolver: resolver)
    var snapshot = DeviceSnapshot(
      devices: devices, mounts: mounts.mounts, swaps: swaps.swaps, btrfsVolumes: btrfs.volumes,
      hiddenUses: fileSystems.uses + stacks.uses + multipathPaths.map { HiddenUse(.multipathPath, of: $0) }
        + exports.uses,
      zfsPools: ZFSScan.pools(root: root), anchors: AnchorScan(requests: anchors, resolver: resolver).anchors,
      unreadable: scan.unreadable + mounts.unreadable + btrfs.unreadable + swaps.unreadable
        + fileSystems.unreadable + stacks.unreadable + exports.unreadable)
    let claims = ClaimScan(root: root, devices: devices, rows: mounts.own)
    snapshot.claims = claims.claims
    snapshot.unreadable += claims.unreadable
    (snapshot.protections, snapshot.protectionFaults) = protections.read(in: root)
    let asksForContents = snapshot.protections.contains { $0.kind == .gpt || $0.kind == .uuid }
    let probed = devices.filter {
      $0.isWholeDisk && (isProbed($0) || asksForContents && $0.holdsItsOwn) && !isSpared($0)
    }.map(\.number)
    snapshot.probeContents(of: probed, root: root)
    return snapshot
  }
}

extension DeviceProbe {
  /// The devices and the mounts, read at the same time: there may be hundreds and thousands.
  private static func scans(of root: SystemRoot) -> (BlockDeviceScan, MountScan) {
    let mounts = Mutex<MountScan?>(nil)
    let devices = Mutex<BlockDeviceScan?>(nil)
    DispatchQueue.concurrentPerform(iterations: 2) { lane in
      if lane == 0 {
        let scan = BlockDeviceScan(root: root)
        devices.withLock { $0 = scan }
      } else {
        let scan = MountScan(root: root)
        mounts.withLock { $0 = scan }
      }
    }
    guard let devices = devices.withLock(\.self), let mounts = mounts.withLock(\.self) else {
      preconditionFailure("both lanes have ended")
    }
    return (devices, mounts)
  }
}

extension DeviceSnapshot {
  /// Has libblkid read the disks named, and fills in ``BlockDevice/contents``.
  ///
  /// A disk without a medium is never opened; what cannot be read stays nil.
  public mutating func probeContents(of disks: some Sequence<DeviceNumber>, root: SystemRoot = .live) {
    let wanted = Set(disks)
    let scan = ContentsScan(root: root, limits: .glance)
    let places = devices.indices.filter { wanted.contains(devices[$0].number) }
    let found = scan.contents(of: places.map { devices[$0] })
    let index = SnapshotIndex(self)
    for (place, contents) in zip(places, found) {
      guard var contents else { continue }
      if root.isLive { Self.fillUsedSpace(in: &contents, of: devices[place], index) }
      devices[place].contents = contents
    }
  }

  private static func fillUsedSpace(in contents: inout Contents, of disk: BlockDevice, _ index: SnapshotIndex)
  {
    let nodes = index.partitions(of: disk.number)
    for entryIndex in contents.partitions.indices {
      let entry = contents.partitions[entryIndex]
      // The kernel's partition is the table's only if it lies at the same place.
      let node = nodes.first { $0.partition?.number == entry.number && $0.partition?.start == entry.start }
      // What is mounted knows better than its medium.
      guard
        let used = node.flatMap({ UsedSpace.bytes(on: $0.number, mounts: index.mounts(of: $0.number)) })
      else { continue }
      contents.partitions[entryIndex].usedBytes = used
    }
  }
}

extension DeviceProbe {
  /// What is on one disk, read with more patience than a listing has, because a rule decides by it.
  ///
  /// - Returns: nil where it cannot be opened, or is another disk or medium by now.
  public static func contents(of disk: BlockDevice, root: SystemRoot = .live) -> Contents? {
    ContentsScan(root: root, limits: .look).contents(of: disk)
  }

  /// The same of a disk that is held exclusively and open past the page cache; nothing is opened.
  ///
  /// - Parameters:
  ///   - disk: what is known of it.
  ///   - held: the disk, as the caller has made sure; nobody else may read through it meanwhile.
  /// - Throws: `SystemCallError` where the descriptor does not read past the page cache any more.
  public static func contents(
    of disk: BlockDevice, through held: borrowing OwnedDescriptor
  ) throws(SystemCallError) -> Contents? {
    try ContentsScan(root: .live, limits: .look).contents(of: disk, through: held)
  }
}

extension BlockDevice {
  /// Whether what is on it is not only another device's content under another name.
  fileprivate var holdsItsOwn: Bool {
    switch virtual {
    case nil, .loop?: true
    case .deviceMapper?, .md?, .idleLoop?, .other?: false
    }
  }
}

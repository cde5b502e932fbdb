import BlockIO
import SystemPackage

/// Finds the devices that file systems use beside the one that the mount table names, or without any mount.
struct FileSystemUses {
  private(set) var uses: [HiddenUse] = []
  private(set) var unreadable: [UnreadableSource] = []

  /// The types that have a directory in `/sys/fs` for every device they live on, as long as they live.
  private static let registered = ["ext4", "f2fs", "nilfs2", "xfs"]
  /// The options that name further devices.
  private static let deviceOptions: [String: [String]] = [
    "ext3": ["journal_path"], "ext4": ["journal_path"], "reiserfs": ["jdev"], "xfs": ["logdev", "rtdev"],
  ]
  /// The most overlays whose layers are looked up; what lies under the others stays claimed by the kernel.
  private static let overlayLimit = 512

  private let tree: SysfsTree
  private let resolver: PathResolver
  /// By the name that the kernel gives a device in its trees.
  private let names: [Substring: DeviceNumber]

  init(tree: SysfsTree, resolver: PathResolver, mounts: [Mount]) {
    self.tree = tree
    self.resolver = resolver
    names = Dictionary(
      resolver.devices.compactMap { device in
        device.sysfsPath.split(separator: "/").last.map { ($0, device.number) }
      }, uniquingKeysWith: { first, _ in first })
    addLiving(mounted: Set(mounts.map(\.device)))
    addMembers()
    addJournals()
    addNamed(in: mounts)
    addLayers()
  }

  /// File systems that live although no mount table shows them: unmounted lazily, below an overlay, or mounted
  /// where burin may not look.
  private mutating func addLiving(mounted: Set<DeviceNumber>) {
    for type in Self.registered {
      for name in tree.names(in: "fs/\(type)", noting: &unreadable) {
        guard let device = names[name[...]], !mounted.contains(device) else { continue }
        uses.append(HiddenUse(.fileSystem, of: device, owner: type))
      }
    }
  }

  private mutating func addMembers() {
    for uuid in tree.names(in: "fs/bcachefs", noting: &unreadable) {
      let directory = "fs/bcachefs/\(uuid)"
      for member in tree.names(in: directory, noting: &unreadable) where member.hasPrefix("dev-") {
        // A member that is missing has no block device.
        let device = tree.deviceNumber(of: "block", in: "\(directory)/\(member)", noting: &unreadable)
        if let device { uses.append(HiddenUse(.member, of: device, owner: "bcachefs \(uuid)")) }
      }
    }
  }

  /// Journals on devices of their own, which no mount option shows.
  ///
  /// Every journal that is loaded has a directory: of its file system's device and an inode, or, where the
  /// journal has a device of its own, of that device alone (`jbd2_journal_init_dev`).
  private mutating func addJournals() {
    let path = "/proc/fs/jbd2"
    do throws(SystemCallError) {
      for name in try SmallFile.names(in: resolver.root.path(path)) {
        if let device = names[name[...]] { uses.append(HiddenUse(.journal, of: device, owner: "ext4")) }
      }
    } catch {
      if !error.isAbsence { unreadable.append(UnreadableSource(path: path, reason: "\(error.errno)")) }
    }
  }

  private mutating func addNamed(in mounts: [Mount]) {
    // Thousands of mounts may be of one file system, with the same options.
    var (fileSystem, options, devices) = ("", "", [DeviceNumber]())
    for mount in mounts {
      if mount.fileSystem != fileSystem || mount.options != options {
        (fileSystem, options, devices) = (mount.fileSystem, mount.options, namedDevices(in: mount))
      }
      uses += devices.map { HiddenUse(.auxiliary, of: $0, owner: mount.mountPoint) }
    }
  }

  private func namedDevices(in mount: Mount) -> [DeviceNumber] {
    (Self.deviceOptions[mount.fileSystem] ?? [])
      .flatMap { MountTable.values(of: $0, in: mount.options) }
      // What cannot be found stays claimed by the kernel.
      .compactMap { resolver.device(at: $0) }
  }

  private mutating func addLayers() {
    var known: [String: [DeviceNumber]] = [:]
    for row in resolver.rows.lazy.filter({ $0.fileSystem == "overlay" }).prefix(Self.overlayLimit) {
      // Containers share most of their layers.
      let devices = PathResolver.layers(of: row).flatMap { layer in
        if let devices = known[layer] { return devices }
        let devices = resolver.devices(underLayer: layer)
        known[layer] = devices
        return devices
      }
      uses += devices.unique.map { HiddenUse(.layer, of: $0, owner: row.mountPoint) }
    }
  }
}

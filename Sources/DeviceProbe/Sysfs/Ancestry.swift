import BlockIO

/// A directory above a device in sysfs.
struct Ancestor {
  /// Relative to `/sys`.
  let path: String
  /// The last component of its `subsystem` link; nil for directories that are no devices of a bus or class.
  let subsystem: String?
}

/// The devices that a disk hangs on, the nearest first.
struct Ancestry {
  let tree: SysfsTree
  let ancestors: [Ancestor]

  /// Walks up from a directory of sysfs, itself left out, the first two components (`devices/pci…`) as well.
  init(of directory: String, in tree: SysfsTree) {
    self.tree = tree
    var ancestors: [Ancestor] = []
    var path = directory[...]
    while let slash = path.lastIndex(of: "/") {
      path = path[..<slash]
      guard path.contains("/") else { break }
      let text = String(path)
      ancestors.append(Ancestor(path: text, subsystem: tree.linkName("subsystem", of: text)))
    }
    self.ancestors = ancestors
    // The block device of a multipath NVMe namespace belongs to no bus: the ancestors of its controllers count.
    guard ancestors.first?.subsystem == "nvme-subsystem", let subsystem = ancestors.first?.path else {
      controllers = []
      return
    }
    controllers = tree.namesIfAny(in: subsystem).compactMap { name in
      guard let path = tree.link(name, of: subsystem), tree.linkName("subsystem", of: path) == "nvme" else {
        return nil
      }
      return path
    }
  }

  /// The NVMe controllers that lead to a multipath namespace.
  let controllers: [String]

  /// The nearest ancestor of a subsystem.
  func nearest(_ subsystem: String) -> Ancestor? { ancestors.first { $0.subsystem == subsystem } }

  /// Whether a PCI device above can be unplugged: Thunderbolt and USB4 tunnel PCI.
  var isBehindExternalPort: Bool {
    ancestors.contains { $0.subsystem == "pci" && tree.attribute("removable", of: $0.path) == "removable" }
  }
}

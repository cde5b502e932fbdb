import BlockIO
import SystemPackage

/// Finds block devices under others that keep no `holders`: bcache, and what zram writes back to.
struct StackUses {
  private(set) var uses: [HiddenUse] = []
  private(set) var unreadable: [UnreadableSource] = []

  /// Looks at every device for bcache, once the module is there.
  init(tree: SysfsTree, devices: [BlockDevice]) {
    guard !tree.names(in: "fs/bcache", noting: &unreadable).isEmpty else { return }
    for device in devices where device.holders.isEmpty && tree.exists("bcache", of: device.sysfsPath) {
      let set = tree.linkName("set", of: "\(device.sysfsPath)/bcache") ?? ""
      uses.append(HiddenUse(.cache, of: device.number, owner: set))
    }
  }

  /// The device that a zram device writes back to; nil where there is none.
  static func zramBacking(
    of device: BlockDevice, in tree: SysfsTree, resolver: PathResolver
  ) -> DeviceNumber? {
    guard device.virtual == .other("zram"),
      let path = tree.attribute("backing_dev", of: device.sysfsPath), path.hasPrefix("/")
    else { return nil }
    // What cannot be found stays claimed by the kernel.
    return resolver.device(at: path)
  }
}

/// Reads the names of the ZFS pools that are imported.
enum ZFSScan {
  static func pools(root: SystemRoot) -> [String] {
    let path = "/proc/spl/kstat/zfs"
    do throws(SystemCallError) {
      // Beside the pools' directories there are files with counters of all pools together. What cannot be read
      // is no hole: the kernel keeps the devices claimed.
      return try SmallFile.names(in: root.path(path)).filter { name in
        (try? FileState(at: root.path("\(path)/\(name)")).kind) == .directory
      }
    } catch { return [] }
  }
}

import BlockIO

/// Reads the members of every mounted btrfs file system, which mountinfo and `holders` do not show.
struct BtrfsScan {
  private(set) var volumes: [BtrfsVolume] = []
  private(set) var unreadable: [UnreadableSource] = []

  init(tree: SysfsTree) {
    // Beside the UUIDs there is `features`; it has no devices. Without the module there is nothing at all.
    for uuid in tree.names(in: "fs/btrfs", noting: &unreadable) {
      let directory = "fs/btrfs/\(uuid)/devices"
      var members: [DeviceNumber] = []
      for name in tree.names(in: directory, noting: &unreadable) {
        if let number = tree.deviceNumber(of: name, in: directory, noting: &unreadable) {
          members.append(number)
        }
      }
      if !members.isEmpty { volumes.append(BtrfsVolume(uuid: uuid, members: members.sorted())) }
    }
  }
}

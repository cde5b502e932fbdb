import BlockIO

/// Reads the members of every mounted btrfs file system, which mountinfo and `holders` do not show.
enum BtrfsScan {
  static func volumes(in tree: SysfsTree) -> [BtrfsVolume] {
    // Beside the UUIDs there is `features`; it has no devices. Without the module there is nothing at all.
    tree.namesIfAny(in: "fs/btrfs").compactMap { uuid in
      let directory = "fs/btrfs/\(uuid)/devices"
      let members = tree.namesIfAny(in: directory).compactMap { tree.deviceNumber(of: "\(directory)/\($0)") }
      return members.isEmpty ? nil : BtrfsVolume(uuid: uuid, members: members.sorted())
    }
  }
}

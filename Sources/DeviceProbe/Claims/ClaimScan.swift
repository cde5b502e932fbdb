import BlockIO

/// Finds the block devices that the system says it needs, without asking whether they are in use.
///
/// A few files are read, all bounded; what is missing is no fact.
struct ClaimScan {
  private(set) var claims: [SystemClaim] = []
  private(set) var unreadable: [UnreadableSource] = []

  /// Where systemd looks for units that people and generators make, the most telling first.
  private static let unitDirectories = [
    "/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator.early", "/run/systemd/generator",
    "/run/systemd/generator.late", "/run/systemd/transient",
  ]
  /// Units beyond this number in one directory are not read, which is noted.
  private static let unitLimit = 256
  /// Where live systems mount their medium: dracut, live-boot, casper, archiso.
  private static let liveMountPoints: Set<String> = [
    "/run/initramfs/live", "/run/live/medium", "/lib/live/mount/medium", "/cdrom", "/run/archiso/bootmnt",
  ]

  init(root: SystemRoot, devices: [BlockDevice], rows: [MountTable.Row]) {
    var files = ClaimFiles(root: root)
    claims = FirmwareClaims(&files).claims
    if let text = files.bytes("/proc/cmdline") { claims += KernelCommandLine.claims(in: text) }
    claims += Self.live(files, rows)
    claims += Self.configuration(&files)
    let index = TagIndex(root: root, devices: devices)
    for position in claims.indices { claims[position].devices = index.devices(with: claims[position].tag) }
    unreadable = files.unreadable + index.unreadable
  }

  private static func live(_ files: ClaimFiles, _ rows: [MountTable.Row]) -> [SystemClaim] {
    let link = "/run/initramfs/livedev"
    var claims: [SystemClaim] = []
    if let target = files.link(link), let tag = SystemClaim.Tag(naming: target) {
      claims.append(SystemClaim(.live, source: link, text: target, tag: tag))
    }
    claims += rows.filter { liveMountPoints.contains($0.mountPoint) && $0.device.major != 0 }.map {
      let tag = SystemClaim.Tag(.number, $0.device.description)
      return SystemClaim(.live, source: "/proc/self/mountinfo", text: $0.mountPoint, tag: tag)
    }
    return claims
  }

  private static func configuration(_ files: inout ClaimFiles) -> [SystemClaim] {
    var claims: [SystemClaim] = []
    if let text = files.bytes("/etc/fstab") { claims += MountConfiguration.fstab(text) }
    if let text = files.bytes("/etc/crypttab") { claims += MountConfiguration.crypttab(text) }
    for path in ["/etc/mdadm/mdadm.conf", "/etc/mdadm.conf"] {
      if let text = files.bytes(path) { claims += StorageConfiguration.mdadm(text, source: path) }
    }
    let volumes = "/etc/lvm/devices/system.devices"
    if let text = files.bytes(volumes) { claims += StorageConfiguration.lvmDevices(text, source: volumes) }
    let pools = "/etc/zfs/zpool.cache"
    if let bytes = files.bytes(pools) { claims += StorageConfiguration.poolCache(bytes, source: pools) }
    for directory in unitDirectories {
      for name in files.names(in: directory, endingIn: [".mount", ".swap"], limit: unitLimit) {
        let path = "\(directory)/\(name)"
        if let text = files.bytes(path) { claims += MountConfiguration.unit(text, source: path) }
      }
    }
    return claims
  }
}

import DeviceProbe

/// R17: while another process can write to the whole disk, nobody knows what will be on it.
///
/// No exclusive open and no re-read of the partitions shows such a process, only its descriptor.
enum WriterRule {
  static let number = "R17"

  /// What the machine itself starts when a disk appears or has been written, and what then is gone in a moment.
  ///
  /// A name proves nothing, so it earns patience and no permission.
  static let shortLived: Set<String> = [
    "(udev-worker)", "ata_id", "blkid", "blkdeactivate", "btrfs", "cdrom_id", "dmsetup", "fwupd", "kpartx",
    "lvm", "lvmdbusd", "mdadm", "multipath", "multipathd", "partprobe", "partx", "pvscan", "scsi_id",
    "smartctl",
    "smartd", "systemd-udevd", "udevadm", "udevd", "udisksd", "vgchange",
  ]

  /// Those who can write to a disk.
  static func writers(on disk: BlockDevice, _ report: OpenerReport) -> [Opener] {
    report.openers.filter { $0.device == disk.number && $0.access == .writing }
  }

  /// Whether all of them may be gone in a moment.
  static func mayGoAway(_ writers: [Opener]) -> Bool {
    writers.allSatisfy { shortLived.contains($0.process.command) }
  }
}

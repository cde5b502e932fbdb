/// What the types of partitions and the signatures that libblkid names say about a disk.
enum TableMarks {
  /// Signatures of parts of arrays, pools and volume groups, besides everything that ends in `_member`.
  private static let members: Set<String> = [
    "bcache", "bcachefs", "drbd", "drbdproxy_datalog", "VMFS", "VMFS_volume_member", "ceph_bluestore",
    "mpath_member",
    "stratis", "DM_snapshot_cow", "jbd", "xfs_external_log", "ubi",
  ]
  private static let encrypted: Set<String> = [
    "crypto_LUKS", "BitLocker", "cs_fvault2", "DM_integrity", "luks_opal",
  ]

  /// What a signature alone says.
  static func marks(ofSignature type: String) -> Set<ContentEvidence.Mark> {
    var marks: Set<ContentEvidence.Mark> = []
    if members.contains(type) || type.hasSuffix("_member") { marks.insert(.arrayMember) }
    if encrypted.contains(type) { marks.insert(.encrypted) }
    if type == "swsuspend" || type == "swap_tuxonice" { marks.insert(.hibernated) }
    return marks
  }

  /// What a partition's type says that is made by installers of systems alone.
  ///
  /// An EFI system partition, Microsoft's reserved partition, BIOS boot and the types of plain data are on
  /// installers and data disks too, so they say nothing. A type of systemd's Discoverable Partitions counts
  /// only with a file system whose directories cannot be read here. Sources: Microsoft, PARTITION_INFORMATION_GPT;
  /// Apple TN2166; ChromiumOS, Disk Format; FreeBSD gpart(8); UAPI group, Discoverable Partitions Specification.
  static func marks(ofType type: String, fileSystem: String?) -> Set<ContentEvidence.Mark> {
    switch type.lowercased() {
    // Windows Recovery Environment, by GPT and by MBR.
    case "de94bba4-06d1-4d40-a16a-bfd50179d6ac", "0x27": return [.windows]
    // Apple Boot (Recovery HD), iBoot system container, Recovery system container.
    case "426f6f74-0000-11aa-aa11-00306543ecac", "69646961-6700-11aa-aa11-00306543ecac",
      "52637672-7900-11aa-aa11-00306543ecac":
      return [.macOS]
    // Core Storage: FileVault 2, or a Fusion Drive.
    case "53746f72-6167-11aa-aa11-00306543ecac": return [.encrypted]
    // A kernel of ChromeOS, which its firmware starts.
    case "fe3a2a5d-4f32-41a7-b725-accc3285a309": return [.chromeOS]
    // ZFS and swap of FreeBSD, which its installer makes and its memory stick images lack.
    case "516e7cba-6ecf-11d6-8ff8-00022d09712b", "516e7cb5-6ecf-11d6-8ff8-00022d09712b": return [.freeBSD]
    case let root where linuxRoots.contains(root):
      return ["btrfs", "xfs", "f2fs"].contains(fileSystem ?? "") ? [.linux] : []
    default: return []
    }
  }

  /// Root partitions for x86-64, x86, arm64, arm, riscv64.
  private static let linuxRoots: Set<String> = [
    "4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "44479540-f297-41b2-9af7-d131d5f0458a",
    "b921b045-1df0-41c3-af44-4c6f280d3fae", "69dad710-2ce4-4e3c-b16c-21a1d49abed3",
    "72ec70a6-cf74-40e6-bd49-4bda08e8f224",
  ]
}

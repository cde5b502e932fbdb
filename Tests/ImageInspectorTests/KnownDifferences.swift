import ImageInspector

/// Where we and the witnesses differ, each with the reason; anything else that differs is a failure.
enum KnownDifferences {
  // One line each: the same reason holds for several images.
  private static let elTorito =
    "only El Torito leads to the loader: OVMF and AAVMF boot that from a stick, and not once the record is hidden"
  private static let unprotected =
    "a GPT without a protective MBR: OVMF ignores it, some firmware may not"
  private static let checksum =
    "OVMF takes a table that is only cut off, some firmware may not"
  private static let backupOnly =
    "only the backup of the GPT is valid: OVMF finds it on a stick as long as the image, and on no longer one"
  private static let superfloppy =
    "a FAT without a table: OVMF boots it, not all firmware looks there"
  private static let unknownCode = "nobody can tell what unknown boot code does without running it"
  private static let container =
    "its bytes begin with a disk's own, which boots, but they are to be converted"
  /// Question ("image medium firmware") to the reason why our answer is a maybe or another than firmware's.
  static let verdicts: [String: String] = [
    "ipxe.iso stick uefi": elTorito,
    "fedora-aarch64-layout.iso stick uefi": elTorito,
    "plain.iso stick uefi": elTorito,
    "plain-uefi.iso stick uefi": elTorito,
    "windows-layout.iso stick uefi": elTorito,
    "windows-udf-tree.iso stick uefi": elTorito,
    "gpt-esp-only-in-gpt.iso stick uefi": unprotected,
    "disk-gpt-no-protective.img stick uefi": unprotected,
    "disk-gpt-no-mbr.img stick uefi": unprotected,
    "disk-gpt-truncated.img stick uefi": checksum,
    "disk-gpt-backup-only.img stick uefi": backupOnly,
    "disk-gpt-bad-entries-crc.img stick uefi": backupOnly,
    "disk-gpt-wrong-mylba.img stick uefi": backupOnly,
    "fat16-uefi.img stick uefi": superfloppy,
    "fat32-uefi.img stick uefi": superfloppy,
    "fat32-syslinux-uefi.img stick uefi": superfloppy,
    "disk-mbr-unknown-code.img stick bios": unknownCode,
    "disk-mbr-garbage-code.img stick bios": unknownCode,
    "disk-freebsd-memstick.img stick bios": unknownCode,
    "one-sector.img stick bios": unknownCode,
    "fat12-unknown-code.img stick bios": unknownCode,
    "eltorito-bad-checksum.iso disc bios":
      "SeaBIOS ignores the checksum of the catalog, other BIOSes may not",
    "disk.dmg stick bios": container,
    "raw-sectors.bin stick bios": "firmware was given the sectors, and the verdict is on the data in them",
  ]
  /// Bytes missing by structures that no witness looks at.
  static let truncation: [String: UInt64] = ["disk-gpt-truncated.img": 20 << 20]
  /// Packed images that are to be written as they are, or not at all.
  static let containerVerdicts: [String: ImageReport.Verdict] = [
    // A Windows image file holds files and no disk.
    "disk.wim": .refuse,
    "gz-truncated.img.gz": .refuse,
    // A trailer that leads to nothing, and the first half of a disc.
    "disk.dmg": .refuse, "raw-sectors.bin": .refuse,
    // A header with nothing of an archive behind it.
    "disk.7z": .refuse,
  ]
  /// Packed images that are unpacked on the way to a stick, with the image that was packed.
  static let unpacked: [String: String] = [
    "disk.img.gz": "disk-mbr-grub.img", "disk.img.bz2": "disk-mbr-grub.img",
    "disk.img.xz": "disk-mbr-grub.img", "disk.img.lzma": "disk-mbr-grub.img",
    "disk.img.zst": "disk-mbr-grub.img", "disk.img.lz4": "disk-mbr-grub.img",
    "named-wrongly.iso": "bios-hybrid-only.iso", "disk.qcow2": "disk-mbr-grub.img",
    "disk-compressed.qcow2": "disk-mbr-grub.img", "disk.vmdk": "disk-mbr-grub.img",
    "disk-stream.vmdk": "disk-mbr-grub.img", "disk.vdi": "disk-mbr-grub.img",
    "disk.vhd": "disk-mbr-grub.img", "disk-fixed.vhd": "disk-mbr-grub.img",
    "disk.vhdx": "disk-mbr-grub.img", "disk.zip": "disk-mbr-grub.img",
  ]
  /// Programs in whose first sector sfdisk sees a table without partitions, because of the 55 AA at its end.
  static let programsWithTables: Set<String> = ["ipxe.lkrn"]
  /// Tables that sfdisk does not report and we do, with what is wrong about them.
  static let gptThatWitnessesIgnore: Set<String> = [
    "disk-gpt-bad-header-crc.img", "disk-gpt-no-protective.img", "disk-gpt-no-mbr.img",
    "disk-gpt-truncated.img",
  ]
}

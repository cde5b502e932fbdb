import DiskFormats

/// What the names in directories say about a disk; names from the disk only ever make a rule stricter.
///
/// Only what is installed counts as an operating system. An installer, a live system and the system area of a
/// firmware (an EFI system partition with whatever loaders) have none of the directories below.
enum NameMarks {
  /// Directories that are looked into to tell an installed system.
  static let tellingDirectories: Set<String> = ["etc", "system", "windows", "boot"]

  /// Names at the top that are known well enough not to be searched for backups.
  private static let systemNames: Set<String> = [
    "bin", "boot", "dev", "efi", "etc", "lib", "lib64", "lost+found", "proc", "run", "sbin", "sys", "usr",
    "var", "windows",
    "system", "system volume information", "$recycle.bin", "program files", "dcim", "sources", "casper",
    "isolinux",
  ]

  /// Whether a directory of this name needs no look.
  static func isKnown(_ name: String) -> Bool {
    systemNames.contains(name.lowercased()) || name.hasPrefix("$")
  }

  /// Whether a root directory is worth looking for an installed system below it.
  static func mayBeSystem(_ root: [VolumeEntry]) -> Bool {
    !Set(root.filter(\.isDirectory).map { $0.name.lowercased() }).isDisjoint(with: tellingDirectories)
  }

  /// What the root directory alone says.
  static func marks(of root: [VolumeEntry]) -> Set<ContentEvidence.Mark> {
    let names = Set(root.map { $0.name.lowercased() })
    var marks = backupMarks(of: root)
    if names.contains("dcim") || names.contains("pictures") || names.contains("photos")
      || names.contains(where: { $0.hasSuffix(".photoslibrary") })
    {
      marks.insert(.photos)
    }
    // Windows: not the set-up medium, which has `sources` and no `Windows`.
    if names.contains("windows"),
      !names.isDisjoint(with: ["users", "program files", "programdata", "pagefile.sys"])
    {
      marks.insert(.windows)
    }
    // A separate /boot of an installed Linux: kernels with their versions beside GRUB or systemd-boot entries.
    if names.contains(where: { $0.hasPrefix("vmlinuz-") }),
      names.contains(where: { $0.hasPrefix("initrd.img-") || $0.hasPrefix("initramfs-") })
    {
      marks.insert(.linux)
    }
    // The firmware of a Raspberry Pi looks for these (config.txt, then start*.elf or a kernel).
    if names.contains("config.txt"),
      names.contains(where: { $0 == "bootcode.bin" || $0.hasPrefix("start") && $0.hasSuffix(".elf") })
    {
      marks.insert(.appliance)
    }
    let isWindowsSetup = names.contains("sources") && names.contains("bootmgr")
    let isLive = !names.isDisjoint(with: ["casper", "isolinux", "live", "arch", "liveos", "ventoy"])
    if isWindowsSetup || isLive { marks.insert(.installer) }
    return marks
  }

  /// Repositories and folders of backup programs, among the entries of one directory.
  static func backupMarks(of entries: [VolumeEntry]) -> Set<ContentEvidence.Mark> {
    let names = Set(entries.map { $0.name.lowercased() })
    var marks: Set<ContentEvidence.Mark> = []
    if names.contains("backups.backupdb") || names.contains(".timemachine")
      || names.contains(where: { $0.hasSuffix(".sparsebundle") || $0.hasSuffix(".backupbundle") })
    {
      marks.insert(.timeMachine)
    }
    // restic, design document, "Repository Layout".
    if names.isSuperset(of: ["config", "data", "index", "keys", "snapshots"]) { marks.insert(.restic) }
    // borg, internals documentation, "Repository": segments in data, and files that carry a transaction's number.
    if names.isSuperset(of: ["config", "data"]),
      names.contains("nonce")
        || names.contains(where: { $0.hasPrefix("hints.") || $0.hasPrefix("integrity.") })
    {
      marks.insert(.borg)
    }
    if names.contains("windowsimagebackup") { marks.insert(.windowsBackup) }
    if names.contains("filehistory") { marks.insert(.fileHistory) }
    return marks
  }

  /// What a telling directory below the root proves.
  static func systemMarks(
    of entries: [VolumeEntry], in directory: VolumeEntry, below root: [VolumeEntry]
  ) -> Set<ContentEvidence.Mark> {
    let names = Set(entries.map { $0.name.lowercased() })
    let top = Set(root.map { $0.name.lowercased() })
    switch directory.name.lowercased() {
    case "etc" where top.contains("usr") || top.contains("bin"):
      return names.isDisjoint(with: ["os-release", "fstab", "passwd"]) ? [] : [.linux]
    case "system" where names.contains("library"): return [.macOS]
    case "windows" where names.contains("system32"): return [.windows]
    default: return []
    }
  }
}

/// What the boot sector of a FAT file system starts, recognised by its text.
public enum BootSectorLoader: String, Hashable, Sendable, CaseIterable {
  /// The code area is zero or an endless loop's worth of nothing.
  case none
  /// mkfs.fat's program, which says that the disk is not bootable.
  case notBootableStub = "mkfs.fat-stub"
  /// SYSLINUX.
  case syslinux
  /// Windows NT to XP.
  case ntldr
  /// Windows Vista and later.
  case bootmgr
  /// GRUB.
  case grub
  /// MS-DOS, PC DOS or Windows 9x.
  case dos
  /// FreeDOS.
  case freeDOS = "freedos"
  /// Code that is not known.
  case unknown

  /// Recognises the loader in the first 512 bytes of a FAT, exFAT or NTFS file system.
  public init(_ sector: ByteReader) {
    let texts: [(StaticString, BootSectorLoader)] = [
      ("This is not a bootable disk", .notBootableStub), ("SYSLINUX", .syslinux), ("BOOTMGR", .bootmgr),
      ("NTLDR", .ntldr), ("GRUB ", .grub), ("FreeDOS", .freeDOS), ("KERNEL  SYS", .freeDOS),
      ("IO      SYS", .dos),
      ("IBMBIO  COM", .dos), ("WINBOOT SYS", .dos),
    ]
    if let (_, loader) = texts.first(where: { sector.firstOffset(of: $0.0, in: 0..<512) != nil }) {
      self = loader
    } else {
      // 0x5A is where code begins on FAT32, behind the longest parameter block.
      self = sector.isZero(in: 0x5A..<510) ? .none : .unknown
    }
  }

  /// Whether a BIOS that starts the sector gets an operating system's or a boot menu's loader.
  public var startsSystem: Bool {
    switch self {
    case .syslinux, .ntldr, .bootmgr, .grub, .dos, .freeDOS: true
    case .none, .notBootableStub, .unknown: false
    }
  }
}

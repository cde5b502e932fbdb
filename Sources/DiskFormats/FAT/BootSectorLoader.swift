/// What the boot sector of a FAT file system starts, recognised by its code or its text.
public enum BootSectorLoader: String, Hashable, Sendable, CaseIterable {
  /// The code area is zero or an endless loop's worth of nothing.
  case none
  /// A program that only shows a text, such as mkfs.fat's, which says that the disk is not bootable.
  case notBootableStub = "mkfs.fat-stub"
  /// mformat's program, which loads the first sector of the first hard disk.
  case hardDiskStub = "mformat-stub"
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
    if Self.onlyShowsText(sector) {
      self = .notBootableStub
    } else if let (_, loader) = texts.first(where: { sector.firstOffset(of: $0.0, in: 0..<512) != nil }) {
      self = loader
    } else if Self.goesOnToHardDisk(sector) {
      self = .hardDiskStub
    } else {
      // 0x5A is where code begins on FAT32, behind the longest parameter block.
      self = sector.isZero(in: 0x5A..<510) ? .none : .unknown
    }
  }

  /// Whether the first jump leads to a program that shows a text, whatever text, and starts the machine anew: that of
  /// mkfs.fat (dosfstools, mkfs.fat.c: `dummy_boot_code`), which has the address of the text in its third and fourth
  /// byte, or that of FreeBSD, macOS and Android (FreeBSD, newfs_msdos/mkfs_msdos.c: `bootcode`).
  private static func onlyShowsText(_ sector: ByteReader) -> Bool {
    guard sector.has([0xEB], at: 0), let distance = try? sector.byte(at: 1) else { return false }
    let start = 2 + Int(distance)
    let linux: [UInt8] = [
      0xAC, 0x22, 0xC0, 0x74, 0x0B, 0x56, 0xB4, 0x0E, 0xBB, 0x07, 0x00, 0xCD, 0x10, 0x5E, 0xEB, 0xF0,
      0x32, 0xE4, 0xCD, 0x16, 0xCD, 0x19, 0xEB, 0xFE,
    ]
    let freeBSD: [UInt8] = [
      0xFA, 0x31, 0xC0, 0x8E, 0xD0, 0xBC, 0x00, 0x7C, 0xFB, 0x8E, 0xD8, 0xE8, 0x00, 0x00, 0x5E, 0x83,
      0xC6, 0x19, 0xBB, 0x07, 0x00, 0xFC, 0xAC, 0x84, 0xC0, 0x74, 0x06, 0xB4, 0x0E, 0xCD, 0x10, 0xEB,
      0xF5, 0x30, 0xE4, 0xCD, 0x16, 0xCD, 0x19,
    ]
    return sector.has([0x0E, 0x1F, 0xBE], at: start) && sector.has(linux, at: start + 5)
      || sector.has(freeBSD, at: start)
  }

  /// Whether mformat's program is there, which moves itself to 0800:0000 and reads block 0 of drive 0x80
  /// (mtools, mformat.c: `inst_boot_prg`).
  private static func goesOnToHardDisk(_ sector: ByteReader) -> Bool {
    let move: [UInt8] = [
      0xFA, 0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xC0, 0xFC, 0xB9, 0x00, 0x01, 0xBE, 0x00, 0x7C, 0xBF, 0x00, 0x80,
      0xF3, 0xA5, 0xEA,
    ]
    let read: [UInt8] = [
      0xB8, 0x01, 0x02, 0xBB, 0x00, 0x7C, 0xBA, 0x80, 0x00, 0xB9, 0x01, 0x00, 0xCD, 0x13,
    ]
    // Behind the parameters of FAT12 and FAT16, and behind those of FAT32.
    return [0x3E, 0x5A].contains { sector.has(move, at: $0) && sector.has(read, at: $0 + 24) }
  }

  /// The files of the root directory any one of which the code starts, the likeliest first; empty where that
  /// is not known.
  ///
  /// The name stands in the code as it does in the directory, in 11 bytes on a FAT and as UTF-16 in the second
  /// sector of NTFS. Other tools put the name of their own loader there and leave the messages as they are.
  /// - Parameter sectors: the first 1024 bytes of the file system.
  public func files(namedIn sectors: ByteReader) -> [String] {
    let known: [(StaticString, String)] =
      switch self {
      case .ntldr: [("NTLDR      ", "NTLDR")]
      case .bootmgr: [("BOOTMGR    ", "BOOTMGR")]
      case .freeDOS: [("KERNEL  SYS", "KERNEL.SYS")]
      case .dos: [("IO      SYS", "IO.SYS"), ("IBMBIO  COM", "IBMBIO.COM"), ("WINBOOT SYS", "WINBOOT.SYS")]
      case .none, .notBootableStub, .hardDiskStub, .syslinux, .grub, .unknown: []
      }
    if sectors.has("NTFS    ", at: 3) {
      return known.map(\.1).filter { name in
        let characters: [UInt8] = name.utf8.flatMap { [$0, 0] }
        return sectors.has([UInt8(name.utf8.count), 0] + characters, at: 512)
      }
    }
    let named = known.filter { sectors.firstOffset(of: $0.0, in: 0..<512) != nil }
    return named.isEmpty ? [] : named.map(\.1) + known.map(\.1)
  }

  /// Whether a BIOS that starts the sector gets an operating system's or a boot menu's loader.
  public var startsSystem: Bool {
    switch self {
    case .syslinux, .ntldr, .bootmgr, .grub, .dos, .freeDOS: true
    case .none, .notBootableStub, .hardDiskStub, .unknown: false
    }
  }
}

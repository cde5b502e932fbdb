/// Whose program the first sector of a disk is, recognised by its bytes.
///
/// What the code says it loads is in ``pointer``; whether that is there is for the inspector to find out.
public struct BootCode: Hashable, Sendable {
  /// A boot program, by the name that reports show.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Bytes 0–439 are zero: no BIOS starts this, active flag or not.
    case none
    /// isolinux's isohybrid code (isohdpfx.bin and its variants); loads isolinux.bin from the block at 0x1B0.
    case isolinuxIsohybrid = "isolinux-isohybrid"
    /// GRUB's boot_hybrid.img; loads the El Torito image from the block at 0x1B0.
    case grubHybrid = "grub-hybrid"
    /// GRUB's boot.img; loads core.img from the block at 0x5C.
    case grub
    /// GRUB legacy's stage1 (0.9x); loads its next stage from the block at 0x44.
    case grubLegacy = "grub-legacy"
    /// grub4dos's grldr.mbr: loads the rest of itself from the blocks behind it, which looks for the file GRLDR.
    case grub4DOS = "grub4dos-mbr"
    /// The loader of memtest86+'s own ISO, with a pointer at 0x1B0 like GRUB's, or its bare image.
    case memtest
    /// syslinux's mbr.bin: starts the active partition.
    case syslinuxMBR = "syslinux-mbr"
    /// syslinux's altmbr.bin: starts the partition whose number is in byte 439, active or not.
    case syslinuxAltMBR = "syslinux-altmbr"
    /// syslinux's gptmbr.bin: starts the GPT partition with attribute bit 2.
    case syslinuxGPTMBR = "syslinux-gptmbr"
    /// A DOS or Windows MBR: starts the active partition.
    case windows
    /// KolibriOS's MBR, which is that of Windows 2000 with a part taken out: starts the active partition.
    case kolibriOS = "kolibrios-mbr"
    /// FreeBSD's pmbr: starts the GPT's freebsd-boot partition.
    case freeBSDProtective = "freebsd-pmbr"
    /// A program that names itself LILO.
    case lilo
    /// The generic code that parted writes: starts the active partition.
    case parted
    /// FreeBSD's mbr: starts the active partition.
    case freeBSD = "freebsd-mbr"
    /// The MBR of ReactOS: starts the first active partition.
    case reactOS = "reactos-mbr"
    /// Debian's install-mbr as it is set up at first: starts the first active partition.
    case debian = "debian-mbr"
    /// Rufus's MBR: starts the first partition.
    case rufus = "rufus-mbr"
    /// Rufus's program for sticks that boot with UEFI only: shows a message and starts the machine anew.
    case rufusMessage = "rufus-message"
    /// The boot sector of a FAT file system, which begins at block 0.
    case fat
    /// The boot sector of an NTFS file system.
    case ntfs
    /// The boot sector of an exFAT file system.
    case exfat
    /// extlinux's boot sector in front of a file system that leaves room for it, such as ext4 or Btrfs.
    case extlinux
    /// Code that is not known.
    case unknown

    /// Whether the sector belongs to a file system, so that there is no partition table.
    public var isFileSystemBootSector: Bool {
      switch self {
      case .fat, .ntfs, .exfat, .extlinux: true
      default: false
      }
    }
    /// Whether the code starts whichever MBR partition is active.
    public var startsActivePartition: Bool {
      switch self {
      case .syslinuxMBR, .windows, .kolibriOS, .parted, .freeBSD: true
      default: startsFirstActivePartition
      }
    }
    /// Whether the code tells what it starts where that begins, in the form of an entry of the partition table that
    /// SYSLINUX's boot sector goes by (syslinux, mbr/mbr.S, altmbr.S and gptmbr.S).
    public var handsOverEntry: Bool {
      switch self {
      case .syslinuxMBR, .syslinuxAltMBR, .syslinuxGPTMBR: true
      default: false
      }
    }
    /// Whether the code starts the first of several active partitions.
    public var startsFirstActivePartition: Bool { self == .reactOS || self == .debian }
  }

  /// Something seen in the sector.
  public enum Evidence: Hashable, Sendable {
    /// These bytes stand at this offset.
    case bytes([UInt8], offset: Int)
    /// This text stands at this offset.
    case text(String, offset: Int)
    /// This number stands at this offset.
    case number(UInt64, offset: Int)
    /// These offsets hold nothing but zeroes.
    case zeroes(Range<Int>)
    /// The sector holds the parameters of a FAT file system.
    case fatParameters
  }

  /// The block in units of 512 bytes that the code loads its next stage from.
  public struct Pointer: Hashable, Sendable {
    /// Where in the sector it stands.
    public var offset: Int
    /// The number as stored.
    public var value: UInt64
    /// The first 512-byte block of the boot image (of the El Torito image for hybrids): `value`, less 4 for
    /// GRUB and memtest86+, whose code skips the image's first 2048 bytes.
    public var imageBlock: UInt64
  }

  /// Whose program it is.
  public var kind: Kind
  /// Why.
  public var evidence: [Evidence]
  /// What it loads, where it says so in a number.
  public var pointer: Pointer?
  /// Whether the first bytes mimic Block0 of an Apple partition map.
  public var hasAPMMockup: Bool

  /// Recognises the program of a sector that was parsed.
  public init(of record: MasterBootRecord) { self.init(ByteReader(record.serialised())) }

  /// Recognises the program in the first 512 bytes of a disk.
  public init(_ sector: ByteReader) {
    hasAPMMockup = sector.has([0x45, 0x52, 0x08, 0x00], at: 0)
    kind = .unknown
    evidence = []
    for signature in BootCode.signatures {
      guard let found = signature(sector) else { continue }
      (kind, evidence, pointer) = found
      return
    }
  }
}

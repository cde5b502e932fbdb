import DiskFormats

/// F2: whether a BIOS starts the medium when the bytes are written raw onto a stick.
package enum StickBIOSRule {
  package typealias Answer = ImageReport.BootVerdicts.Answer

  /// The answer and its evidence.
  package static func answer(_ facts: BootFacts) -> Answer {
    guard let mbr = facts.mbr else {
      return Answer(.no, "the first sector has no boot signature (55 AA)")
    }
    if mbr.target?.isUnseen == true { return facts.unseen("what the boot code loads") }
    let answer =
      switch mbr.code {
      case .none: Answer(.no, "the first sector holds no boot code")
      case .isolinuxIsohybrid: isohybrid(mbr)
      case .grubHybrid: hybrid(mbr, facts, name: "GRUB's hybrid boot code")
      case .memtest: memtest(mbr, facts)
      case .grub: installedGRUB(mbr)
      case .syslinuxMBR, .syslinuxAltMBR, .windows, .parted: activePartition(mbr, facts, isGPT: false)
      case .syslinuxGPTMBR: activePartition(mbr, facts, isGPT: true)
      case .freeBSDProtective: freeBSD(facts)
      case .fat, .ntfs, .exfat: superfloppy(mbr)
      case .lilo:
        Answer(.unknown, "LILO's boot code finds its kernel by block numbers that cannot be checked")
      case .unknown where mbr.hasBrokenFAT: superfloppy(mbr)
      case .unknown: Answer(.unknown, "the boot code in the first sector is not known")
      }
    return withActiveFlag(answer, mbr)
  }

  /// Whether any entry is active; a few BIOSes take a medium without one for a floppy or refuse it.
  package static func hasActiveEntry(_ mbr: MBRFacts) -> Bool {
    mbr.entries.contains(where: \.active)
  }

  private static func withActiveFlag(_ answer: Answer, _ mbr: MBRFacts) -> Answer {
    guard answer.value == .yes, !mbr.code.isFileSystemBootSector, !hasActiveEntry(mbr) else { return answer }
    return Answer(.yes, answer.evidence + "; a few BIOSes refuse a medium without an active partition")
  }

  /// (a) isolinux's code loads isolinux.bin from the block at 0x1B0 and checks its magic bytes.
  private static func isohybrid(_ mbr: MBRFacts) -> Answer {
    guard let target = mbr.target, target.isInside else {
      return Answer(.no, "isolinux's hybrid boot code points behind the end of the image")
    }
    guard target.hasIsolinuxMagic else {
      return Answer(.no, "isolinux's hybrid boot code points to something that is not isolinux.bin")
    }
    return Answer(.yes, "isolinux's hybrid boot code finds isolinux.bin at byte \(target.offset)")
  }

  /// (b) The pointer at 0x1B0 must name the BIOS boot image of the catalog.
  private static func hybrid(_ mbr: MBRFacts, _ facts: BootFacts, name: String) -> Answer {
    guard let target = mbr.target, target.isInside else {
      return Answer(.no, "\(name) points behind the end of the image")
    }
    guard !target.isBlank else { return Answer(.no, "\(name) points to nothing but zeroes") }
    guard biosImages(facts).contains(target.offset) else {
      if facts.catalog?.isUnseen == true { return facts.unseen("the boot catalog") }
      return Answer(
        .unknown, "\(name) loads byte \(target.offset), which is no boot image that the disc names")
    }
    return Answer(.yes, "\(name) loads the disc's own BIOS boot image at byte \(target.offset)")
  }

  private static func memtest(_ mbr: MBRFacts, _ facts: BootFacts) -> Answer {
    guard mbr.target != nil else {
      return Answer(
        .unknown, "the bare memtest86+ image starts from a floppy; not every BIOS loads it from a stick")
    }
    return hybrid(mbr, facts, name: "memtest86+'s own boot code")
  }

  /// Where the bootable x86 images of the catalog begin, in bytes.
  private static func biosImages(_ facts: BootFacts) -> Set<UInt64> {
    guard let catalog = facts.catalog else { return [] }
    return Set(zip(catalog.summary.entries, catalog.images).filter { $0.0.isForBIOS }.map(\.1.offset))
  }

  /// (c) boot.img loads core.img from the block at 0x5C.
  private static func installedGRUB(_ mbr: MBRFacts) -> Answer {
    guard let target = mbr.target, target.offset > 0, target.isInside else {
      return Answer(.no, "GRUB's boot code points behind the end of the image")
    }
    guard !target.isBlank else {
      return Answer(.no, "GRUB's boot code points to nothing but zeroes; GRUB's core is missing")
    }
    return Answer(.yes, "GRUB's boot code finds GRUB's core at byte \(target.offset)")
  }

  /// (d) Generic code starts exactly one marked partition.
  private static func activePartition(_ mbr: MBRFacts, _ facts: BootFacts, isGPT: Bool) -> Answer {
    let candidates = mbr.active.filter { $0.isGPT == isGPT }
    guard let partition = candidates.first else {
      if mbr.isChainUnseen { return facts.unseen("the partition to boot") }
      return Answer(.no, "generic boot code is there, but no partition is marked as the one to boot")
    }
    guard candidates.count == 1 else {
      return Answer(
        .no, "\(candidates.count) partitions are marked as the one to boot; generic boot code refuses that")
    }
    let which = "partition \(partition.index)"
    return switch partition.sector {
    case .unseen: facts.unseen("\(which), which generic boot code starts,")
    case .missing: Answer(.no, "generic boot code starts \(which), which lies behind the end of the image")
    case .noCode: Answer(.no, "generic boot code starts \(which), which has no boot sector")
    case .stub: Answer(.no, "generic boot code starts \(which), which only says that it does not boot")
    case .loader(let name): Answer(.yes, "generic boot code starts \(which), whose boot sector is \(name)'s")
    case .unknown: Answer(.yes, "generic boot code starts \(which), which has a boot sector")
    }
  }

  /// FreeBSD's pmbr loads the whole freebsd-boot partition of a GPT, whose checksums it does not look at.
  private static func freeBSD(_ facts: BootFacts) -> Answer {
    switch facts.gpt?.freeBSDBoot {
    case nil: Answer(.no, "FreeBSD's boot code is there, but no partition of type freebsd-boot")
    case .blank: Answer(.no, "FreeBSD's boot code is there, but its freebsd-boot partition holds only zeroes")
    case .unseen: facts.unseen("the freebsd-boot partition")
    case .present: Answer(.yes, "FreeBSD's boot code starts its freebsd-boot partition")
    }
  }

  /// (e) A file system at block 0: its own boot sector is what the BIOS starts.
  private static func superfloppy(_ mbr: MBRFacts) -> Answer {
    let sector = mbr.active.first?.sector ?? .unknown
    return switch sector {
    case .missing, .noCode: Answer(.no, "the file system's boot sector holds no code")
    case .stub: Answer(.no, "the file system's boot sector only says that it does not boot")
    case .loader(let name): Answer(.yes, "the file system's boot sector is \(name)'s")
    case .unknown, .unseen: Answer(.unknown, "the code in the file system's boot sector is not known")
    }
  }
}

extension ImageReport.ElToritoSummary.Entry {
  /// Whether a BIOS starts it; platform bytes that no specification defines count, as firmware does not look.
  package var isForBIOS: Bool { bootable && (platform == .bios || platform == .other) }
  /// Whether UEFI firmware looks into it.
  package var isForUEFI: Bool { bootable && platform == .uefi }
}

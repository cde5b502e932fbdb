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
      case .grubHybrid: grubHybrid(mbr, facts)
      case .memtest: memtest(mbr, facts)
      case .grub: installedGRUB(mbr)
      case .grubLegacy: legacyGRUB(mbr)
      case .grub4DOS: grub4DOS(mbr)
      case .syslinuxMBR, .syslinuxAltMBR, .windows, .kolibriOS, .parted, .freeBSD, .reactOS, .debian:
        activePartition(mbr, facts, isGPT: false)
      case .rufus: rufus(mbr, facts)
      case .rufusMessage: Answer(.no, "the boot code in the first sector only says that it does not boot")
      case .syslinuxGPTMBR: activePartition(mbr, facts, isGPT: true)
      case .freeBSDProtective: freeBSD(facts)
      case .fat, .ntfs, .exfat, .extlinux: superfloppy(mbr)
      case .lilo:
        Answer(.unknown, "LILO's boot code finds its kernel by block numbers that cannot be checked")
      case .unknown where mbr.hasBrokenFAT: superfloppy(mbr)
      case .unknown: Answer(.unknown, "the boot code in the first sector is not known")
      }
    return withActiveFlag(withOddStatus(answer, mbr), mbr)
  }

  /// Whether any entry is active; a few BIOSes take a medium without one for a floppy or refuse it.
  package static func hasActiveEntry(_ mbr: MBRFacts) -> Bool {
    mbr.entries.contains(where: \.active)
  }

  /// Boot code and BIOSes differ in what they make of a status byte that is neither 0x00 nor 0x80.
  private static func withOddStatus(_ answer: Answer, _ mbr: MBRFacts) -> Answer {
    guard mbr.hasOddStatus, answer.value == .yes || mbr.code.startsActivePartition else { return answer }
    return Answer(
      .unknown,
      "the partition table marks a partition neither as the one to boot nor as another; what a BIOS and boot "
        + "code make of that differs")
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
    // Started from a stick, isolinux has no other way to find the rest of itself (syslinux, isolinux.asm).
    guard let info = target.bootInfo, UInt64(info.imageBlock) * 2048 == target.offset else {
      return Answer(
        .no,
        "isolinux.bin lacks its boot info table and does not find itself; the image has to be made with "
          + "-boot-info-table")
    }
    guard info.volumeBlock == 16 else {
      return Answer(
        .unknown,
        "isolinux.bin looks for the file system at block \(info.volumeBlock); discs have it at block 16")
    }
    guard !mbr.lacksLdlinux else {
      return Answer(
        .no,
        "isolinux's hybrid boot code finds isolinux.bin, but the disc lacks ldlinux.c32, which that loads next"
      )
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

  /// (b) boot_hybrid.img skips the first 2048 bytes of the image and jumps to the sector behind them, which
  /// finds the rest of GRUB by a block number that --grub2-boot-info fills in at byte 2548 of the image.
  private static func grubHybrid(_ mbr: MBRFacts, _ facts: BootFacts) -> Answer {
    let answer = hybrid(mbr, facts, name: "GRUB's hybrid boot code")
    guard answer.value == .yes, let target = mbr.target else { return answer }
    guard !target.hasIsolinuxMagic else {
      return Answer(.no, "GRUB's hybrid boot code loads isolinux.bin, which it cannot start")
    }
    guard let core = target.coreBlock else {
      return Answer(
        .unknown, "GRUB's hybrid boot code loads byte \(target.offset), which does not look like GRUB's core")
    }
    guard core == target.offset / 512 + 5 else {
      return Answer(
        .no,
        "GRUB's core does not know where it lies on the stick; the image has to be made with "
          + "--grub2-boot-info")
    }
    return answer
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
    guard !target.isGPTHeader else {
      return Answer(.no, "GRUB's boot code loads the header of the GPT, which stands where GRUB's core was")
    }
    guard target.coreBlock != nil else {
      return Answer(
        .unknown, "GRUB's boot code loads byte \(target.offset), which does not look like GRUB's core")
    }
    if let fault = target.coreFault { return withoutRest(fault, of: "GRUB's core", target) }
    return Answer(.yes, "GRUB's boot code finds GRUB's core at byte \(target.offset)")
  }

  /// (c) GRUB legacy's stage1 loads stage1.5 or stage2 from the block at 0x44.
  private static func legacyGRUB(_ mbr: MBRFacts) -> Answer {
    guard let target = mbr.target else {
      return Answer(.unknown, "GRUB legacy's boot code goes on from a drive that it has the number of")
    }
    guard target.offset > 0, target.isInside else {
      return Answer(.no, "GRUB legacy's boot code points behind the end of the image")
    }
    guard !target.isBlank else {
      return Answer(.no, "GRUB legacy's boot code points to nothing but zeroes; its next stage is missing")
    }
    guard !target.isGPTHeader else {
      return Answer(
        .no, "GRUB legacy's boot code loads the header of the GPT, which stands where its next stage was")
    }
    guard target.coreBlock != nil else {
      return Answer(
        .unknown,
        "GRUB legacy's boot code loads byte \(target.offset), which does not look like a stage of GRUB")
    }
    if let fault = target.coreFault { return withoutRest(fault, of: "GRUB legacy's next stage", target) }
    return Answer(.yes, "GRUB legacy's boot code finds its next stage at byte \(target.offset)")
  }

  /// Where the first sector of GRUB's core is there alone.
  private static func withoutRest(
    _ fault: MBRFacts.CoreFault, of name: String, _ target: MBRFacts.Target
  ) -> Answer {
    let start = "\(name) begins at byte \(target.offset)"
    return switch fault {
    case .behindEnd: Answer(.no, "\(start) and looks for the rest of itself behind the end of the image")
    case .blank: Answer(.no, "\(start), but where the rest of it is to be stand nothing but zeroes")
    }
  }

  /// grub4dos's code looks for GRLDR on every partition, on file systems as well that are not read here.
  private static func grub4DOS(_ mbr: MBRFacts) -> Answer {
    guard mbr.grub4DOS.hasRest != false else {
      return Answer(.no, "grub4dos's boot code is there, but not the rest of it in the blocks behind it")
    }
    guard let index = mbr.grub4DOS.index else {
      return Answer(
        .unknown,
        "grub4dos's boot code looks for the file GRLDR on every partition, and none was found where it can "
          + "be looked for")
    }
    guard mbr.grub4DOS.hasRest == true else {
      return Answer(
        .unknown,
        "grub4dos's boot code can go on with GRLDR on partition \(index), if the rest of it is there")
    }
    return Answer(.yes, "grub4dos's boot code finds GRLDR in the root directory of partition \(index)")
  }

  /// (d) Generic code starts exactly one marked partition.
  private static func activePartition(_ mbr: MBRFacts, _ facts: BootFacts, isGPT: Bool) -> Answer {
    // gptmbr.bin reads block 1 in units of 512 bytes and no backup; it does not look at checksums.
    if isGPT, let gpt = facts.gpt, !gpt.hasPrimary || gpt.summary.sectorSize != 512 {
      guard gpt.summary.sectorSize == 512 || !gpt.hasOtherPrimary else {
        return Answer(
          .unknown, "syslinux's boot code for a GPT goes by a damaged one in block 1 of 512 bytes")
      }
      return Answer(.no, "syslinux's boot code for a GPT finds none in block 1 of 512 bytes")
    }
    // mbr.bin tests bit 7 of all four status bytes, whatever else the entries say (syslinux, mbr.S).
    if mbr.code == .syslinuxMBR, mbr.flaggedCount > 1 {
      return Answer(
        .no,
        "\(mbr.flaggedCount) entries of the partition table are marked as the one to boot, empty ones counted; "
          + "syslinux's boot code refuses that")
    }
    let candidates = mbr.active.filter { $0.isGPT == isGPT }
    guard let partition = candidates.first else {
      if mbr.isChainUnseen { return facts.unseen("the partition to boot") }
      return Answer(.no, "generic boot code is there, but no partition is marked as the one to boot")
    }
    guard candidates.count == 1 || mbr.code.startsFirstActivePartition else {
      return Answer(
        .no, "\(candidates.count) partitions are marked as the one to boot; generic boot code refuses that")
    }
    let which = "partition \(partition.index)"
    return switch partition.sector {
    case .unseen: facts.unseen("\(which), which generic boot code starts,")
    case .missing: Answer(.no, "generic boot code starts \(which), which lies behind the end of the image")
    case .noCode: Answer(.no, "generic boot code starts \(which), which has no boot sector")
    case .shortCode:
      Answer(.unknown, "generic boot code starts \(which), whose boot sector holds hardly any code")
    case .stub: Answer(.no, "generic boot code starts \(which), which only says that it does not boot")
    case .hardDisk:
      Answer(.no, "generic boot code starts \(which), which only goes on to the first hard disk")
    case .itself:
      Answer(
        .no,
        "generic boot code starts \(which), which begins with that code, so that it starts itself for ever")
    case .withoutMark:
      Answer(
        .no,
        "generic boot code starts \(which), which begins with such code again and a partition table of its own where "
          + "no partition is marked as the one to boot")
    case .loader(let name): Answer(.yes, "generic boot code starts \(which), whose boot sector is \(name)'s")
    case .withoutFile(let name, let file):
      Answer(
        .no,
        "generic boot code starts \(which), whose boot sector is \(name)'s and looks for \(file) in the root "
          + "directory, where none is")
    case .unreadableRoot(let name, let file):
      Answer(
        .unknown,
        "generic boot code starts \(which), whose boot sector is \(name)'s and looks for \(file) in the root "
          + "directory, which cannot be read")
    case .astray(let name):
      Answer(
        .no,
        "generic boot code starts \(which), whose boot sector is \(name)'s and does not find the rest of \(name) where "
          + "it looks for it")
    case .unsure(let name):
      Answer(
        .unknown,
        "generic boot code starts \(which), whose boot sector is \(name)'s, and whether it finds the rest of \(name) "
          + "cannot be told")
    case .misplaced(let name, let hidden, _):
      Answer(
        .unknown,
        "generic boot code starts \(which), whose boot sector is \(name)'s and says that it begins at block "
          + "\(hidden), where it does not")
    case .unknown: Answer(.yes, "generic boot code starts \(which), which has a boot sector")
    }
  }

  /// Rufus's code starts the first partition, and takes its status byte for the drive's number (Rufus,
  /// res/mbr/mbr.S).
  private static func rufus(_ mbr: MBRFacts, _ facts: BootFacts) -> Answer {
    guard mbr.entries.contains(where: { $0.index == 1 && $0.active }) else {
      return Answer(
        .unknown, "Rufus's boot code starts the first partition, which is not marked as the one to boot")
    }
    return activePartition(mbr, facts, isGPT: false)
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
    case .hardDisk: Answer(.no, "the file system's boot sector only goes on to the first hard disk")
    case .loader(let name): Answer(.yes, "the file system's boot sector is \(name)'s")
    case .withoutFile(let name, let file):
      Answer(
        .no,
        "the file system's boot sector is \(name)'s and looks for \(file) in the root directory, where none is"
      )
    case .unreadableRoot(let name, let file):
      Answer(
        .unknown,
        "the file system's boot sector is \(name)'s and looks for \(file) in the root directory, which cannot "
          + "be read")
    case .astray(let name):
      Answer(
        .no,
        "the file system's boot sector is \(name)'s and does not find the rest of \(name) where it looks for it"
      )
    case .unsure(let name):
      Answer(
        .unknown,
        "the file system's boot sector is \(name)'s, and whether it finds the rest of \(name) cannot be told")
    case .misplaced(let name, let hidden, let isCertain):
      Answer(
        isCertain ? .no : .unknown,
        "the file system's boot sector is \(name)'s and counts blocks from block \(hidden) on, as if it were a "
          + "partition; the image must begin with the whole disk")
    case .shortCode, .itself, .withoutMark, .unknown, .unseen:
      Answer(.unknown, "the code in the file system's boot sector is not known")
    }
  }
}

extension ImageReport.ElToritoSummary.Entry {
  /// Whether a BIOS starts it; platform bytes that no specification defines count, as firmware does not look.
  package var isForBIOS: Bool { bootable && (platform == .bios || platform == .other) }
  /// Whether UEFI firmware looks into it.
  package var isForUEFI: Bool { bootable && platform == .uefi }
}

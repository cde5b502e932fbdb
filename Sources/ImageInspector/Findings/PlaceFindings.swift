import DiskFormats

/// Where it boots and where not, if that is not everywhere.
enum PlaceFindings {
  static func findings(_ facts: BootFacts, _ report: ImageReport) -> [ImageReport.Finding] {
    let bios = report.boots.stickBIOS.value
    let uefi = report.boots.stickUEFI.value
    // For Windows the way onto a stick is another one anyhow.
    if facts.tree?.isWindows == true { return [] }
    let mayBeHybrid = uefi == .unknown && facts.mayHaveUnseenLoader
    let isHidden = uefi == .unknown && facts.hasHiddenLoader
    if facts.optical != nil, bios == .no, uefi != .yes, !mayBeHybrid, !isHidden {
      return [notHybrid(facts, report)] + ia32(report)
    }
    if bios == .no, uefi == .no { return nowhere(facts, report) }
    return (isHidden ? [hidden(facts, report)] : []) + onlyOne(bios, uefi) + ia32(report)
      + picky(facts, report)
  }

  private typealias Value = ImageReport.BootVerdicts.Answer.Value

  private static func onlyOne(_ bios: Value, _ uefi: Value) -> [ImageReport.Finding] {
    if uefi == .no {
      let start = bios == .yes ? "It boots" : "If it boots at all, then"
      return [
        .init(.biosOnly, start + " with a BIOS only: machines with UEFI need its compatibility mode (CSM).")
      ]
    }
    if bios == .no {
      let start = uefi == .yes ? "It boots" : "If it boots at all, then"
      return [.init(.uefiOnly, start + " with UEFI only, not with a BIOS.")]
    }
    return []
  }

  private static func ia32(_ report: ImageReport) -> [ImageReport.Finding] {
    guard report.boots.stickUEFI.value != .no, report.boots.uefiArchitectures == [.ia32] else { return [] }
    return [
      .init(
        .ia32Only,
        "Its UEFI loader is for 32-bit firmware only, which few tablets have; 64-bit PCs do not boot it.")
    ]
  }

  /// What to do where firmware goes by the boot catalog and so misses the partition.
  private static func hidden(_ facts: BootFacts, _ report: ImageReport) -> ImageReport.Finding {
    let advice =
      if report.boots.stickBIOS.value == .yes {
        "Where it does not start, switch the machine to BIOS mode (CSM), or get an image with a GPT from its maker."
      } else if facts.tree?.architectures.isEmpty == false {
        "Where it does not start, copy its files onto a FAT32 stick instead."
      } else {
        "Where it does not start, get an image with a GPT from its maker."
      }
    return .init(
      .catalogHidesESP,
      "Much UEFI firmware goes by the disc's boot catalog on a stick too, and then does not see its partitions. "
        + advice, at: 446)
  }

  /// What some firmware asks for beyond the rules.
  private static func picky(_ facts: BootFacts, _ report: ImageReport) -> [ImageReport.Finding] {
    var result: [ImageReport.Finding] = []
    let isInactive = facts.mbr.map { mbr in
      !mbr.code.isFileSystemBootSector && !StickBIOSRule.hasActiveEntry(mbr)
    }
    if report.boots.stickBIOS.value == .yes, isInactive == true {
      result.append(
        .init(.noActivePartition, "No partition is active, and a few BIOSes refuse such a medium.", at: 446))
    }
    let hasESP = facts.volumes.contains { if case .mbrESP = $0.origin { true } else { false } }
    let hasGPT = facts.gpt?.isUsable == true && facts.mbr?.hasProtectiveEntry == true
    if report.boots.stickUEFI.value == .yes, hasESP, !hasGPT {
      result.append(
        .init(
          .mbrOnlyESP, "UEFI finds its loader through the MBR; a few servers insist on a valid GPT.", at: 446)
      )
    }
    return result
  }

  private static func nowhere(_ facts: BootFacts, _ report: ImageReport) -> [ImageReport.Finding] {
    switch report.kind {
    case .disk where facts.volumes.contains(where: \.hasRaspberryPiFirmware): []
    // That it is made for other blocks says it already.
    case .disk where facts.mbr?.index4096 != nil || facts.gpt.map { $0.summary.sectorSize != 512 } == true: []
    case .disk, .superfloppy:
      [.init(.dataOnly, "Nothing in it boots a PC: written to a stick it is only data.")]
    case .unknown:
      [.init(.unknownContent, "Nothing in it is known: no disc, no partition table, no file system.")]
    case .iso9660, .udf, .compressed, .container: []
    }
  }

  private static func notHybrid(_ facts: BootFacts, _ report: ImageReport) -> ImageReport.Finding {
    let isMaybe = report.boots.stickUEFI.value == .unknown
    if !isMaybe, report.verdict != .fileCopy, report.boots.discBIOS.value == .no,
      report.boots.discUEFI.value == .no
    {
      return .init(.dataOnly, "Nothing in it boots, neither from a disc nor from a stick.")
    }
    let lead =
      "This image is not hybrid: it is made for discs, and written raw to a stick "
      + (isMaybe ? "it boots with some UEFI firmware at most. " : "it does not boot. ")
    if report.verdict == .fileCopy {
      return .init(
        .notHybrid, lead + "Copy its files onto a FAT32 stick instead; that boots with UEFI, not with a BIOS."
      )
    }
    return .init(.notHybrid, lead + "Burn it to a disc, or get an image for USB sticks from its maker.")
  }
}

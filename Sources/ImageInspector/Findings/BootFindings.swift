import DiskFormats

/// What the verdicts mean for the person, and what to do.
enum BootFindings {
  static func findings(_ facts: BootFacts, _ report: ImageReport) -> [ImageReport.Finding] {
    guard facts.content.mayBeMedium else { return [] }
    var result: [ImageReport.Finding] = []
    if facts.tree?.isWindows == true { result.append(windows(facts)) }
    if report.verdict == .fileCopy { result += largeFiles(facts) }
    if isForMacs(facts, report) {
      result.append(.init(.macOS, "This is for Macs: no PC boots it, neither with BIOS nor with UEFI."))
    }
    if facts.volumes.contains(where: \.hasRaspberryPiFirmware), !boots(report) {
      result.append(
        .init(
          .raspberryPi, "This is for a Raspberry Pi; write it raw to an SD card or stick. No PC boots it."))
    }
    // What is for others is no mere data.
    let isForOthers = result.contains { $0.id == FindingID.macOS.rawValue }
    return result + places(facts, report).filter { !isForOthers || $0.id != FindingID.dataOnly.rawValue }
  }

  private static func boots(_ report: ImageReport) -> Bool {
    report.boots.stickBIOS.value != .no || report.boots.stickUEFI.value != .no
  }

  private static func isForMacs(_ facts: BootFacts, _ report: ImageReport) -> Bool {
    if facts.tree?.isMacOS == true { return true }
    guard !boots(report), facts.optical == nil, report.truncatedBy == 0 else { return false }
    return facts.gpt?.hasApplePartition == true
      || facts.apm?.partitions.contains { $0.type.hasPrefix("Apple_HFS") || $0.type == "Apple_APFS" } == true
  }

  private static func windows(_ facts: BootFacts) -> ImageReport.Finding {
    let efi = facts.tree?.architectures.isEmpty == false
    return .init(
      .windows,
      "This is Windows set-up. Written raw it does not install: copy its files onto a FAT32 stick"
        + (efi
          ? ", which then boots with UEFI." : "; it has no loader for UEFI in EFI/BOOT, which must be added.")
    )
  }

  private static func largeFiles(_ facts: BootFacts) -> [ImageReport.Finding] {
    (facts.tree?.largeFiles ?? []).map { file in
      .init(
        .fileTooLarge,
        "\(file.name) has \(file.byteCount) bytes; FAT32 holds at most 4294967295 in a file. "
          + (file.name.lowercased().hasSuffix(".wim") ? "It must be split." : "It needs another file system.")
      )
    }
  }

  /// Where it boots and where not, if that is not everywhere.
  private static func places(_ facts: BootFacts, _ report: ImageReport) -> [ImageReport.Finding] {
    let bios = report.boots.stickBIOS.value
    let uefi = report.boots.stickUEFI.value
    var result: [ImageReport.Finding] = []
    if bios == .no, uefi == .no {
      return facts.tree?.isWindows == true ? [] : nowhere(facts, report)
    }
    if bios != .no, uefi == .no {
      result.append(
        .init(.biosOnly, "It boots with a BIOS only: machines with UEFI need its compatibility mode (CSM)."))
    }
    if uefi != .no, bios == .no {
      result.append(.init(.uefiOnly, "It boots with UEFI only, not with a BIOS."))
    }
    if uefi != .no, report.boots.uefiArchitectures == [.ia32] {
      result.append(
        .init(
          .ia32Only,
          "Its UEFI loader is for 32-bit firmware only, which few tablets have; 64-bit PCs do not boot it."))
    }
    if bios == .yes, let mbr = facts.mbr, !mbr.code.isFileSystemBootSector, !StickBIOSRule.hasActiveEntry(mbr)
    {
      result.append(
        .init(.noActivePartition, "No partition is active, and a few BIOSes refuse such a medium.", at: 446))
    }
    let isMBROnly = facts.volumes.contains { if case .mbrESP = $0.origin { true } else { false } }
    if uefi == .yes, isMBROnly, facts.gpt?.isUsable != true || facts.mbr?.hasProtectiveEntry != true {
      result.append(
        .init(
          .mbrOnlyESP, "UEFI finds its loader through the MBR; a few servers insist on a valid GPT.", at: 446)
      )
    }
    return result
  }

  private static func nowhere(_ facts: BootFacts, _ report: ImageReport) -> [ImageReport.Finding] {
    if facts.optical != nil { return [notHybrid(facts, report)] }
    switch report.kind {
    case .disk where facts.volumes.contains(where: \.hasRaspberryPiFirmware): return []
    // That it is made for other blocks says it already.
    case .disk where facts.mbr?.index4096 != nil || facts.gpt.map { $0.summary.sectorSize != 512 } == true:
      return []
    case .disk, .superfloppy:
      return [.init(.dataOnly, "Nothing in it boots a PC: written to a stick it is only data.")]
    case .unknown:
      return [.init(.unknownContent, "Nothing in it is known: no disc, no partition table, no file system.")]
    case .iso9660, .udf, .compressed, .container: return []
    }
  }

  private static func notHybrid(_ facts: BootFacts, _ report: ImageReport) -> ImageReport.Finding {
    let lead = "This image is not hybrid: it is made for discs, and written raw to a stick it does not boot. "
    if report.verdict == .fileCopy {
      return .init(
        .notHybrid, lead + "Copy its files onto a FAT32 stick instead; that boots with UEFI, not with a BIOS."
      )
    }
    if report.boots.discBIOS.value == .no, report.boots.discUEFI.value == .no {
      return .init(.dataOnly, "Nothing in it boots, neither from a disc nor from a stick.")
    }
    return .init(.notHybrid, lead + "Burn it to a disc, or get an image for USB sticks from its maker.")
  }
}

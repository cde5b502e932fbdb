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
    return result
      + PlaceFindings.findings(facts, report).filter { !isForOthers || $0.id != FindingID.dataOnly.rawValue }
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
}

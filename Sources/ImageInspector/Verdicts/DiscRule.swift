/// F4: whether firmware starts the medium when it is burnt onto a disc.
package enum DiscRule {
  package typealias Answer = ImageReport.BootVerdicts.Answer

  /// BIOS: a bootable x86 entry whose image is there.
  package static func bios(_ facts: BootFacts) -> Answer {
    guard let catalog = readable(facts) else { return missing(facts) }
    let pairs = zip(catalog.summary.entries, catalog.images).filter { $0.0.isForBIOS }
    guard let first = pairs.first else { return Answer(.no, "the boot catalog has no entry for a BIOS") }
    guard !first.1.isUnseen else { return facts.unseen("the BIOS boot image") }
    guard first.1.isInside else {
      return Answer(.no, "the BIOS boot image lies behind the end of the image")
    }
    guard !first.1.isBlank else { return Answer(.no, "the BIOS boot image holds nothing but zeroes") }
    guard catalog.summary.checksumValid == true, catalog.isValidationWhole else {
      return Answer(
        .unknown, "the boot catalog's validation entry is wrong; some firmware ignores such a catalog")
    }
    return Answer(
      .yes, "the boot catalog has a BIOS entry, \(first.0.emulation.words), at byte \(first.1.offset)")
  }

  /// UEFI: a bootable entry for it whose FAT holds a loader.
  package static func uefi(_ facts: BootFacts) -> Answer {
    let answer = entry(facts)
    guard answer.value == .no, facts.hasNestedBootImage, facts.catalog?.isAcceptedByUEFI == true else {
      return answer
    }
    return Answer(
      .unknown, "a boot image holds a partition table or a disc of its own, and some firmware looks into it")
  }

  private static func entry(_ facts: BootFacts) -> Answer {
    guard let catalog = readable(facts) else { return missing(facts) }
    guard catalog.summary.entries.contains(where: \.isForUEFI) else { return otherEntry(facts, catalog) }
    let volumes = facts.volumes.filter { $0.origin.isBootImage && !catalog.isForOthers($0) }
    let startable = volumes.filter { !$0.architectures.isEmpty }
    guard let volume = startable.first(where: { $0.doubt == nil }) ?? startable.first else {
      if volumes.contains(where: \.isUnseen) { return facts.unseen("the UEFI boot image") }
      return Answer(.no, "the boot catalog has a UEFI entry, but its image is no FAT with a loader")
    }
    guard catalog.isAcceptedByUEFI else {
      return Answer(.no, "the boot catalog's validation entry is wrong, and UEFI ignores such a catalog")
    }
    if let doubt = volume.doubt {
      return Answer(.unknown, "the boot catalog's UEFI image holds a loader, but \(doubt)")
    }
    return Answer(.yes, "the boot catalog's UEFI image holds \(StickUEFIRule.loaders(volume))")
  }

  /// Without an entry for UEFI: EDK2 starts a loader in the image of any other, too.
  private static func otherEntry(_ facts: BootFacts, _ catalog: CatalogFacts) -> Answer {
    let isFound =
      catalog.isAcceptedByUEFI
      && facts.volumes.contains { catalog.isForOthers($0) && !$0.architectures.isEmpty }
    return isFound
      ? Answer(
        .unknown,
        "the boot catalog has no entry for UEFI, but another's image holds a loader; some firmware looks there"
      )
      : Answer(.no, "the boot catalog has no entry for UEFI")
  }

  private static func readable(_ facts: BootFacts) -> CatalogFacts? {
    guard let catalog = facts.catalog, catalog.isReadable else { return nil }
    return catalog
  }

  private static func missing(_ facts: BootFacts) -> Answer {
    if facts.catalog?.isUnseen == true { return facts.unseen("the boot catalog") }
    if facts.catalog != nil { return Answer(.no, "the boot catalog cannot be read") }
    return Answer(
      .no, facts.optical == nil ? "it is no disc image" : "the disc has no boot catalog (El Torito)")
  }
}

extension ImageReport.ElToritoSummary.Emulation {
  /// What the firmware pretends the boot image to be, in words.
  package var words: String {
    switch self {
    case .none: "without emulation"
    case .floppy12: "as a 1.2 MB floppy"
    case .floppy144: "as a 1.44 MB floppy"
    case .floppy288: "as a 2.88 MB floppy"
    case .hardDisk: "as a hard disk"
    case .other: "with an unknown emulation"
    }
  }
}

/// What is odd about the FAT volumes and the loaders in them and in the disc's tree.
enum LoaderFindings {
  static func findings(_ facts: BootFacts) -> [ImageReport.Finding] {
    var result: [ImageReport.Finding] = []
    var seen: Set<UInt64> = []
    let hasReadableDiscVolume = facts.volumes.contains {
      if case .elTorito = $0.origin { $0.format != nil } else { false }
    }
    // The same volume is often reached both through a partition and through El Torito.
    for volume in facts.volumes where seen.insert(volume.offset).inserted {
      // Discs for Macs have a second UEFI entry with HFS+ in it, which PCs pass over.
      if volume.format == nil, case .elTorito = volume.origin, hasReadableDiscVolume { continue }
      result += Self.volume(volume)
      result += volume.loaders.compactMap(loader)
    }
    result += facts.tree?.loaders.compactMap(loader) ?? []
    if facts.mbr?.hasBrokenFAT == true {
      result.append(.init(.fatDamaged, "It begins like a FAT, but with impossible parameters.", at: 11))
    }
    // Where the volumes have loaders, firmware does not read those of the disc's own tree.
    if SecureBootRule.loaders(facts).contains(where: { !$0.isSigned }) {
      result.append(
        .init(
          .unsigned,
          "A loader is not signed: switch Secure Boot off in the firmware, or it will not start."))
    }
    return result
  }

  private static func volume(_ volume: FATVolumeFacts) -> [ImageReport.Finding] {
    guard volume.format != nil else {
      guard volume.origin.promisesFAT, !volume.isUnseen else { return [] }
      return [
        .init(.espUnreadable, "What should be a FAT for UEFI cannot be read as one.", at: volume.offset)
      ]
    }
    var result: [ImageReport.Finding] = []
    if volume.isDamaged {
      result.append(
        .init(.fatDamaged, "A FAT is damaged; files may be missing.", at: volume.offset))
    }
    if volume.fatByteCount > volume.byteCount, volume.origin != .superfloppy {
      result.append(
        .init(
          .fatBeyondPartition,
          "A FAT says that it is \(volume.fatByteCount - volume.byteCount) bytes longer than its partition.",
          at: volume.offset))
    }
    return result
  }

  private static func loader(_ loader: LoaderFacts) -> ImageReport.Finding? {
    guard let fault = loader.fault, let why = loader.faultInWords, fault != .unknownMachine else {
      return nil
    }
    if fault == .otherMachine {
      return .init(.loaderMismatch, "\(loader.path) is \(why).", at: loader.offset)
    }
    return .init(.loaderBroken, "\(loader.path) is \(why); firmware cannot start it.", at: loader.offset)
  }
}

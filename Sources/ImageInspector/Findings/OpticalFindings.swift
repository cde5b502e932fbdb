/// What is odd about ISO 9660, UDF and El Torito.
enum OpticalFindings {
  static func findings(_ facts: BootFacts) -> [ImageReport.Finding] {
    (facts.optical.map { volume($0, facts) } ?? []) + (facts.catalog.map(catalog) ?? [])
  }

  private static func volume(_ optical: OpticalFacts, _ facts: BootFacts) -> [ImageReport.Finding] {
    var result: [ImageReport.Finding] = []
    if let relative = optical.relative {
      return [.init(.otherDiscFormat, "This is a \(relative) disc, which does not boot on PCs.", at: 32_768)]
    }
    if optical.hasISO9660 {
      if !optical.isTerminated {
        result.append(
          .init(.descriptorsUnterminated, "No descriptor ends the volume descriptors; readers do not mind."))
      }
      if !optical.byteOrdersAgree {
        result.append(
          .init(
            .byteOrdersDisagree,
            "The primary volume descriptor differs between its two byte orders; x86 reads the first.",
            at: 32_768 + 80))
      }
      if optical.blockSize != 2048 {
        result.append(
          .init(
            .oddBlockSize,
            "The volume has blocks of \(optical.blockSize) bytes; nearly everything reads only 2048.",
            at: 32_768 + 128))
      } else if !optical.hasReadableRoot {
        result.append(
          .init(
            .directoryDamaged, "The root directory of the primary tree cannot be found.", at: 32_768 + 156))
      }
    }
    // Its structures may lie anywhere, at the end too.
    if optical.hasUDF, !optical.isUDFReadable, facts.seenByteCount == nil {
      result.append(
        .init(.udfUnreadable, "The volume says that it is UDF, but its files cannot be read.", at: 32_768))
    }
    return result + optical.anomalies.map(fault)
  }

  private static func fault(_ fault: OpticalFacts.TreeFault) -> ImageReport.Finding {
    let times = fault.count > 1 ? " (\(fault.count) times)" : ""
    return switch fault.kind {
    case .damaged:
      .init(.directoryDamaged, "A directory is damaged\(times); files may be missing.", at: fault.offset)
    case .beyondEnd:
      .init(
        .directoryDamaged, "Files or directories lie behind the end of the image\(times).", at: fault.offset)
    case .byteOrders:
      .init(
        .byteOrdersDisagree, "Directory records give different numbers in their two byte orders\(times).",
        at: fault.offset)
    case .cycle:
      .init(
        .directoryCycle, "A directory contains itself\(times): damaged, or made to do harm.", at: fault.offset
      )
    case .tooLarge:
      .init(.treeTooLarge, "There are so many files that not all were looked at.", at: fault.offset)
    }
  }

  private static func catalog(_ catalog: CatalogFacts) -> [ImageReport.Finding] {
    let offset = UInt64(catalog.summary.catalogLBA) * 2048
    guard !catalog.isUnseen else { return [] }
    guard catalog.isReadable else {
      return [
        .init(
          .catalogUnreadable, "The boot catalog lies behind the end of the image; no disc drive boots it.",
          at: offset)
      ]
    }
    var result: [ImageReport.Finding] = []
    if catalog.summary.checksumValid != true || !catalog.isValidationWhole {
      result.append(
        .init(
          .catalogInvalid,
          "The boot catalog's validation entry is wrong: UEFI refuses the disc, many BIOSes do not look.",
          at: offset))
    }
    if !catalog.isOrderly {
      result.append(
        .init(
          .catalogDisorderly,
          "The boot catalog has not the number of sections and entries that it announces.",
          at: offset))
    }
    if let platform = catalog.unknownPlatform {
      result.append(
        .init(
          .catalogPlatform,
          "The boot catalog names platform \(platform), which nothing defines; a BIOS takes it for its own.",
          at: offset))
    }
    for (entry, image) in zip(catalog.summary.entries, catalog.images) where entry.bootable && !image.isUnseen
    {
      if !image.isInside || image.isBlank {
        let why = image.isInside ? "holds nothing but zeroes" : "lies behind the end of the image"
        result.append(
          .init(.bootImageMissing, "A boot image that the boot catalog names \(why).", at: image.offset))
      } else if entry.emulation != .none, entry.isForBIOS {
        result.append(
          .init(
            .emulation,
            "From a disc, a BIOS boots it \(entry.emulation.words); a stick needs boot code of its own.",
            at: image.offset))
      }
    }
    return result
  }
}

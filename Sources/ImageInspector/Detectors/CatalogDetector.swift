import BlockIO
import DiskFormats

/// Reads the El Torito catalog and looks at the boot images it names.
enum CatalogDetector {
  static func detect(in bytes: CachedBytes, _ facts: inout BootFacts) throws(FormatError) {
    guard facts.optical?.hasISO9660 == true,
      let lba = try VolumeDescriptorSet(reading: bytes).bootCatalogLBA
    else { return }
    var summary = ImageReport.ElToritoSummary(catalogLBA: lba, checksumValid: nil, entries: [])
    let seen = try unlessUnseen { () throws(FormatError) in
      try unlessMalformed { () throws(FormatError) in try ElToritoCatalog(reading: bytes, lba: lba) }
    }
    guard case let catalog?? = seen else {
      if seen != nil { summary.checksumValid = false }
      var unreadable = CatalogFacts(summary: summary)
      unreadable.isReadable = false
      unreadable.isUnseen = seen == nil
      facts.catalog = unreadable
      return
    }
    summary.checksumValid = catalog.isChecksumValid
    summary.entries = catalog.entries.map(Self.entry)
    var result = CatalogFacts(summary: summary)
    for anomaly in catalog.anomalies {
      switch anomaly {
      case .badChecksum: break
      case .badValidationEntry: result.isValidationWhole = false
      case .missingLastHeader, .wrongEntryCount, .tooManyEntries: result.isOrderly = false
      case .unknownPlatform(let byte): result.unknownPlatform = byte
      }
    }
    for entry in catalog.entries {
      var image = try image(at: entry.loadOffset, bytes)
      image.slot = Int((entry.offset.subtracting(UInt64(lba) * 2048) ?? 0) / 32)
      result.images.append(image)
    }
    facts.catalog = result
  }

  private static func image(at offset: UInt64, _ bytes: CachedBytes) throws(FormatError) -> CatalogFacts.Image
  {
    var image = CatalogFacts.Image(offset: offset)
    let start = try unlessUnseen { () throws(FormatError) in try bytes.prefixReader(at: offset, upTo: 2048) }
    if let start {
      image.isInside = start.count >= 512
      image.isBlank = start.isZero(in: 0..<start.count)
    } else {
      image.isUnseen = true
    }
    return image
  }

  private static func entry(_ entry: ElToritoEntry) -> ImageReport.ElToritoSummary.Entry {
    let platform: ImageReport.ElToritoSummary.Platform =
      switch entry.platform {
      case .bios: .bios
      case .uefi: .uefi
      case .powerPC: .ppc
      case .macintosh: .mac
      case .other: .other
      }
    let emulation: ImageReport.ElToritoSummary.Emulation =
      switch entry.emulation {
      case .none: .none
      case .floppy1200: .floppy12
      case .floppy1440: .floppy144
      case .floppy2880: .floppy288
      case .hardDisk: .hardDisk
      case .other: .other
      }
    return ImageReport.ElToritoSummary.Entry(
      platform: platform, bootable: entry.isBootable, emulation: emulation,
      loadSegment: entry.loadSegment, sectorCount: entry.sectorCount, lba: entry.loadLBA)
  }
}

import DiskFormats
import ImageInspector

/// Facts that no image at hand has, put together by hand.
enum SyntheticFacts {
  static let mebibyte: UInt64 = 1 << 20

  /// A medium of 64 MiB of which nothing is known.
  static func empty() -> BootFacts { BootFacts(byteCount: 64 * mebibyte) }

  static func entry(
    _ index: Int, type: UInt8, start: UInt32 = 2048, sectors: UInt32 = 4096, active: Bool = false
  ) -> ImageReport.MBRSummary.Entry {
    ImageReport.MBRSummary.Entry(index: index, active: active, type: type, startLBA: start, sectors: sectors)
  }

  static func mbr(
    _ code: BootCode.Kind, _ entries: [ImageReport.MBRSummary.Entry] = [], target: MBRFacts.Target? = nil,
    active: [MBRFacts.ActivePartition] = []
  ) -> MBRFacts {
    var mbr = MBRFacts(code: code)
    mbr.entries = entries
    mbr.target = target
    mbr.active = active
    mbr.hasProtectiveEntry = entries.contains { $0.type == 0xEE && $0.startLBA == 1 }
    return mbr
  }

  static func gpt(
    headerValid: Bool = true, entriesValid: Bool = true, backup: ImageReport.GPTSummary.Backup = .ok,
    sectorSize: Int = 512, last: UInt64 = 6143
  ) -> GPTFacts {
    let partition = ImageReport.GPTSummary.Partition(
      index: 1, typeGUID: GUID.efiSystem.description, name: "EFI", firstLBA: 2048, lastLBA: last)
    var gpt = GPTFacts(
      summary: ImageReport.GPTSummary(
        headerValid: headerValid, entriesValid: entriesValid, backup: backup, sectorSize: sectorSize,
        partitions: [partition]))
    gpt.espIndexes = [1]
    return gpt
  }

  static func catalog(
    _ entries: [(ImageReport.ElToritoSummary.Platform, UInt32)], checksumValid: Bool = true
  ) -> CatalogFacts {
    let entries = entries.map { platform, lba in
      ImageReport.ElToritoSummary.Entry(
        platform: platform, bootable: true, emulation: .none, loadSegment: 0, sectorCount: 4, lba: lba)
    }
    var catalog = CatalogFacts(
      summary: ImageReport.ElToritoSummary(catalogLBA: 20, checksumValid: checksumValid, entries: entries))
    catalog.images = entries.map { CatalogFacts.Image(offset: UInt64($0.lba) * 2048) }
    return catalog
  }

  static func optical(end: UInt64 = 64 * mebibyte) -> OpticalFacts {
    var optical = OpticalFacts(
      volume: ImageReport.Volume(
        identifier: "X", systemIdentifier: "", publisher: "", created: nil, blocks: end / 2048, joliet: nil,
        rockRidge: false, udf: nil))
    optical.isoEnd = end
    return optical
  }

  static func volume(
    _ origin: FATVolumeFacts.Origin, _ architecture: ImageReport.Architecture = .x64, signed: Bool = false
  ) -> FATVolumeFacts {
    let name = "EFI/BOOT/BOOT\(architecture.rawValue.uppercased()).EFI"
    return FATVolumeFacts(
      origin: origin, offset: 2048 * 512, byteCount: 4096 * 512,
      loaders: [LoaderFacts(path: name, promised: architecture, architecture: architecture, isSigned: signed)]
    )
  }

  /// A valid GPT with an ESP that holds a loader, behind a protective MBR.
  static func disk(_ architecture: ImageReport.Architecture = .x64) -> BootFacts {
    var facts = empty()
    facts.mbr = mbr(.none, [entry(1, type: 0xEE, start: 1, sectors: 131_071)])
    facts.gpt = gpt()
    facts.volumes = [volume(.gptESP(1), architecture)]
    return facts
  }

  /// isolinux's hybrid with an ESP in the MBR, as most distributions ship it.
  static func hybrid() -> BootFacts {
    var facts = empty()
    facts.optical = optical()
    facts.catalog = catalog([(.bios, 100), (.uefi, 1024)])
    facts.mbr = mbr(
      .isolinuxIsohybrid,
      [entry(1, type: 0, start: 0, sectors: 131_072, active: true), entry(2, type: 0xEF)],
      target: MBRFacts.Target(offset: 204_800, pointerOffset: 432, hasIsolinuxMagic: true))
    facts.mbr?.target?.bootInfo = MBRFacts.BootInfo(imageBlock: 100)
    facts.volumes = [volume(.mbrESP(2)), volume(.elTorito(1))]
    return facts
  }
}

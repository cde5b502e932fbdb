import DiskFormats
import FuzzTargets
import ImageInspector
import Testing

/// What EDK2 does was read in its sources, which the rules name, and seen with OVMF 2022.11.
@Suite("what EDK2 finds first, and what it passes over") struct FirmwareOrderTests {
  typealias Value = ImageReport.BootVerdicts.Answer.Value

  private func stick(_ facts: BootFacts) -> ImageReport.BootVerdicts.Answer {
    StickUEFIRule.result(facts).answer
  }

  /// A hybrid whose loader lies in a partition of the MBR at 32 MiB, with a boot catalog that is changed.
  private func appended(_ change: (inout CatalogFacts) -> Void) -> BootFacts {
    var facts = SyntheticFacts.hybrid()
    var catalog = SyntheticFacts.catalog([(.bios, 100), (.uefi, 16_384)])
    catalog.summary.entries[1].sectorCount = 8
    change(&catalog)
    facts.catalog = catalog
    facts.optical?.isoEnd = 16_384 * 2048
    facts.volumes[0].offset = 16_384 * 2048
    facts.volumes[0].reach = 16_384
    facts.volumes.removeLast()
    if let entry = catalog.summary.entries.last, entry.platform == .uefi {
      var image = SyntheticFacts.volume(.elTorito(1))
      image.offset = facts.volumes[0].offset
      image.reach = 16_384
      image.firmwareByteCount = entry.byteCountForUEFI(volumeBlocks: 16_384)
      facts.volumes.append(image)
    }
    return facts
  }

  @Test("a boot catalog with nothing for UEFI hides the MBR, unless it is invalid or empty")
  func hidingCatalog() {
    #expect(stick(appended { _ in }).value == .yes)
    let hidden = appended {
      $0.summary.entries.removeLast()
      $0.images.removeLast()
    }
    #expect(stick(hidden).value == .unknown)
    #expect(stick(hidden).evidence.contains("boot catalog"))
    #expect(ImageInspector.report(on: hidden).findings.contains { $0.id == "catalog-hides-esp" })
    let changes: [(inout CatalogFacts) -> Void] = [
      { $0.summary.checksumValid = false }, { $0.isValidationWhole = false },
      { $0.summary.entries[0].bootable = false }, { $0.summary.entries[0].lba = 0 },
      { $0.images[0].slot = 16 },
    ]
    for change in changes {
      let seen = appended {
        $0.summary.entries.removeLast()
        $0.images.removeLast()
        change(&$0)
      }
      #expect(stick(seen).value == .yes)
    }
  }

  @Test("an entry behind the first block of a stick leads nowhere, and is found on a disc")
  func farEntry() {
    let near = appended { $0.images[1].slot = 15 }
    let far = appended { $0.images[1].slot = 16 }
    #expect(stick(near).value == .yes)
    #expect(stick(far).value == .unknown)
    #expect(DiscRule.uefi(far).value == .yes)
  }

  @Test("what the boot image holds is not known where it was not looked at")
  func unseenImage() {
    var facts = appended { $0.summary.entries[1].sectorCount = 0 }
    facts.seenByteCount = SyntheticFacts.mebibyte
    facts.volumes[1].loaders = []
    facts.volumes[1].isUnseen = true
    #expect(stick(facts).evidence.contains("the UEFI boot image lies behind"))
    let ids = ImageInspector.report(on: facts).findings.map(\.id)
    #expect(!ids.contains("catalog-hides-esp"))
  }

  @Test("an entry for whatever platform that names the same volume leads there")
  func sameVolume() {
    var facts = appended { $0.summary.entries[1].platform = .bios }
    #expect(stick(facts).value == .yes)
    facts.catalog?.images[1].slot = 16
    #expect(stick(facts).value == .unknown)
  }

  @Test(
    "an entry without a length: nothing where the volume ends at it, else to its end or without one",
    arguments: [(0, 16_384, 0), (1, 16_384, 0), (0, 16_385, .max), (0, 16_380, 8192), (2, 16_384, 4096)]
      as [(UInt16, UInt32, UInt64)])
  func length(_ count: UInt16, _ lba: UInt32, _ expected: UInt64) {
    let entry = ImageReport.ElToritoSummary.Entry(
      platform: .uefi, bootable: true, emulation: .none, loadSegment: 0, sectorCount: count, lba: lba)
    #expect(entry.byteCountForUEFI(volumeBlocks: 16_384) == expected)
  }

  @Test("a boot image that EDK2 takes for empty or too short is a maybe, on a stick and on a disc")
  func emptyImage() {
    for (count, expected) in [(0, Value.unknown), (7, .unknown), (8, .yes)] as [(UInt16, Value)] {
      let facts = appended { $0.summary.entries[1].sectorCount = count }
      #expect(stick(facts).value == expected)
      #expect(DiscRule.uefi(facts).value == expected)
    }
  }

  @Test("one good boot image among several is enough")
  func severalImages() {
    var facts = appended {
      $0.summary.entries.append($0.summary.entries[1])
      $0.images.append($0.images[1])
      $0.summary.entries[1].sectorCount = 0
    }
    facts.catalog?.summary.entries[2].lba = 512
    facts.catalog?.images[2].offset = SyntheticFacts.mebibyte
    facts.volumes[1].firmwareByteCount = 0
    facts.volumes.append(SyntheticFacts.volume(.elTorito(2)))
    #expect(DiscRule.uefi(facts).value == .yes)
    #expect(stick(facts).value == .yes)
    facts.volumes[2] = SyntheticFacts.volume(.elTorito(2), .aa64)
    #expect(stick(facts).value == .unknown)
  }

  @Test("a GPT that EDK2 accepts comes before the catalog")
  func tableFirst() {
    var facts = appended {
      $0.summary.entries.removeLast()
      $0.images.removeLast()
    }
    facts.gpt = SyntheticFacts.gpt()
    facts.mbr?.hasProtectiveEntry = true
    facts.volumes[0].origin = .gptESP(1)
    #expect(stick(facts).value == .yes)
  }

  /// An image as tools write it, whose catalog gives its UEFI image this length.
  private func hybrid(sectors: UInt16, volumeBlocks: UInt32? = nil) throws -> ImageReport {
    var builder = HybridImage.builder()
    builder.catalog[2] = .entry(sectorCount: sectors, path: "boot/efi.img")
    var image = builder.build()
    if let volumeBlocks {
      for index in 0..<4 {
        image[32_768 + 80 + index] = UInt8(truncatingIfNeeded: volumeBlocks >> (8 * index))
        image[32_768 + 87 - index] = UInt8(truncatingIfNeeded: volumeBlocks >> (8 * index))
      }
    }
    return try ImageInspector.inspect(image)
  }

  @Test("the places of directories and loaders are looked up, and so is the length of the volume")
  func bytes() throws {
    let block = HybridImage.builder().block(of: "boot/efi.img")
    #expect(try hybrid(sectors: 64).boots.stickUEFI.value == .yes)
    #expect(try hybrid(sectors: 0).boots.discUEFI.value == .yes)
    let short = try hybrid(sectors: 2)
    #expect(short.boots.stickUEFI.value == .unknown)
    #expect(short.boots.discUEFI.value == .unknown)
    let empty = try hybrid(sectors: 0, volumeBlocks: block)
    #expect(empty.boots.stickUEFI.value == .unknown)
    #expect(empty.boots.discUEFI.value == .unknown)
    #expect(empty.boots.discUEFI.evidence.contains("no length"))
    #expect(empty.verdict == .raw)
    #expect(try hybrid(sectors: 0, volumeBlocks: block - 1).boots.discUEFI.value == .yes)
  }

  @Test("a loader in the image of an entry for a BIOS: a maybe, on a stick and on a disc")
  func otherPlatform() throws {
    var builder = HybridImage.builder()
    builder.systemArea = []
    builder.catalog = [.entry(sectorCount: 64, path: "boot/efi.img")]
    let report = try ImageInspector.inspect(builder.build())
    #expect(report.boots.stickUEFI.value == .unknown)
    #expect(report.boots.discUEFI.value == .unknown)
    builder.catalog = [.entry(path: "isolinux/isolinux.bin")]
    let other = try ImageInspector.inspect(builder.build())
    #expect(other.boots.stickUEFI.value == .no)
    #expect(other.boots.discUEFI.value == .no)
  }

  @Test("a GPT of which only the backup is valid is found on a stick of the same size")
  func backupOnly() {
    var facts = SyntheticFacts.disk()
    facts.gpt?.isBackupOnly = true
    #expect(stick(facts).value == .unknown)
    #expect(stick(facts).evidence.contains("exactly this size"))
    facts.gpt?.summary.backup = .misplaced
    #expect(stick(facts).value == .no)
  }

  @Test("a partition that overlaps another or leaves the usable blocks is passed over")
  func passedOver() {
    for objection in [GPTCopy.EntryObjection.overlap(other: 2), .outsideUsable] {
      var facts = SyntheticFacts.disk()
      facts.gpt?.objections = [2: objection]
      #expect(stick(facts).value == .yes)
      facts.gpt?.objections = [1: objection]
      #expect(stick(facts).value == .unknown)
    }
  }

  @Test("a FAT32 that EDK2 does not mount, and one that leaves its partition")
  func volumes() {
    let changes: [(inout FATVolumeFacts) -> Void] = [
      { $0.objection = .fewClusters(65_524) }, { $0.objection = .version(1) },
      { $0.objection = .notMirrored }, { $0.reach = $0.byteCount + 1 },
      { $0.objection = .noMedia }, { $0.loaders[0].isRelocatable = false },
    ]
    for change in changes {
      for var facts in [SyntheticFacts.disk(), SyntheticFacts.hybrid()] {
        change(&facts.volumes[0])
        if facts.volumes.count > 1 { facts.volumes[1] = facts.volumes[0] }
        #expect(stick(facts).value == .unknown)
      }
    }
    var disc = SyntheticFacts.hybrid()
    disc.volumes[1].objection = .notMirrored
    #expect(DiscRule.uefi(disc).value == .unknown)
  }

  @Test("a GPT as bytes: only its backup, and entries that EDK2 passes over")
  func tableBytes() throws {
    var volume = FATImageBuilder()
    volume.add("BOOTX64.EFI", HybridImage.program)
    func disk(_ others: [ClosedRange<UInt64>]) throws -> [UInt8] {
      let ranges = [40...119] + others
      let entries = ranges.enumerated().map { index, range in
        GPTEntry(
          index: index + 1, typeGUID: index == 0 ? .efiSystem : .linuxData,
          uniqueGUID: GUID(first: UInt32(index), second: 0, third: 0, rest: 1), firstLBA: range.lowerBound,
          lastLBA: range.upperBound, name: "")
      }
      let layout = try #require(
        GPTLayout(blockSize: 512, blockCount: 256, diskGUID: .linuxData, entries: entries))
      var disk = [UInt8](repeating: 0, count: 256 * 512)
      disk.overwrite(at: 0, with: layout.head)
      disk.overwrite(at: Int(layout.tailOffset), with: layout.tail)
      disk.overwrite(at: 40 * 512, with: volume.build())
      return disk
    }
    func answer(_ disk: [UInt8]) throws -> Value {
      try ImageInspector.inspect(disk).boots.stickUEFI.value
    }
    let whole = try disk([120...130])
    #expect(try answer(whole) == .yes)
    #expect(try answer(whole.enumerated().map { (512..<1024).contains($0) ? 0 : $1 }) == .unknown)
    #expect(try answer(disk([119...130])) == .unknown)
  }
}

import ImageInspector
import Testing

/// Every image of the corpus against xorriso, isoinfo, sfdisk, sgdisk, blkid and mtools.
@Suite("real and mastered images as other programs see them", .enabled(if: !ImageCorpus.isLeftOut))
struct GoldenImageTests {
  typealias Oracle = ImageCorpus.Oracle

  @Test("the corpus is there: BURIN_IMAGES names what Tests/Fixtures/make-images built")
  func corpusIsThere() {
    #expect(ImageCorpus.directory != nil, "set BURIN_IMAGES, or BURIN_SKIP=images to leave these tests out")
    #expect(ImageCorpus.wellFormed.count > 100)
    #expect(ImageCorpus.malformed.count > 100)
  }

  @Test("the facts are those of the witnesses", arguments: ImageCorpus.wellFormed)
  func facts(_ name: String) throws {
    let oracle = try ImageCorpus.oracle(name)
    let report = try ImageCorpus.report(name)
    #expect(report.byteCount == oracle.image.bytes)
    // What is packed or no image has no facts of its own, whatever the bytes below look like.
    guard oracle.group != "container" else { return expectUnpacking(report, name) }
    #expect(report.truncatedBy == KnownDifferences.truncation[name] ?? oracle.truncatedBy)
    compareVolume(report, oracle)
    compareCatalog(report.elTorito, oracle.elTorito)
    compareTables(report, oracle)
    compareLoaders(report, oracle)
  }

  private func expectUnpacking(_ report: ImageReport, _ name: String) {
    if let verdict = KnownDifferences.containerVerdicts[name] {
      #expect(report.verdict == verdict)
    } else if let source = KnownDifferences.unpacked[name] {
      expectSame(report, source)
    } else {
      #expect([.decompress, .convert].contains(report.verdict))
      #expect(report.compression != nil)
      #expect(report.boots.stickBIOS.value == .no)
      #expect(report.boots.stickUEFI.value == .no)
    }
  }

  private func expectSame(_ report: ImageReport, _ source: String) {
    guard let raw = try? ImageCorpus.report(source) else {
      Issue.record("\(source) cannot be read")
      return
    }
    #expect(report.verdict == .decompress)
    #expect(report.boots == raw.boots)
    #expect(report.findings == raw.findings)
    #expect(report.unpacked?.kind == raw.kind)
  }

  private func compareVolume(_ report: ImageReport, _ oracle: Oracle) {
    guard let expected = oracle.volume else {
      #expect(report.volume?.udf == oracle.udf)
      #expect((report.kind == .udf) == (oracle.udf != nil))
      #expect(report.kind != .iso9660)
      return
    }
    #expect(report.kind == .iso9660)
    guard let volume = report.volume else {
      Issue.record("isoinfo reads a volume descriptor, we do not")
      return
    }
    #expect(volume.identifier == expected.identifier)
    #expect(volume.systemIdentifier == expected.systemIdentifier)
    #expect(volume.publisher == expected.publisher)
    #expect(volume.blocks == expected.blocks)
    #expect(volume.joliet == expected.joliet)
    #expect(volume.rockRidge == expected.rockRidge)
    #expect(volume.udf == expected.udf)
  }

  private func compareCatalog(_ summary: ImageReport.ElToritoSummary?, _ oracle: Oracle.Catalog?) {
    let entries = summary?.entries.map {
      Oracle.Catalog.Entry(
        platform: $0.platform.rawValue, bootable: $0.bootable, emulation: $0.emulation.rawValue,
        loadSegment: $0.loadSegment, sectorCount: $0.sectorCount, lba: $0.lba)
    }
    #expect(entries == oracle?.entries)
    #expect(summary?.catalogLBA == oracle?.catalogLBA)
  }

  private func compareTables(_ report: ImageReport, _ oracle: Oracle) {
    // sfdisk takes the text of a boot sector for partition entries; a file system at block 0 has none.
    if let expected = oracle.mbr, report.kind != .superfloppy, oracle.group != "data",
      !KnownDifferences.programsWithTables.contains(oracle.name)
    {
      let entries = report.mbr?.entries.map {
        Oracle.MBR.Entry(
          index: $0.index, active: $0.active, type: $0.type, startLBA: $0.startLBA,
          sectors: $0.type == 0xEE ? 0 : $0.sectors)
      }
      #expect(entries == expected.entries.map(\.withoutProtectiveSize))
    }
    if let expected = oracle.gpt {
      compareGPT(report.gpt, expected, oracle.name)
    } else {
      #expect((report.gpt != nil) == KnownDifferences.gptThatWitnessesIgnore.contains(oracle.name))
    }
    if let expected = oracle.apm {
      #expect(report.apm?.blockSize == expected.blockSize)
      let partitions = report.apm?.partitions.map {
        Oracle.APM.Partition(name: $0.name, type: $0.type, start: $0.start, blocks: $0.blocks)
      }
      #expect(Set(partitions ?? []).isSuperset(of: expected.partitions))
    }
  }

  private func compareGPT(_ summary: ImageReport.GPTSummary?, _ expected: Oracle.GPT, _ name: String) {
    guard let summary else {
      Issue.record("the witnesses read a GPT, we do not")
      return
    }
    let partitions = summary.partitions.map {
      Oracle.GPT.Partition(
        index: $0.index, typeGUID: $0.typeGUID, name: $0.name, firstLBA: $0.firstLBA, lastLBA: $0.lastLBA)
    }
    #expect(partitions == expected.partitions)
    #expect(summary.sectorSize == expected.sectorSize)
    if let valid = expected.headerValid { #expect(summary.headerValid == valid) }
    // Without a primary header the entries that we judge are the backup's.
    if let valid = expected.entriesValid, summary.headerValid { #expect(summary.entriesValid == valid) }
    switch expected.backup {
    case "damaged": #expect([.missing, .invalid].contains(summary.backup))
    case let state?: #expect(summary.backup.rawValue == state)
    case nil: break
    }
  }

  private func compareLoaders(_ report: ImageReport, _ oracle: Oracle) {
    guard let expected = oracle.efi else { return }
    let found = report.efi.map {
      Oracle.Loader(
        path: $0.path.drop { $0 == "/" }.uppercased(), where: $0.place == .udf ? "iso" : $0.place.rawValue,
        architecture: $0.architecture?.rawValue, signed: $0.signed)
    }.filter { ($0.path.split(separator: "/").last ?? "").hasPrefix("BOOT") }
    if KnownDifferences.gptThatWitnessesIgnore.contains(oracle.name) {
      #expect(!found.isEmpty)
    } else {
      #expect(Set(found) == Set(expected))
    }
  }
}

extension ImageCorpus.Oracle.MBR.Entry {
  /// sfdisk prints the size that it would give a protective entry, and not the one that is there.
  fileprivate var withoutProtectiveSize: Self {
    var copy = self
    if type == 0xEE { copy.sectors = 0 }
    return copy
  }
}

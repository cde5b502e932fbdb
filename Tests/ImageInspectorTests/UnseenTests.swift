import BlockIO
import DiskFormats
import FuzzTargets
import TestSupport
import Testing

@testable import ImageInspector

/// The report on the beginning of an image, of which the rest cannot be looked at.
private func report(on image: some RandomAccessBytes, beginning count: Int) throws -> ImageReport {
  let bytes = UnpackedBytes(try image.prefix(at: 0, upTo: count), isWhole: false)
  var inspection = Inspection(bytes, seenByteCount: bytes.seenByteCount)
  try inspection.run()
  return ImageInspector.report(on: inspection.facts, bytes)
}

/// Fails where a report on the beginning says what the report on the whole denies.
private func expectNothingFalse(_ part: ImageReport, _ whole: ImageReport, _ what: String) {
  typealias Answer = ImageReport.BootVerdicts.Answer
  let answers: [(KeyPath<ImageReport.BootVerdicts, Answer>, String)] = [
    (\.stickBIOS, "BIOS"), (\.stickUEFI, "UEFI"), (\.discBIOS, "disc BIOS"), (\.discUEFI, "disc UEFI"),
    (\.secureBoot, "Secure Boot"),
  ]
  for (answer, name) in answers {
    let (ours, truth) = (part.boots[keyPath: answer], whole.boots[keyPath: answer])
    #expect(ours.value == .unknown || ours.value == truth.value, "\(what): \(name): \(ours.evidence)")
  }
  #expect(part.truncatedBy == 0, "\(what)")
  #expect(Set(part.boots.uefiArchitectures).isSubset(of: whole.boots.uefiArchitectures), "\(what)")
  let told = Set(part.findings.filter { $0.severity != .note }.map(\.id))
  // Both only repeat the answers, which are compared above.
  let known = whole.findings.map(\.id) + ["data-only", "unknown-content"]
  #expect(told.isSubset(of: known), "\(what)")
  #expect(part.findings.contains { $0.id == "partly-seen" }, "\(what)")
}

@Suite("What was not looked at is neither missing nor damaged") struct UnseenTests {
  @Test("no beginning of an image says what the whole denies")
  func beginnings() throws {
    var disk = FATImageBuilder()
    disk.add("BOOTX64.EFI", HybridImage.program)
    for image in [HybridImage.build(), UDFImage.build(), disk.build(), try gptDisk(espAt: 5000)] {
      let whole = try ImageInspector.inspect(image)
      for count in stride(from: 0, to: image.count, by: 16_384) {
        expectNothingFalse(try report(on: image, beginning: count), whole, "\(count) bytes")
      }
    }
  }

  @Test(
    "nor does one of a real image", .enabled(if: !ImageCorpus.isLeftOut), arguments: ImageCorpus.wellFormed)
  func realBeginnings(_ name: String) throws {
    let image = try ImageCorpus.bytes(name)
    let whole = try ImageInspector.inspect(image)
    guard whole.unpacked == nil, whole.kind != .container, whole.truncatedBy == 0 else { return }
    for count in [40_960, 1 << 20, 3 << 20, 8 << 20, 32 << 20] where count < image.byteCount {
      expectNothingFalse(try report(on: image, beginning: count), whole, "\(name), \(count) bytes")
    }
  }

  /// A disk whose ESP, a FAT with a loader, begins at a block.
  private func gptDisk(espAt first: UInt64) throws -> [UInt8] {
    var volume = FATImageBuilder()
    volume.add("BOOTX64.EFI", HybridImage.program)
    let content = volume.build()
    let last = first + UInt64(content.count / 512) - 1
    let esp = GPTEntry(
      index: 1, typeGUID: .efiSystem, uniqueGUID: .basicData, firstLBA: first, lastLBA: last, name: "ESP")
    let layout = try #require(
      GPTLayout(blockSize: 512, blockCount: last + 100, diskGUID: .linuxData, entries: [esp]))
    var disk = [UInt8](repeating: 0, count: Int(last + 100) * 512)
    disk.overwrite(at: 0, with: layout.head)
    disk.overwrite(at: Int(layout.tailOffset), with: layout.tail)
    disk.overwrite(at: Int(first) * 512, with: content)
    return disk
  }

  @Test("an ESP behind the first 32 MiB: perhaps, and why; before it: yes")
  func farESP() throws {
    let far = try ImageInspector.inspect(gzip(gptDisk(espAt: 70_000)))
    #expect(far.unpacked?.kind == .disk)
    #expect(far.unpacked?.seenByteCount == 32 << 20)
    #expect(far.boots.stickBIOS.value == .no, "there is no boot code, wherever the rest lies")
    #expect(far.boots.stickUEFI.value == .unknown)
    #expect(far.boots.stickUEFI.evidence.contains("first 32 MiB"))
    #expect(far.boots.secureBoot.value == .unknown)
    #expect(far.gpt?.headerValid == true && far.gpt?.backup == .unseen)
    #expect(far.verdict == .decompress)
    #expect(far.findings.map(\.id) == ["partly-seen", "uefi-only"])
    let words = try #require(far.findings.first?.text)
    #expect(words.hasPrefix("Only the first 32 MiB of the image inside were looked at"))
    let near = try ImageInspector.inspect(gzip(gptDisk(espAt: 2048) + [UInt8](repeating: 0, count: 33 << 20)))
    #expect(near.boots.stickUEFI.value == .yes)
    #expect(near.findings.map(\.id) == ["partly-seen", "uefi-only"])
  }

  @Test("each thing that decides is unknown where it lies behind")
  func rules() {
    func answers(_ change: (inout BootFacts) -> Void) -> ImageReport {
      var facts = SyntheticFacts.hybrid()
      facts.seenByteCount = 1 << 20
      change(&facts)
      return ImageInspector.report(on: facts)
    }
    #expect(answers { $0.mbr?.target?.isUnseen = true }.boots.stickBIOS.value == .unknown)
    #expect(
      answers { $0.mbr?.target?.isUnseen = true }.findings.map(\.id).contains("boot-code-astray") == false)
    let active = answers {
      $0.mbr = SyntheticFacts.mbr(.syslinuxMBR, [SyntheticFacts.entry(1, type: 0x0C)])
      $0.mbr?.active = [.init(index: 1, sector: .unseen)]
    }
    #expect(active.boots.stickBIOS.value == .unknown)
    let freeBSD = answers {
      $0.mbr = SyntheticFacts.mbr(.freeBSDProtective)
      $0.gpt = SyntheticFacts.gpt()
      $0.gpt?.freeBSDBoot = .unseen
    }
    #expect(freeBSD.boots.stickBIOS.value == .unknown)
    let catalog = answers {
      $0.catalog?.isReadable = false
      $0.catalog?.isUnseen = true
    }
    #expect(catalog.boots.discBIOS.value == .unknown && catalog.boots.discUEFI.value == .unknown)
    #expect(catalog.findings.map(\.id).contains("catalog-unreadable") == false)
    #expect(answers { $0.catalog?.images[0].isUnseen = true }.boots.discBIOS.value == .unknown)
    let chain = answers {
      $0.volumes = []
      $0.mbr?.isChainUnseen = true
    }
    #expect(chain.boots.stickUEFI.value == .unknown)
    #expect(
      answers {
        $0.isBlind = true; $0.mbr = nil
      }.boots.stickBIOS.value == .unknown)
  }

  @Test("a primary GPT that is no good leaves its backup at the end")
  func backup() {
    var facts = SyntheticFacts.disk()
    facts.gpt = SyntheticFacts.gpt(headerValid: false)
    #expect(ImageInspector.report(on: facts).boots.stickUEFI.value == .no)
    facts.seenByteCount = 1 << 20
    facts.gpt?.summary.backup = .unseen
    #expect(ImageInspector.report(on: facts).boots.stickUEFI.value == .unknown)
    facts.gpt = nil
    facts.volumes = []
    facts.mbr?.hasProtectiveEntry = true
    #expect(ImageInspector.report(on: facts).boots.stickUEFI.value == .unknown)
    #expect(!ImageInspector.report(on: facts).findings.map(\.id).contains("gpt-missing"))
    facts.mbr?.hasProtectiveEntry = false
    #expect(ImageInspector.report(on: facts).boots.stickUEFI.value == .no)
  }

  @Test("what may boot as it is is not sent to have its files copied")
  func fileCopy() {
    var facts = SyntheticFacts.hybrid()
    facts.mbr = SyntheticFacts.mbr(.none)
    facts.volumes = []
    facts.tree = TreeFacts(place: .iso)
    facts.tree?.loaders = [LoaderFacts(path: "EFI/BOOT/BOOTX64.EFI", place: .iso)]
    facts.seenByteCount = 1 << 20
    #expect(ImageInspector.report(on: facts).verdict == .fileCopy)
    facts.volumes = [FATVolumeFacts(origin: .mbrESP(2), format: nil)]
    facts.volumes[0].isUnseen = true
    #expect(ImageInspector.report(on: facts).verdict == .raw)
    #expect(!ImageInspector.report(on: facts).findings.map(\.id).contains("not-hybrid"))
  }
}

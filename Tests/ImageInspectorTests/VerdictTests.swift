import DiskFormats
import ImageInspector
import Testing

@Suite("F1, F4, F5, F6: kind, disc, verdict, length, Secure Boot") struct VerdictTests {
  private func report(_ facts: BootFacts) -> ImageReport { ImageInspector.report(on: facts) }

  @Test(
    "first the content decides",
    arguments: [
      (LeadingContent.empty, ImageReport.Kind.unknown, ImageReport.Verdict.refuse),
      (.tooShort, .unknown, .refuse), (.zeroes, .unknown, .refuse), (.document("html"), .unknown, .refuse),
      (.compressed("xz"), .compressed, .decompress), (.container("qcow2"), .container, .convert),
      (.container("wim"), .container, .refuse),
    ])
  func content(_ content: LeadingContent, _ kind: ImageReport.Kind, _ verdict: ImageReport.Verdict) {
    var facts = SyntheticFacts.hybrid()
    facts.content = content
    #expect(report(facts).kind == kind)
    #expect(report(facts).verdict == verdict)
    #expect(report(facts).boots.stickBIOS.value == .no)
  }

  @Test("then volumes, tables and file systems, in this order")
  func kind() {
    var facts = SyntheticFacts.hybrid()
    #expect(report(facts).kind == .iso9660)
    facts.optical?.hasISO9660 = false
    #expect(report(facts).kind == .udf)
    facts.optical = nil
    #expect(report(facts).kind == .disk)
    facts.mbr = SyntheticFacts.mbr(.fat)
    facts.content = .fileSystem("fat16")
    #expect(report(facts).kind == .superfloppy)
    #expect(report(facts).content == "fat16")
    #expect(report(SyntheticFacts.empty()).kind == .unknown)
  }

  @Test("a hybrid is written raw")
  func raw() {
    let report = report(SyntheticFacts.hybrid())
    #expect(report.verdict == .raw)
    #expect(report.boots.discBIOS.value == .yes)
    #expect(report.boots.discUEFI.value == .yes)
    #expect(report.efi.count == 1)
  }

  @Test("Windows is copied, even where somebody made it hybrid")
  func windows() {
    var facts = SyntheticFacts.hybrid()
    facts.tree = TreeFacts(place: .udf)
    facts.tree?.isWindows = true
    #expect(report(facts).verdict == .fileCopy)
  }

  @Test("what does not boot raw is copied if its tree has a loader, else nothing boots")
  func fileCopy() {
    var facts = SyntheticFacts.hybrid()
    facts.mbr = nil
    facts.volumes = []
    #expect(report(facts).verdict == .notBootable)
    facts.tree = TreeFacts(place: .iso)
    facts.tree?.loaders = [LoaderFacts(path: "EFI/BOOT/BOOTX64.EFI", place: .iso)]
    #expect(report(facts).verdict == .fileCopy)
    facts.tree?.loaders[0].byteCount = 10
    #expect(report(facts).verdict == .notBootable)
  }

  @Test("an image for a Raspberry Pi is written raw, and one that may boot as well")
  func maybe() {
    var facts = SyntheticFacts.empty()
    facts.mbr = SyntheticFacts.mbr(.none, [SyntheticFacts.entry(1, type: 0x0C)])
    #expect(report(facts).verdict == .notBootable)
    facts.volumes = [FATVolumeFacts(origin: .mbrFAT(1))]
    facts.volumes[0].hasRaspberryPiFirmware = true
    #expect(report(facts).verdict == .raw)
    facts.volumes = []
    facts.mbr = SyntheticFacts.mbr(.unknown)
    #expect(report(facts).verdict == .raw)
  }

  @Test("an obstacle refuses", arguments: [BootFacts.Obstacle.budgetExhausted, .shrunk(available: 5)])
  func obstacle(_ obstacle: BootFacts.Obstacle) {
    var facts = SyntheticFacts.hybrid()
    facts.obstacles = [obstacle]
    #expect(report(facts).verdict == .refuse)
  }

  @Test("a disc's entries must be there, and UEFI asks for a valid catalog")
  func disc() {
    var facts = SyntheticFacts.hybrid()
    facts.catalog?.summary.checksumValid = false
    #expect(report(facts).boots.discBIOS.value == .unknown)
    #expect(report(facts).boots.discUEFI.value == .no)
    facts = SyntheticFacts.hybrid()
    facts.catalog?.images[0].isInside = false
    #expect(report(facts).boots.discBIOS.value == .no)
    facts.catalog?.images[0] = CatalogFacts.Image(offset: 0, isBlank: true)
    #expect(report(facts).boots.discBIOS.value == .no)
    facts.catalog?.summary.entries[0].bootable = false
    #expect(report(facts).boots.discBIOS.value == .no)
    facts.catalog?.isReadable = false
    #expect(report(facts).boots.discUEFI.value == .no)
    facts.catalog = nil
    #expect(report(facts).boots.discUEFI.value == .no)
  }

  @Test("the missing bytes are counted exactly", arguments: [1, 2048, 307_200, 307_201, 10 << 20])
  func truncated(_ missing: UInt64) {
    var facts = SyntheticFacts.hybrid()
    facts.mbr = nil
    facts.optical?.isoEnd = facts.byteCount + missing
    let isPadding = missing == 2048 || missing == 307_200
    if isPadding {
      #expect(report(facts).truncatedBy == 0)
      #expect(report(facts).findings.contains { $0.id == "padding-missing" })
      facts.optical?.filesEnd = facts.byteCount + 1
    } else {
      facts.byteCount -= missing % 2048
      facts.optical?.isoEnd = facts.byteCount + missing
    }
    #expect(report(facts).truncatedBy == missing)
    #expect(report(facts).verdict == .refuse)
  }

  @Test("a longer medium is never truncated, and cylinders are rounded")
  func longer() {
    var facts = SyntheticFacts.hybrid()
    facts.byteCount *= 4
    #expect(report(facts).truncatedBy == 0)
    facts = SyntheticFacts.hybrid()
    facts.mbr?.entries[0].sectors += 2048
    #expect(report(facts).truncatedBy == 0)
    #expect(report(facts).findings.contains { $0.id == "partition-beyond-end" })
    facts.mbr?.entries[1].sectors = 200_000
    #expect(report(facts).truncatedBy == (2048 + 200_000) * 512 - facts.byteCount)
  }

  @Test("a GPT whose partitions are cut off says how long the disk was")
  func truncatedGPT() {
    var facts = SyntheticFacts.disk()
    facts.gpt = SyntheticFacts.gpt(headerValid: false, last: 200_000)
    #expect(report(facts).truncatedBy == 0)
    facts.gpt?.isCutOff = true
    facts.gpt?.expectedEnd = 200_100 * 512
    #expect(report(facts).truncatedBy == 200_100 * 512 - facts.byteCount)
    facts.gpt = SyntheticFacts.gpt(headerValid: false)
    facts.gpt?.isCutOff = true
    facts.gpt?.expectedEnd = 200_100 * 512
    #expect(report(facts).truncatedBy == 0)
    #expect(report(facts).findings.contains { $0.id == "gpt-tail-missing" })
  }

  @Test("Secure Boot asks for signatures on everything that would start")
  func secureBoot() {
    var facts = SyntheticFacts.disk()
    #expect(report(facts).boots.secureBoot.value == .no)
    facts.volumes = [SyntheticFacts.volume(.gptESP(1), signed: true)]
    #expect(report(facts).boots.secureBoot.value == .yes)
    facts.volumes[0].loaders += SyntheticFacts.volume(.gptESP(1), .ia32).loaders
    #expect(report(facts).boots.secureBoot.value == .unknown)
    facts.volumes = []
    facts.tree = TreeFacts(place: .iso)
    facts.tree?.loaders = SyntheticFacts.volume(.gptESP(1), signed: true).loaders
    #expect(report(facts).boots.secureBoot.value == .yes)
    #expect(report(SyntheticFacts.empty()).boots.secureBoot.value == .no)
  }
}

import DiskFormats
import FuzzTargets
import ImageInspector
import Testing

@Suite("Findings") struct FindingTests {
  /// For each id, facts that lead to it; the compiler asks for a new one where an id is added.
  private static func facts(leadingTo id: FindingID) -> BootFacts {
    var facts = SyntheticFacts.hybrid()
    switch id {
    case .empty: facts.content = .empty
    case .tooShort: facts.content = .tooShort
    case .allZeroes: facts.content = .zeroes
    case .compressed: facts.content = .compressed("gzip")
    // These are told about the file around an image.
    case .packedInside, .packedDamaged, .packedTruncated, .packedTrailing, .packedTooDemanding,
      .packedUnsupported,
      .archiveEmpty, .archiveAmbiguous, .memberNotFound, .archiveEncrypted, .archiveNested, .containerDamaged,
      .containerUnsupported, .containerNotClosed, .containerSnapshots, .containerTrailer:
      break
    case .partlySeen: facts.seenByteCount = 1 << 20
    case .container: facts.content = .container("vdi")
    case .notAnImage: facts.content = .document("html")
    case .unknownContent: facts = SyntheticFacts.empty()
    case .dataOnly:
      facts = SyntheticFacts.empty()
      facts.mbr = SyntheticFacts.mbr(.none)
    case .shrunk: facts.obstacles = [.shrunk(available: 1)]
    case .tooComplex: facts.obstacles = [.budgetExhausted]
    case .truncated: facts.optical?.isoEnd *= 2
    case .paddingMissing: facts.optical?.isoEnd += 2048
    case .otherDiscFormat: facts.optical?.relative = "CD-i"
    case .descriptorsUnterminated: facts.optical?.isTerminated = false
    case .byteOrdersDisagree: facts.optical?.byteOrdersAgree = false
    case .oddBlockSize: facts.optical?.blockSize = 512
    case .directoryDamaged: facts.optical?.hasReadableRoot = false
    case .directoryCycle: facts.optical?.anomalies = [.init(.cycle, at: 1, count: 2)]
    case .treeTooLarge: facts.optical?.anomalies = [.init(.tooLarge, at: 1)]
    case .udfUnreadable: facts.optical?.hasUDF = true
    case .catalogUnreadable: facts.catalog?.isReadable = false
    case .catalogInvalid: facts.catalog?.isValidationWhole = false
    case .catalogDisorderly: facts.catalog?.isOrderly = false
    case .catalogPlatform: facts.catalog?.unknownPlatform = 0x80
    case .catalogHidesESP:
      facts.catalog = SyntheticFacts.catalog([(.bios, 100)])
      facts.volumes.removeLast()
    case .bootImageMissing: facts.catalog?.images[0].isInside = false
    case .emulation: facts.catalog?.summary.entries[0].emulation = .floppy144
    case .bootCodeAstray: facts.mbr?.target?.hasIsolinuxMagic = false
    case .noActivePartition: facts.mbr?.entries[0].active = false
    case .severalActivePartitions: facts.mbr?.entries[1].active = true
    case .partitionsOverlap: facts.mbr?.overlaps = [.init(first: 1, second: 2)]
    case .partitionBeyondEnd: facts.mbr?.entries[0].sectors += 1
    case .gpt4096: facts.gpt = SyntheticFacts.gpt(sectorSize: 4096)
    case .mbr4096: facts.mbr?.index4096 = 2
    case .gptMissing: facts.mbr?.hasProtectiveEntry = true
    case .gptPartitionAbsurd:
      facts.gpt = SyntheticFacts.gpt()
      facts.gpt?.absurdIndexes = [1]
    case .logicalChainBroken: facts.mbr?.brokenChain = 512
    case .partitionsLeftOut: facts.mbr?.isChainCutShort = true
    case .gptHeaderInvalid: facts.gpt = SyntheticFacts.gpt(headerValid: false)
    case .gptEntriesInvalid: facts.gpt = SyntheticFacts.gpt(entriesValid: false)
    case .gptUnprotected: facts.gpt = SyntheticFacts.gpt()
    case .gptBackupMissing: facts.gpt = SyntheticFacts.gpt(backup: .missing)
    case .gptBackupMisplaced: facts.gpt = SyntheticFacts.gpt(backup: .misplaced)
    case .gptBackupInvalid: facts.gpt = SyntheticFacts.gpt(backup: .invalid)
    case .gptTailMissing:
      facts = SyntheticFacts.disk()
      facts.gpt?.isCutOff = true
      facts.gpt?.expectedEnd = facts.byteCount + 512
    case .espUnreadable: facts.volumes[0].format = nil
    case .fatDamaged: facts.volumes[0].isDamaged = true
    case .fatBeyondPartition: facts.volumes[0].fatByteCount = facts.volumes[0].byteCount + 1
    case .loaderMismatch: facts.volumes[0].loaders[0].architecture = .ia32
    case .loaderBroken: facts.volumes[0].loaders[0].isWhole = false
    case .unsigned: break
    case .notHybrid:
      facts.mbr = nil
      facts.volumes = []
    case .biosOnly: facts.volumes = []
    case .uefiOnly: facts = SyntheticFacts.disk()
    case .ia32Only: facts = SyntheticFacts.disk(.ia32)
    case .mbrOnlyESP: break
    case .windows, .fileTooLarge:
      facts.tree = TreeFacts(place: .udf)
      facts.tree?.isWindows = true
      facts.tree?.largeFiles = [.init(name: "install.wim", byteCount: 5 << 30)]
    case .macOS:
      facts.tree = TreeFacts(place: .iso)
      facts.tree?.isMacOS = true
    case .raspberryPi:
      facts = SyntheticFacts.empty()
      facts.mbr = SyntheticFacts.mbr(.none, [SyntheticFacts.entry(1, type: 0x0C)])
      facts.volumes = [FATVolumeFacts(origin: .mbrFAT(1))]
      facts.volumes[0].hasRaspberryPiFirmware = true
    }
    return facts
  }

  @Test("every id is reached, with its severity and plain words", arguments: FindingID.allCases)
  func reached(_ id: FindingID) throws {
    let report =
      switch id {
      case .packedInside:
        try ImageInspector.inspect(gzip(gzip(gzip(gzip([UInt8](repeating: 1, count: 512))))))
      case .memberNotFound: try ImageInspector.inspect(gzip([1, 2, 3]), member: "image")
      case .packedDamaged: try ImageInspector.inspect(gzip([1, 2, 3]).map { $0 == 2 ? 4 : $0 })
      case .packedTruncated: try ImageInspector.inspect(Array(gzip([1, 2, 3]).dropLast()))
      case .packedTrailing: try ImageInspector.inspect(gzip([1, 2, 3]) + [1])
      case .packedTooDemanding: try ImageInspector.inspect(Self.zstd(descriptor: 0, 0xA8))
      case .packedUnsupported: try ImageInspector.inspect(Self.zstd(descriptor: 1, 0, 7))
      case .archiveEmpty, .archiveAmbiguous, .archiveEncrypted, .archiveNested:
        try ImageInspector.inspect(packed([UInt8](repeating: 7, count: 70_000), Self.archive(id)))
      case .containerDamaged: try ImageInspector.inspect(Self.qcow2(setting: 9, at: 21))
      case .containerUnsupported: try ImageInspector.inspect(Self.qcow2(setting: 1, at: 35))
      case .containerNotClosed: try ImageInspector.inspect(Self.qcow2(setting: 1, at: 79))
      case .containerSnapshots: try ImageInspector.inspect(Self.qcow2(setting: 1, at: 63))
      case .containerTrailer: try ImageInspector.inspect(Self.rawDisc)
      default: ImageInspector.report(on: Self.facts(leadingTo: id))
      }
    let finding = try #require(report.findings.first { $0.id == id.rawValue })
    #expect(finding.severity == id.severity)
    #expect(finding.text.hasSuffix("."))
    #expect(finding.text.allSatisfy { $0.isASCII })
  }

  /// A disc in raw sectors of form 1, with one of form 2 behind the end of its volume.
  private static var rawDisc: [UInt8] {
    var disc: [UInt8] = []
    for number in 0..<20 {
      let subheader: [UInt8] = [0, 0, number == 19 ? 0x20 : 8, 0]
      var sector: [UInt8] = [0] + [UInt8](repeating: 0xFF, count: 10)
      sector += [0, 0, 2, UInt8((number / 10) << 4 | number % 10), 2] + subheader + subheader
      sector += [UInt8](repeating: 0, count: 2352 - sector.count)
      if number == 16 {
        sector.replaceSubrange(24..<31, with: [1] + Array("CD001".utf8) + [1])
        sector.replaceSubrange(104..<112, with: [19, 0, 0, 0, 0, 0, 0, 19])
        sector.replaceSubrange(152..<156, with: [0, 8, 8, 0])
      }
      disc += sector
    }
    return disc
  }

  /// A frame of Zstandard; its window, where there is no dictionary, is of 2 GiB for 0xA8.
  private static func zstd(descriptor: UInt8, _ bytes: UInt8...) -> [UInt8] {
    [0x28, 0xB5, 0x2F, 0xFD, descriptor] + bytes + [UInt8](repeating: 0, count: 600)
  }

  /// How to make an archive that no image comes out of.
  private static func archive(_ id: FindingID) -> String {
    switch id {
    case .archiveEmpty: "{ : >nothing; tar c nothing; }"
    case .archiveAmbiguous: "{ cp image other; tar c image other | gzip; }"
    case .archiveEncrypted: "{ zip -q -P x a.zip image; cat a.zip; }"
    default: "{ zip -q -0 a.zip image; gzip -c a.zip; }"
    }
  }

  /// The lowest bytes of the incompatible features and of the number of snapshots are at 79 and 63.
  private static func qcow2(setting value: UInt8, at offset: Int) -> [UInt8] {
    var image = ContainerImages.qcow2(isPacked: false)
    image[offset] = value
    return image
  }

  @Test("ids are stable names of small letters, digits and hyphens")
  func names() {
    for id in FindingID.allCases {
      #expect(id.rawValue.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" })
    }
  }

  @Test("errors come first, then warnings, then notes")
  func order() {
    var facts = SyntheticFacts.hybrid()
    facts.optical?.isoEnd *= 2
    facts.optical?.hasUDF = true
    let severities = ImageInspector.report(on: facts).findings.map(\.severity)
    let order: [ImageReport.Finding.Severity] = [.error, .warning, .note]
    #expect(severities.compactMap(order.firstIndex) == severities.compactMap(order.firstIndex).sorted())
    #expect(Set(severities).count == 3)
  }

  @Test("three of a kind are told, and how many more there are")
  func shortened() {
    var facts = SyntheticFacts.hybrid()
    for index in 1...100 {
      facts.volumes.append(FATVolumeFacts(origin: .gptESP(index), offset: UInt64(index), format: nil))
    }
    let findings = ImageInspector.report(on: facts).findings.filter { $0.id == "esp-unreadable" }
    #expect(findings.count == 3)
    #expect(findings.last?.text.hasSuffix("There are 97 more of this kind.") == true)
  }

  @Test("a loader without a signature counts where firmware reads it")
  func unsigned() {
    var facts = SyntheticFacts.hybrid()
    for index in facts.volumes.indices { facts.volumes[index].loaders[0].isSigned = true }
    facts.tree = TreeFacts(place: .iso)
    facts.tree?.loaders = [LoaderFacts(path: "EFI/BOOT/BOOTX64.EFI", place: .iso)]
    let report = ImageInspector.report(on: facts)
    #expect(report.boots.secureBoot.value == .yes)
    #expect(!report.findings.map(\.id).contains("unsigned"))
    facts.volumes = []
    #expect(ImageInspector.report(on: facts).findings.map(\.id).contains("unsigned"))
  }

  @Test("an ordinary hybrid gives nothing but notes")
  func quiet() {
    let report = ImageInspector.report(on: SyntheticFacts.hybrid())
    #expect(report.findings.allSatisfy { $0.severity == .note })
  }
}

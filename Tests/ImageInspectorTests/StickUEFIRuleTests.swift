import DiskFormats
import ImageInspector
import Testing

@Suite("F3: a stick and UEFI") struct StickUEFIRuleTests {
  private func result(_ facts: BootFacts) -> String {
    let result = StickUEFIRule.result(facts)
    return ([result.answer.value.rawValue] + result.architectures.map(\.rawValue)).joined(separator: " ")
  }

  @Test("an ESP in a valid GPT: yes, for the architectures of its loaders")
  func gpt() {
    var facts = SyntheticFacts.disk()
    #expect(result(facts) == "yes x64")
    facts.volumes[0].loaders += SyntheticFacts.volume(.gptESP(1), .ia32).loaders
    #expect(result(facts) == "yes x64 ia32")
    facts.volumes[0].origin = .gptOther(1)
    #expect(result(facts) == "yes x64 ia32")
  }

  @Test("a GPT with wrong checksums or without a protective MBR depends on the firmware")
  func doubtfulGPT() {
    var facts = SyntheticFacts.disk()
    facts.gpt?.isUsable = false
    #expect(result(facts) == "no")
    facts.gpt?.isCutOff = true
    #expect(result(facts) == "unknown x64")
    facts = SyntheticFacts.disk()
    facts.mbr = SyntheticFacts.mbr(.none)
    #expect(result(facts) == "unknown x64")
    facts.mbr = nil
    #expect(result(facts) == "unknown x64")
  }

  @Test("a partition that firmware is told to leave alone is not started from")
  func hidden() {
    var facts = SyntheticFacts.disk()
    facts.gpt?.hiddenIndexes = [2]
    #expect(result(facts) == "yes x64")
    facts.gpt?.hiddenIndexes = [1]
    #expect(result(facts) == "no")
  }

  @Test("a GPT made for 4096-byte blocks is not read on a stick")
  func gpt4096() {
    var facts = SyntheticFacts.disk()
    facts.gpt = SyntheticFacts.gpt(sectorSize: 4096)
    #expect(result(facts) == "no")
    #expect(StickUEFIRule.result(facts).answer.evidence.contains("4096"))
  }

  @Test("an ESP or a FAT in the MBR: yes, unless a GPT hides it or partitions overlap")
  func mbr() {
    var facts = SyntheticFacts.hybrid()
    #expect(result(facts) == "yes x64")
    facts.volumes[0].origin = .mbrFAT(2)
    #expect(result(facts) == "yes x64")
    facts.volumes.removeLast()
    facts.mbr?.overlaps = [MBRFacts.Pair(first: 1, second: 2)]
    #expect(result(facts) == "unknown x64")
    facts.mbr?.overlaps = []
    facts.mbr?.hasProtectiveEntry = true
    facts.gpt = SyntheticFacts.gpt()
    #expect(result(facts) == "unknown x64")
  }

  @Test("a logical partition that EDK2 does not find depends on the firmware")
  func passedOver() {
    var facts = SyntheticFacts.hybrid()
    facts.volumes = [SyntheticFacts.volume(.mbrESP(5))]
    facts.catalog = nil
    facts.mbr?.logical = [SyntheticFacts.entry(5, type: 0xEF)]
    #expect(result(facts) == "yes x64")
    facts.mbr?.passedOver = [5]
    #expect(result(facts) == "unknown x64")
  }

  @Test("what was not looked at for its number leaves a no open, and not a yes")
  func leftOut() {
    let changes: [(inout BootFacts) -> Void] = [
      { $0.mbr?.isChainCutShort = true }, { $0.hasUnopenedPartitions = true },
      { $0.gpt?.unreadByteCount = 16 << 20 },
    ]
    for change in changes {
      var facts = SyntheticFacts.disk()
      change(&facts)
      #expect(result(facts) == "yes x64")
      facts.volumes = []
      #expect(result(facts) == "unknown")
    }
    // Any of the others may share blocks with the one that has the loader.
    var facts = SyntheticFacts.disk()
    facts.gpt?.partitionCount = 9000
    #expect(result(facts) == "unknown x64")
  }

  @Test("a partition beyond the end of what is cut off depends on the size of the stick")
  func beyondEnd() {
    var facts = SyntheticFacts.empty()
    let other = SyntheticFacts.entry(2, type: 0x83, start: 130_000, sectors: 1073)
    facts.mbr = SyntheticFacts.mbr(.none, [SyntheticFacts.entry(1, type: 0xEF), other])
    facts.volumes = [SyntheticFacts.volume(.mbrESP(1))]
    #expect(result(facts) == "unknown x64")
    #expect(StickUEFIRule.result(facts).answer.evidence.contains("partition 2 reaches beyond the end"))
    facts.mbr?.entries[1].sectors = 1072
    #expect(result(facts) == "yes x64")
  }

  @Test("a superfloppy depends on the firmware")
  func superfloppy() {
    var facts = SyntheticFacts.empty()
    facts.volumes = [SyntheticFacts.volume(.superfloppy)]
    #expect(result(facts) == "unknown x64")
  }

  @Test("El Torito alone depends on the firmware, and a broken catalog is nothing")
  func elTorito() {
    var facts = SyntheticFacts.hybrid()
    facts.mbr = nil
    facts.volumes.removeFirst()
    #expect(result(facts) == "unknown x64")
    facts.mbr = SyntheticFacts.mbr(.isolinuxIsohybrid, [SyntheticFacts.entry(1, type: 0x17, start: 0)])
    #expect(result(facts) == "unknown x64")
    facts.catalog?.summary.checksumValid = false
    #expect(result(facts) == "no")
  }

  @Test("a loader for another machine, too short or cut off is none")
  func loaders() {
    let changes: [(inout LoaderFacts) -> Void] = [
      { $0.architecture = .ia32 }, { $0.byteCount = 255 }, { $0.isWhole = false }, { $0.promised = nil },
      { $0.architecture = nil }, { $0.subsystem = 11 }, { $0.subsystem = 3 }, { $0.subsystem = nil },
      { $0.hasDamagedHeader = true },
    ]
    for change in changes {
      var facts = SyntheticFacts.disk()
      change(&facts.volumes[0].loaders[0])
      #expect(result(facts) == "no")
    }
  }

  @Test("the reason for a no says of a loader what is true of it")
  func loaderReasons() {
    let changes: [((inout LoaderFacts) -> Void, String)] = [
      ({ $0.byteCount = 0 }, "is empty"), ({ $0.byteCount = 255 }, "too short"),
      ({ ($0.machine, $0.architecture) = (nil, nil) }, "no program"), ({ $0.isWhole = false }, "cut off"),
      ({ $0.architecture = .ia32 }, "for ia32, not for x64"), ({ $0.subsystem = 12 }, "a driver"),
      ({ ($0.machine, $0.architecture) = (0x1234, nil) }, "machine 0x1234"),
      ({ $0.hasDamagedHeader = true }, "header is damaged"),
      ({ $0.subsystem = 3 }, "none for UEFI"), ({ $0.promised = nil }, "not known"),
    ]
    for (change, words) in changes {
      var facts = SyntheticFacts.disk()
      change(&facts.volumes[0].loaders[0])
      let evidence = StickUEFIRule.result(facts).answer.evidence
      #expect(evidence.contains("BOOTX64.EFI is ") && evidence.contains(words))
      let findings = ImageInspector.report(on: facts).findings.filter { $0.id.hasPrefix("loader-") }
      #expect(findings.allSatisfy { $0.text.contains(words) })
      #expect(findings.count == (words == "not known" ? 0 : 1))
    }
  }

  @Test("the reason for a no names what is missing")
  func reasons() {
    var facts = SyntheticFacts.empty()
    #expect(StickUEFIRule.result(facts).answer.evidence.contains("no FAT volume with a loader"))
    facts.tree = TreeFacts(place: .iso)
    facts.tree?.loaders = SyntheticFacts.volume(.superfloppy).loaders
    #expect(StickUEFIRule.result(facts).answer.evidence.contains("disc's own file system"))
    facts.volumes = [FATVolumeFacts(origin: .gptESP(1))]
    #expect(StickUEFIRule.result(facts).answer.evidence.contains("no FAT volume holds a loader"))
  }
}

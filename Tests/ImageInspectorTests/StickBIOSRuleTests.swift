import DiskFormats
import ImageInspector
import Testing

@Suite("F2: a stick and a BIOS") struct StickBIOSRuleTests {
  typealias Value = ImageReport.BootVerdicts.Answer.Value

  private func value(_ mbr: MBRFacts?, _ change: (inout BootFacts) -> Void = { _ in }) -> Value {
    var facts = SyntheticFacts.empty()
    facts.mbr = mbr
    change(&facts)
    return StickBIOSRule.answer(facts).value
  }

  private func target(_ offset: UInt64, inside: Bool = true, blank: Bool = false) -> MBRFacts.Target {
    MBRFacts.Target(offset: offset, pointerOffset: 432, isInside: inside, isBlank: blank)
  }

  @Test("no signature or no code: no, even with an active partition")
  func nothing() {
    #expect(value(nil) == .no)
    let active = SyntheticFacts.entry(1, type: 0x0C, active: true)
    #expect(value(SyntheticFacts.mbr(.none, [active])) == .no)
  }

  @Test("isolinux: the pointer must lead to isolinux.bin")
  func isolinux() {
    var found = target(4096)
    found.hasIsolinuxMagic = true
    found.bootInfo = MBRFacts.BootInfo(imageBlock: 2)
    var mbr = SyntheticFacts.mbr(.isolinuxIsohybrid, target: found)
    #expect(value(mbr) == .yes)
    mbr.lacksLdlinux = true
    #expect(value(mbr) == .no)
    #expect(value(SyntheticFacts.mbr(.isolinuxIsohybrid, target: target(4096))) == .no)
    #expect(value(SyntheticFacts.mbr(.isolinuxIsohybrid, target: target(.max, inside: false))) == .no)
    #expect(value(SyntheticFacts.mbr(.isolinuxIsohybrid)) == .no)
  }

  @Test("isolinux: the boot info table must say where isolinux.bin lies")
  func bootInfoTable() {
    var found = target(4096)
    found.hasIsolinuxMagic = true
    #expect(value(SyntheticFacts.mbr(.isolinuxIsohybrid, target: found)) == .no)
    found.bootInfo = MBRFacts.BootInfo(imageBlock: 0)
    #expect(value(SyntheticFacts.mbr(.isolinuxIsohybrid, target: found)) == .no)
    found.bootInfo = MBRFacts.BootInfo(volumeBlock: 1000, imageBlock: 2)
    #expect(value(SyntheticFacts.mbr(.isolinuxIsohybrid, target: found)) == .unknown)
  }

  @Test(
    "GRUB's and memtest86+'s hybrids: the pointer must name the disc's BIOS image",
    arguments: [
      BootCode.Kind.grubHybrid, .memtest,
    ])
  func hybrid(_ code: BootCode.Kind) {
    let disc: (inout BootFacts) -> Void = {
      $0.catalog = SyntheticFacts.catalog([(.bios, 100), (.uefi, 300)])
    }
    var found = target(204_800)
    found.coreBlock = 405
    #expect(value(SyntheticFacts.mbr(code, target: found), disc) == .yes)
    #expect(value(SyntheticFacts.mbr(code, target: target(614_400)), disc) == .unknown)
    #expect(value(SyntheticFacts.mbr(code, target: target(204_800, blank: true)), disc) == .no)
    #expect(value(SyntheticFacts.mbr(code, target: target(204_800, inside: false)), disc) == .no)
    #expect(value(SyntheticFacts.mbr(code, target: target(204_800))) == .unknown)
  }

  @Test("GRUB's hybrid: behind it must be GRUB's core, which knows where it lies")
  func hybridCore() {
    func value(_ change: (inout MBRFacts.Target) -> Void) -> Value {
      var found = target(204_800)
      found.coreBlock = 405
      change(&found)
      return self.value(SyntheticFacts.mbr(.grubHybrid, target: found)) {
        $0.catalog = SyntheticFacts.catalog([(.bios, 100)])
      }
    }
    #expect(value { _ in } == .yes)
    #expect(value { $0.coreBlock = 2 } == .no)
    #expect(value { $0.coreBlock = nil } == .unknown)
    #expect(value { $0.hasIsolinuxMagic = true } == .no)
  }

  @Test("memtest86+'s bare image depends on the BIOS")
  func bareMemtest() { #expect(value(SyntheticFacts.mbr(.memtest)) == .unknown) }

  @Test("an installed GRUB: its core must be there")
  func grub() {
    var found = target(512)
    #expect(value(SyntheticFacts.mbr(.grub, target: found)) == .unknown)
    found.coreBlock = 2
    #expect(value(SyntheticFacts.mbr(.grub, target: found)) == .yes)
    for fault in [MBRFacts.CoreFault.behindEnd, .blank] {
      found.coreFault = fault
      #expect(value(SyntheticFacts.mbr(.grub, target: found)) == .no)
      #expect(value(SyntheticFacts.mbr(.grubLegacy, target: found)) == .no)
    }
    found.coreFault = nil
    found.isGPTHeader = true
    #expect(value(SyntheticFacts.mbr(.grub, target: found)) == .no)
    #expect(value(SyntheticFacts.mbr(.grub, target: target(512, blank: true))) == .no)
    #expect(value(SyntheticFacts.mbr(.grub, target: target(0))) == .no)
    #expect(value(SyntheticFacts.mbr(.grub, target: target(.max, inside: false))) == .no)
  }

  @Test(
    "generic code: one active partition with a boot sector",
    arguments: zip(
      [
        BootSector.loader("SYSLINUX"), .unknown, .stub, .hardDisk, .noCode, .missing,
        .withoutFile(loader: "Windows", file: "BOOTMGR"), .unreadableRoot(loader: "Windows", file: "BOOTMGR"),
        .astray(loader: "SYSLINUX"), .unsure(loader: "GRUB"), .itself, .withoutMark,
        .misplaced(loader: "Windows", hidden: 7, isCertain: false),
      ],
      [Value.yes, .yes, .no, .no, .no, .no, .no, .unknown, .no, .unknown, .no, .no, .unknown]))
  func active(_ sector: BootSector, _ expected: Value) {
    let entries = [SyntheticFacts.entry(1, type: 0x0C, active: true)]
    for code in [BootCode.Kind.syslinuxMBR, .windows, .kolibriOS, .parted, .freeBSD] {
      let one = MBRFacts.ActivePartition(index: 1, sector: sector)
      #expect(value(SyntheticFacts.mbr(code, entries, active: [one])) == expected)
      #expect(value(SyntheticFacts.mbr(code, entries, active: [one, one])) == .no)
      #expect(value(SyntheticFacts.mbr(code, entries)) == .no)
    }
    let gpt = MBRFacts.ActivePartition(index: 1, isGPT: true, sector: sector)
    #expect(value(SyntheticFacts.mbr(.syslinuxGPTMBR, active: [gpt])) == expected)
    #expect(value(SyntheticFacts.mbr(.syslinuxMBR, entries, active: [gpt])) == .no)
  }

  @Test("code that takes the first of several active partitions")
  func firstActive() {
    let entries = [SyntheticFacts.entry(1, type: 0x0C, active: true)]
    let first = MBRFacts.ActivePartition(index: 1, sector: .loader("SYSLINUX"))
    let second = MBRFacts.ActivePartition(index: 2, sector: .noCode)
    for code in [BootCode.Kind.reactOS, .debian] {
      #expect(value(SyntheticFacts.mbr(code, entries, active: [first, second])) == .yes)
      #expect(value(SyntheticFacts.mbr(code, entries, active: [second, first])) == .no)
      #expect(value(SyntheticFacts.mbr(code, entries)) == .no)
    }
  }

  @Test("Rufus's code starts the first partition, and goes by its status byte")
  func rufus() {
    let first = MBRFacts.ActivePartition(index: 1, sector: .loader("SYSLINUX"))
    func value(isActive: Bool) -> Value {
      let entries = [SyntheticFacts.entry(1, type: 0x0C, active: isActive)]
      return self.value(SyntheticFacts.mbr(.rufus, entries, active: [first]))
    }
    #expect(value(isActive: true) == .yes)
    #expect(value(isActive: false) == .unknown)
    #expect(self.value(SyntheticFacts.mbr(.rufusMessage)) == .no)
  }

  @Test("GRUB legacy: its next stage must be there")
  func legacyGRUB() {
    var found = target(512)
    #expect(value(SyntheticFacts.mbr(.grubLegacy, target: found)) == .unknown)
    found.coreBlock = 2
    #expect(value(SyntheticFacts.mbr(.grubLegacy, target: found)) == .yes)
    found.isGPTHeader = true
    #expect(value(SyntheticFacts.mbr(.grubLegacy, target: found)) == .no)
    #expect(value(SyntheticFacts.mbr(.grubLegacy, target: target(512, blank: true))) == .no)
    #expect(value(SyntheticFacts.mbr(.grubLegacy, target: target(0))) == .no)
    #expect(value(SyntheticFacts.mbr(.grubLegacy, target: target(.max, inside: false))) == .no)
    #expect(value(SyntheticFacts.mbr(.grubLegacy)) == .unknown)
  }

  @Test("grub4dos: the rest of it and GRLDR must be there, and not every partition can be looked into")
  func grub4DOS() {
    func value(_ hasRest: Bool?, _ index: Int?) -> Value {
      var mbr = SyntheticFacts.mbr(.grub4DOS)
      mbr.grub4DOS.hasRest = hasRest
      mbr.grub4DOS.index = index
      return self.value(mbr)
    }
    #expect(value(true, 1) == .yes)
    #expect(value(true, nil) == .unknown)
    #expect(value(nil, 1) == .unknown)
    #expect(value(false, 1) == .no)
  }

  @Test("gptmbr.bin: the GPT must be in block 1 of 512 bytes, whatever its checksums say")
  func primaryGPT() {
    func value(_ gpt: GPTFacts) -> Value {
      let active = MBRFacts.ActivePartition(index: 1, isGPT: true, sector: .loader("SYSLINUX"))
      return self.value(SyntheticFacts.mbr(.syslinuxGPTMBR, active: [active])) { $0.gpt = gpt }
    }
    var table = SyntheticFacts.gpt(headerValid: false, entriesValid: false)
    #expect(value(table) == .yes)
    table.hasPrimary = false
    #expect(value(table) == .no)
    #expect(value(SyntheticFacts.gpt(sectorSize: 4096)) == .no)
    table = SyntheticFacts.gpt(sectorSize: 4096)
    table.hasOtherPrimary = true
    #expect(value(table) == .unknown)
  }

  @Test("mbr.bin refuses a second mark, on an empty entry as well")
  func secondMark() {
    let entries = [SyntheticFacts.entry(1, type: 0x0C, active: true)]
    let active = MBRFacts.ActivePartition(index: 1, sector: .loader("SYSLINUX"))
    var mbr = SyntheticFacts.mbr(.syslinuxMBR, entries, active: [active])
    mbr.flaggedCount = 1
    #expect(value(mbr) == .yes)
    mbr.flaggedCount = 2
    #expect(value(mbr) == .no)
  }

  @Test("an odd status byte leaves neither a yes nor a no of code that goes by it")
  func oddStatus() {
    let entries = [SyntheticFacts.entry(1, type: 0x0C, active: true)]
    let active = MBRFacts.ActivePartition(index: 1, sector: .loader("SYSLINUX"))
    for active in [[active], []] {
      var mbr = SyntheticFacts.mbr(.windows, entries, active: active)
      mbr.hasOddStatus = true
      #expect(value(mbr) == .unknown)
    }
    var mbr = SyntheticFacts.mbr(.none, entries)
    mbr.hasOddStatus = true
    #expect(value(mbr) == .no)
  }

  @Test(
    "FreeBSD's code: a freebsd-boot partition that is not blank",
    arguments: zip(
      [GPTFacts.Loader.present, .blank, nil], [Value.yes, .no, .no]))
  func freeBSD(_ boot: GPTFacts.Loader?, _ expected: Value) {
    let found = value(SyntheticFacts.mbr(.freeBSDProtective)) { facts in
      facts.gpt = SyntheticFacts.gpt()
      facts.gpt?.freeBSDBoot = boot
    }
    #expect(found == expected)
  }

  @Test(
    "a file system at block 0: its own boot sector decides",
    arguments: zip(
      [
        BootSector.loader("SYSLINUX"), .unknown, .stub, .hardDisk, .noCode, .missing,
        .withoutFile(loader: "Windows", file: "BOOTMGR"), .unreadableRoot(loader: "Windows", file: "BOOTMGR"),
        .astray(loader: "SYSLINUX"), .unsure(loader: "GRUB"),
        .misplaced(loader: "Windows", hidden: 7, isCertain: false),
        .misplaced(loader: "SYSLINUX", hidden: 7, isCertain: true),
      ],
      [Value.yes, .unknown, .no, .no, .no, .no, .no, .unknown, .no, .unknown, .unknown, .no]))
  func superfloppy(_ sector: BootSector, _ expected: Value) {
    for code in [BootCode.Kind.fat, .ntfs, .exfat, .extlinux] {
      let boot = MBRFacts.ActivePartition(index: 0, sector: sector)
      #expect(value(SyntheticFacts.mbr(code, active: [boot])) == expected)
    }
  }

  @Test("what is not known stays unknown", arguments: [BootCode.Kind.unknown, .lilo])
  func unknown(_ code: BootCode.Kind) { #expect(value(SyntheticFacts.mbr(code)) == .unknown) }

  @Test("a yes without an active partition says so")
  func inactive() {
    var facts = SyntheticFacts.hybrid()
    #expect(!StickBIOSRule.answer(facts).evidence.contains("active"))
    facts.mbr?.entries[0].active = false
    #expect(StickBIOSRule.answer(facts).value == .yes)
    #expect(StickBIOSRule.answer(facts).evidence.contains("a few BIOSes refuse"))
  }
}

import DiskFormats
import Testing

/// Sectors made of the facts by which each program is known; the programs themselves are other people's.
@Suite("boot code")
struct BootCodeTests {
  static func sector(_ parts: [(Int, [UInt8])]) -> ByteReader {
    var writer = ByteWriter(count: 512)
    for (offset, bytes) in parts { writer.put(bytes, at: offset) }
    writer.put([0x55, 0xAA], at: 510)
    return ByteReader(writer.bytes)
  }

  static let grubTexts: [(Int, [UInt8])] = [
    (0, [0xEB, 0x63, 0x90]), (0x180, Array("GRUB \0Geom\0Hard Disk\0Read\0 Error".utf8)),
  ]

  @Test(
    "isolinux with plain start or APM mock-up",
    arguments: [[0x33, 0xED, 0x90, 0x90], [0x45, 0x52, 0x08, 0x00, 0x00, 0x00, 0x90, 0x90]] as [[UInt8]])
  func isolinux(_ start: [UInt8]) {
    let code = BootCode(
      Self.sector([
        (0, start), (0x140, Array("isolinux.bin missing or corrupt.".utf8)), (0x1B0, [0x48, 0x07]),
      ]))
    #expect(code.kind == .isolinuxIsohybrid)
    #expect(code.pointer?.offset == 0x1B0 && code.pointer?.imageBlock == 0x748)
    #expect(code.hasAPMMockup == (start[0] == 0x45))
    #expect(code.evidence.contains(.text("isolinux", offset: 0x140)))
  }

  @Test("GRUB's two programs differ in where their pointer stands")
  func grub() {
    let installed = BootCode(Self.sector(Self.grubTexts + [(0x5C, [1])]))
    #expect(installed.kind == .grub)
    #expect(installed.pointer?.imageBlock == 1)
    let hybrid = BootCode(Self.sector(Self.grubTexts + [(0x1B0, [0xCC, 0x15])]))
    #expect(hybrid.kind == .grubHybrid)
    #expect(hybrid.pointer?.imageBlock == 0x15C8)
  }

  @Test("GRUB over an APM mock-up is still GRUB")
  func grubMockup() {
    let parts = Self.grubTexts + [(0, [0x45, 0x52, 0x08, 0x00, 0xEB, 0x02, 0xFF, 0xFF]), (0x1B0, [0x94])]
    let code = BootCode(Self.sector(parts))
    #expect(code.kind == .grubHybrid)
    #expect(code.hasAPMMockup)
  }

  @Test("memtest86+ with the pointer of its ISO, and bare without")
  func memtest() {
    let parts: [(Int, [UInt8])] = [
      (0, [0xEA, 0x05, 0x00, 0xC0, 0x07]), (0x100, Array("Loading Memtest86+".utf8)),
    ]
    #expect(BootCode(Self.sector(parts + [(0x1B0, [0x90])])).pointer?.imageBlock == 0x8C)
    let bare = BootCode(Self.sector(parts + [(0x1B0, [UInt8](repeating: 0x52, count: 8))]))
    #expect(bare.kind == .memtest)
    #expect(bare.pointer == nil)
  }

  @Test("generic programs that start a partition")
  func generic() {
    let syslinux: [UInt8] = [0x33, 0xC0, 0xFA, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC, 0x00, 0x7C]
    let several = Array("Multiple active partitions.".utf8)
    #expect(BootCode(Self.sector([(0, syslinux), (300, several)])).kind == .syslinuxMBR)
    let numbered = BootCode(Self.sector([(0, syslinux), (439, [3])]))
    #expect(numbered.kind == .syslinuxAltMBR)
    #expect(numbered.evidence.contains(.number(3, offset: 439)))
    #expect(
      BootCode(Self.sector([(0, syslinux), (300, Array("Missing OS\r\n".utf8))])).kind == .syslinuxGPTMBR)
  }

  @Test("Windows's programs by their texts or their code; KolibriOS's has both")
  func windows() {
    let stack: [UInt8] = [0x33, 0xC0, 0x8E, 0xD0, 0xBC, 0x00, 0x7C]
    let text: (Int, [UInt8]) = (300, Array("Invalid partition table".utf8))
    #expect(BootCode(Self.sector([(0, stack), text])).kind == .windows)
    let translated: [UInt8] = stack + [0x8E, 0xC0, 0x8E, 0xD8, 0xBE, 0x00, 0x7C, 0xBF, 0x00, 0x06]
    #expect(BootCode(Self.sector([(0, translated)])).kind == .windows)
    #expect(BootCode(Self.sector([(0, stack)])).kind == .unknown)
    let windows2000: [UInt8] = stack + [0xFB, 0x50, 0x07, 0x50, 0x1F, 0xFC, 0xBE, 0x1B, 0x7C]
    let geometry: (Int, [UInt8]) = (0x9B, [0xBF, 0x05, 0x00, 0x8A, 0x56, 0x00, 0xB4, 0x08, 0xCD, 0x13])
    #expect(BootCode(Self.sector([(0, windows2000), geometry, text])).kind == .windows)
    let gap: (Int, [UInt8]) = (0x9B, [0xBF, 0x05, 0x00] + [UInt8](repeating: 0x90, count: 75))
    let kolibriOS = BootCode(Self.sector([(0, windows2000), gap, text]))
    #expect(kolibriOS.kind == .kolibriOS && kolibriOS.kind.startsActivePartition)
  }

  @Test("GRUB legacy's stage1 with its block, on the drive that it came from and on another; and grub4dos")
  func oldGRUB() {
    let texts = Array("GRUB \0Geom\0Hard Disk\0Read\0 Error".utf8)
    for place in [0x17F, 0x180] {
      let parts: [(Int, [UInt8])] = [
        (0, [0xEB, 0x48, 0x90]), (0x3E, [3, 2, 0xFF, 0, 0, 0x80, 1, 0, 0, 0]), (place, texts),
      ]
      let code = BootCode(Self.sector(parts))
      #expect(code.kind == .grubLegacy)
      #expect(code.pointer?.offset == 0x44 && code.pointer?.imageBlock == 1)
      let other = BootCode(Self.sector(parts + [(0x40, [0x81])]))
      #expect(other.kind == .grubLegacy && other.pointer == nil)
      #expect(BootCode(Self.sector(parts + [(0x3E, [4, 0])])).kind != .grubLegacy)
    }
    let helper = Array("\r\nMissing helper.".utf8)
    #expect(BootCode(Self.sector([(0, [0xEB, 0x5E, 0x90]), (0x192, helper)])).kind == .grub4DOS)
    #expect(BootCode(Self.sector([(0, [0xEB, 0x5E, 0x90])])).kind == .unknown)
  }

  @Test("FreeBSD's, ReactOS's, Debian's and Rufus's programs that start a partition")
  func otherGeneric() {
    let freeBSD: [UInt8] = [
      0xFC, 0x31, 0xC0, 0x8E, 0xC0, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC, 0x00, 0x7C, 0xBE, 0x1A, 0x7C, 0xBF, 0x1A,
      0x06, 0xB9, 0xE6, 0x01, 0xF3, 0xA4,
    ]
    let missing = Array("Missing operating system".utf8)
    #expect(BootCode(Self.sector([(0, freeBSD), (0xF0, missing)])).kind == .freeBSD)
    #expect(BootCode(Self.sector([(0, freeBSD)])).kind == .unknown)
    let reactOS: [UInt8] = [
      0xFA, 0xFC, 0x31, 0xC0, 0x8E, 0xD0, 0x8E, 0xD8, 0xBD, 0x00, 0x7C, 0x8D, 0x66, 0xE0, 0xFB, 0xB8, 0xE0,
      0x1F,
    ]
    let none = Array("no active partition found".utf8)
    #expect(BootCode(Self.sector([(0, reactOS), (0x3F, none)])).kind == .reactOS)
    let debian: [UInt8] = [
      0xFC, 0x31, 0xC0, 0x8E, 0xD0, 0x31, 0xE4, 0x8E, 0xD8, 0x8E, 0xC0, 0xBE, 0x00, 0x7C, 0xBF, 0x00, 0x06,
    ]
    let name = Array("MBR ".utf8)
    #expect(BootCode(Self.sector([(0, debian), (0x18C, name), (0x1AF, [0xC7])])).kind == .debian)
    // Set up to start the second partition, active or not.
    #expect(BootCode(Self.sector([(0, debian), (0x18C, name), (0x1AF, [0xC1])])).kind == .unknown)
    let rufus: [UInt8] = [
      0x41, 0x4B, 0x45, 0x4F, 0xFC, 0x31, 0xC0, 0xFA, 0x8E, 0xD0, 0xBC, 0x00, 0x7C,
    ]
    let prompt = Array("Press any key to boot from USB".utf8)
    #expect(BootCode(Self.sector([(0, rufus), (0x196, prompt)])).kind == .rufus)
    #expect(BootCode(Self.sector([(0, rufus)])).kind == .unknown)
    let restart: [UInt8] = [0xB8, 0x34, 0x12, 0xA3, 0x73, 0x04, 0xEA, 0x00, 0x00, 0xFF, 0xFF]
    let message = BootCode(Self.sector([(0, rufus + [0xFB, 0x8E, 0xD8]), (0x9E, restart)]))
    #expect(message.kind == .rufusMessage)
  }

  @Test("SYSLINUX's boot sector in front of what is no FAT")
  func extlinux() {
    let start: [UInt8] = [0xEB, 0x58, 0x90] + Array("SYSLINUX".utf8)
    let magic: (Int, [UInt8]) = (0x1F8, [0xFE, 0x02, 0xB2, 0x3E])
    let code = BootCode(Self.sector([(0, start), magic]))
    #expect(code.kind == .extlinux && code.kind.isFileSystemBootSector)
    #expect(BootCode(Self.sector([(0, start)])).kind == .unknown)
    #expect(BootCode(Self.sector([(0, start), magic, (82, Array("FAT32   ".utf8))])).kind == .unknown)
  }

  @Test("no code, foreign code, and file systems' own boot sectors")
  func others() {
    #expect(BootCode(Self.sector([])).kind == .none)
    // A disk signature and an active entry make no program.
    #expect(BootCode(Self.sector([(440, [1, 2, 3, 4]), (446, [0x80])])).kind == .none)
    #expect(BootCode(Self.sector([(0, [0xFA, 0xFC])])).kind == .unknown)
    #expect(BootCode(Self.sector([(0, [0xEB, 0x52, 0x90] + Array("NTFS    ".utf8))])).kind == .ntfs)
    #expect(BootCode(Self.sector([(0, [0xEB, 0x76, 0x90] + Array("EXFAT   ".utf8))])).kind == .exfat)
    #expect(BootCode(ByteReader([])).kind == .none)
  }
}

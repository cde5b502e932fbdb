extension BootCode {
  typealias Match = (kind: Kind, evidence: [Evidence], pointer: Pointer?)

  /// From the most to the least particular.
  ///
  /// File systems come before generic code, because the boot sector of a FAT begins like many programs.
  static let signatures: [@Sendable (ByteReader) -> Match?] = [
    noCode, isolinux, grubLegacy, grub, grub4DOS, memtest, fileSystem, extlinux, syslinux, freeBSDProtective,
    freeBSD, kolibriOS, windows, parted, reactOS, debian, rufus, rufusMessage, lilo,
  ]
}

private let pointerOffset = 0x1B0

private func noCode(_ sector: ByteReader) -> BootCode.Match? {
  guard sector.isZero(in: 0..<MasterBootRecord.bootCodeByteCount) else { return nil }
  return (.none, [.zeroes(0..<MasterBootRecord.bootCodeByteCount)], nil)
}

/// isohdpfx.bin and relatives: harmless first instructions, which an APM mock-up may replace, then the loader
/// with its name in a message; the block of isolinux.bin is patched in at 0x1B0 (isohybrid.c, libisofs).
private func isolinux(_ sector: ByteReader) -> BootCode.Match? {
  let starts: [[UInt8]] = [[0x33, 0xED], [0x45, 0x52, 0x08, 0x00]]
  guard let start = starts.first(where: { sector.has($0, at: 0) }),
    let name = sector.firstOffset(of: "isolinux", in: 0..<426)
  else { return nil }
  let value = (try? sector.littleEndian(UInt32.self, at: pointerOffset)).map(UInt64.init) ?? 0
  return (
    .isolinuxIsohybrid,
    [.bytes(start, offset: 0), .text("isolinux", offset: name), .number(value, offset: pointerOffset)],
    BootCode.Pointer(offset: pointerOffset, value: value, imageBlock: value)
  )
}

/// boot.img and boot_hybrid.img share their messages at 0x180; only the latter uses 0x1B0 (GRUB boot.S).
private func grub(_ sector: ByteReader) -> BootCode.Match? {
  guard sector.has("GRUB ", at: 0x180), sector.has("Geom", at: 0x186), sector.has("Read", at: 0x195)
  else { return nil }
  var evidence: [BootCode.Evidence] = [.text("GRUB ", offset: 0x180), .text("Geom", offset: 0x186)]
  if let pointer = skippingPointer(sector) {
    evidence.append(.number(pointer.value, offset: pointerOffset))
    return (.grubHybrid, evidence, pointer)
  }
  let core: UInt64 = (try? sector.littleEndian(at: 0x5C)) ?? 0
  evidence.append(.number(core, offset: 0x5C))
  return (.grub, evidence, BootCode.Pointer(offset: 0x5C, value: core, imageBlock: core))
}

/// GRUB legacy's stage1 has the version of its interface, 3.x, at 0x3E, the drive at 0x40, 0xFF being the one that it
/// was started from, and the block of the next stage at 0x44 (GRUB 0.97, stage1/stage1.S); GRUB 2 has other versions.
private func grubLegacy(_ sector: ByteReader) -> BootCode.Match? {
  guard sector.has([0xEB, 0x48, 0x90], at: 0), sector.has([3], at: 0x3E),
    let name = sector.firstOffset(of: "GRUB ", in: 0x150..<440),
    sector.firstOffset(of: "Hard Disk", in: name..<440) != nil,
    // In front of a file system it is that which counts.
    (try? FATBootSector(parsing: sector)) == nil
  else { return nil }
  let evidence: [BootCode.Evidence] = [.bytes([0xEB, 0x48, 0x90], offset: 0), .text("GRUB ", offset: name)]
  // A stick that was started from is the first hard disk.
  guard let drive = try? sector.byte(at: 0x40), drive == 0xFF || drive == 0x80,
    let block: UInt32 = try? sector.littleEndian(at: 0x44)
  else { return (.grubLegacy, evidence, nil) }
  let value = UInt64(block)
  return (
    .grubLegacy, evidence + [.number(value, offset: 0x44)],
    BootCode.Pointer(offset: 0x44, value: value, imageBlock: value)
  )
}

/// grub4dos (stage2/grldrstart.S, with GRLDR_MBR).
private func grub4DOS(_ sector: ByteReader) -> BootCode.Match? {
  guard sector.has([0xEB, 0x5E], at: 0),
    let name = sector.firstOffset(of: "Missing helper", in: 0x60..<440)
  else { return nil }
  return (.grub4DOS, [.bytes([0xEB, 0x5E], offset: 0), .text("Missing helper", offset: name)], nil)
}

/// memtest86+ jumps to 07C0:0005 first and names itself.
private func memtest(_ sector: ByteReader) -> BootCode.Match? {
  let jump: [UInt8] = [0xEA, 0x05, 0x00, 0xC0, 0x07]
  guard sector.has(jump, at: 0), let name = sector.firstOffset(of: "Memtest", in: 0..<512)
  else { return nil }
  var evidence: [BootCode.Evidence] = [.bytes(jump, offset: 0), .text("Memtest", offset: name)]
  // The bare image has code at 0x1B0, which is no believable block number.
  let pointer = skippingPointer(sector)
  if let pointer { evidence.append(.number(pointer.value, offset: pointerOffset)) }
  return (.memtest, evidence, pointer)
}

/// The number at 0x1B0 of code that skips the first 2048 bytes of its image: El Torito block × 4 + 4.
private func skippingPointer(_ sector: ByteReader) -> BootCode.Pointer? {
  guard let value: UInt64 = try? sector.littleEndian(at: pointerOffset), value >= 4, value >> 40 == 0
  else { return nil }
  return BootCode.Pointer(offset: pointerOffset, value: value, imageBlock: value - 4)
}

private func fileSystem(_ sector: ByteReader) -> BootCode.Match? {
  if sector.has("NTFS    ", at: 3) { return (.ntfs, [.text("NTFS    ", offset: 3)], nil) }
  if sector.has("EXFAT   ", at: 3) { return (.exfat, [.text("EXFAT   ", offset: 3)], nil) }
  guard let first = sector.bytes.first, first == 0xEB || first == 0xE9,
    (try? FATBootSector(parsing: sector)) != nil
  else { return nil }
  return (.fat, [.bytes([first], offset: 0), .fatParameters], nil)
}

private func syslinux(_ sector: ByteReader) -> BootCode.Match? {
  let start: [UInt8] = [0x33, 0xC0, 0xFA, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC]
  guard sector.has(start, at: 0) else { return nil }
  // For want of room the GPT variant says "Missing OS"; only code that looks for active partitions can find two.
  if let name = sector.firstOffset(of: "Missing OS", in: 0..<440) {
    return (.syslinuxGPTMBR, [.bytes(start, offset: 0), .text("Missing OS", offset: name)], nil)
  }
  guard let name = sector.firstOffset(of: "Multiple active", in: 0..<440) else {
    let number = UInt64((try? sector.byte(at: 439)) ?? 0)
    return (.syslinuxAltMBR, [.bytes(start, offset: 0), .number(number, offset: 439)], nil)
  }
  return (.syslinuxMBR, [.bytes(start, offset: 0), .text("Multiple active", offset: name)], nil)
}

private func freeBSDProtective(_ sector: ByteReader) -> BootCode.Match? {
  let start: [UInt8] = [0xFC, 0x31, 0xC0]
  guard sector.has(start, at: 0), let name = sector.firstOffset(of: "Boot loader too large", in: 0..<440)
  else { return nil }
  return (.freeBSDProtective, [.bytes(start, offset: 0), .text("Boot loader too large", offset: name)], nil)
}

/// FreeBSD's /boot/mbr: it moves itself to 0:600 and goes on there at 0:61A (stand/i386/mbr/mbr.s).
private func freeBSD(_ sector: ByteReader) -> BootCode.Match? {
  let start: [UInt8] = [
    0xFC, 0x31, 0xC0, 0x8E, 0xC0, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC, 0x00, 0x7C, 0xBE, 0x1A, 0x7C, 0xBF,
    0x1A, 0x06, 0xB9, 0xE6, 0x01, 0xF3, 0xA4,
  ]
  guard sector.has(start, at: 0), let name = sector.firstOffset(of: "Missing operating system", in: 0..<440)
  else { return nil }
  return (.freeBSD, [.bytes(start, offset: 0), .text("Missing operating system", offset: name)], nil)
}

/// The MBR of ReactOS, which moves itself to 1FE0:7C00.
private func reactOS(_ sector: ByteReader) -> BootCode.Match? {
  let start: [UInt8] = [
    0xFA, 0xFC, 0x31, 0xC0, 0x8E, 0xD0, 0x8E, 0xD8, 0xBD, 0x00, 0x7C, 0x8D, 0x66, 0xE0, 0xFB, 0xB8,
    0xE0, 0x1F,
  ]
  guard sector.has(start, at: 0), let name = sector.firstOffset(of: "no active partition found", in: 0..<440)
  else { return nil }
  return (.reactOS, [.bytes(start, offset: 0), .text("no active partition found", offset: name)], nil)
}

/// Debian's install-mbr; the lowest three bits of byte 0x1AF say which partition is started, 7 being the active one
/// (the code at 0x0D4 compares them).
private func debian(_ sector: ByteReader) -> BootCode.Match? {
  let start: [UInt8] = [
    0xFC, 0x31, 0xC0, 0x8E, 0xD0, 0x31, 0xE4, 0x8E, 0xD8, 0x8E, 0xC0, 0xBE, 0x00, 0x7C, 0xBF, 0x00, 0x06,
  ]
  guard sector.has(start, at: 0), sector.has("MBR ", at: 0x18C), let choice = try? sector.byte(at: 0x1AF),
    choice & 7 == 7
  else { return nil }
  return (
    .debian,
    [.bytes(start, offset: 0), .text("MBR ", offset: 0x18C), .number(UInt64(choice), offset: 0x1AF)], nil
  )
}

/// Rufus's own MBR (res/mbr/mbr.S).
private func rufus(_ sector: ByteReader) -> BootCode.Match? {
  let start: [UInt8] = [0x41, 0x4B, 0x45, 0x4F, 0xFC, 0x31, 0xC0, 0xFA, 0x8E, 0xD0, 0xBC, 0x00, 0x7C]
  guard sector.has(start, at: 0),
    let name = sector.firstOffset(of: "Press any key to boot from USB", in: 0..<440)
  else { return nil }
  return (.rufus, [.bytes(start, offset: 0), .text("Press any key to boot from USB", offset: name)], nil)
}

/// Rufus's program that shows a text and starts the machine anew (res/mbr/msg.S); the text is whoever's.
private func rufusMessage(_ sector: ByteReader) -> BootCode.Match? {
  let start: [UInt8] = [
    0x41, 0x4B, 0x45, 0x4F, 0xFC, 0x31, 0xC0, 0xFA, 0x8E, 0xD0, 0xBC, 0x00, 0x7C, 0xFB, 0x8E, 0xD8,
  ]
  let restart: [UInt8] = [0xB8, 0x34, 0x12, 0xA3, 0x73, 0x04, 0xEA, 0x00, 0x00, 0xFF, 0xFF]
  guard sector.has(start, at: 0), sector.has(restart, at: 0x9E) else { return nil }
  return (.rufusMessage, [.bytes(start, offset: 0), .bytes(restart, offset: 0x9E)], nil)
}

/// The boot sector of SYSLINUX where no FAT begins: `extlinux --install` writes it before a file system that
/// leaves its first blocks free, with the magic number at 0x1F8 (syslinux, libinstaller/syslxint.h).
private func extlinux(_ sector: ByteReader) -> BootCode.Match? {
  let magic: [UInt8] = [0xFE, 0x02, 0xB2, 0x3E]
  guard sector.has([0xEB, 0x58, 0x90], at: 0), sector.has("SYSLINUX", at: 3), sector.has(magic, at: 0x1F8),
    !sector.has("FAT", at: 54), !sector.has("FAT32", at: 82)
  else { return nil }
  return (.extlinux, [.text("SYSLINUX", offset: 3), .bytes(magic, offset: 0x1F8)], nil)
}

/// KolibriOS's: the code of Windows 2000, with nothing but NOP in the place of what reads by cylinder, head and sector.
private func kolibriOS(_ sector: ByteReader) -> BootCode.Match? {
  let copy: [UInt8] = [0x33, 0xC0, 0x8E, 0xD0, 0xBC, 0x00, 0x7C, 0xFB, 0x50, 0x07, 0x50, 0x1F, 0xFC]
  let gap: [UInt8] = [0xBF, 0x05, 0x00] + [UInt8](repeating: 0x90, count: 16)
  guard sector.has(copy, at: 0), sector.has(gap, at: 0x9B) else { return nil }
  return (.kolibriOS, [.bytes(copy, offset: 0), .bytes(gap, offset: 0x9B)], nil)
}

/// DOS 3.3 to Windows 11.
///
/// The messages are translated, so the set-up of the stack and of the copy to 0:600
/// that follows in every version counts as well.
private func windows(_ sector: ByteReader) -> BootCode.Match? {
  let stack: [UInt8] = [0x33, 0xC0, 0x8E, 0xD0, 0xBC, 0x00, 0x7C]
  let lead = sector.has([0xFA], at: 0) ? 1 : 0
  guard sector.has(stack, at: lead) else { return nil }
  for text in ["Invalid partition table", "Missing operating system"] as [StaticString] {
    if let offset = sector.firstOffset(of: text, in: 0..<440) {
      return (.windows, [.bytes(stack, offset: lead), .text(text.description, offset: offset)], nil)
    }
  }
  let copies: [[UInt8]] = [
    [0x8E, 0xC0, 0x8E, 0xD8, 0xBE, 0x00, 0x7C, 0xBF, 0x00, 0x06],  // Vista and later
    [0xFB, 0x50, 0x07, 0x50, 0x1F, 0xFC, 0xBE, 0x1B, 0x7C],  // 2000, XP
    [0x8B, 0xF4, 0x50, 0x07, 0x50, 0x1F, 0xFB, 0xFC],  // DOS
  ]
  guard let copy = copies.first(where: { sector.has($0, at: lead + 7) }) else { return nil }
  return (.windows, [.bytes(stack, offset: lead), .bytes(copy, offset: lead + 7)], nil)
}

private func parted(_ sector: ByteReader) -> BootCode.Match? {
  let start: [UInt8] = [0xFA, 0xB8, 0x00, 0x10, 0x8E, 0xD0, 0xBC, 0x00, 0xB0]
  guard sector.has(start, at: 0) else { return nil }
  return (.parted, [.bytes(start, offset: 0)], nil)
}

private func lilo(_ sector: ByteReader) -> BootCode.Match? {
  guard let offset = [2, 6].first(where: { sector.has("LILO", at: $0) }) else { return nil }
  return (.lilo, [.text("LILO", offset: offset)], nil)
}

extension BootCode {
  typealias Match = (kind: Kind, evidence: [Evidence], pointer: Pointer?)

  /// From the most to the least particular.
  ///
  /// File systems come before generic code, because the boot sector of a FAT begins like many programs.
  static let signatures: [@Sendable (ByteReader) -> Match?] = [
    noCode, isolinux, grub, memtest, fileSystem, syslinux, freeBSD, windows, parted, lilo,
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

private func freeBSD(_ sector: ByteReader) -> BootCode.Match? {
  let start: [UInt8] = [0xFC, 0x31, 0xC0]
  guard sector.has(start, at: 0), let name = sector.firstOffset(of: "Boot loader too large", in: 0..<440)
  else { return nil }
  return (.freeBSDProtective, [.bytes(start, offset: 0), .text("Boot loader too large", offset: name)], nil)
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

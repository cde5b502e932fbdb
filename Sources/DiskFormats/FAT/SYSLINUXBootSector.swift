/// What SYSLINUX's boot sector says of the first sector of ldlinux.sys, which it loads and compares a number in.
///
/// ```
/// 66 B8 dd dd dd dd           mov eax, the sector, counted from the beginning of the file system
/// 66 BA dd dd dd dd           mov edx, the upper half of that
/// BB ww ww                    mov bx, where it is loaded
/// E8 ww ww                    call what loads it
/// 66 81 3E ww ww dd dd dd dd  cmp dword [address], the number of this build
/// ```
/// Version 3 has `66 A1 ww ww`, mov eax, [address], in place of the first, and nothing in place of the second.
/// Source: syslinux 6.04, core/diskboot.inc, and 3.11, ldlinux.asm.
public struct SYSLINUXBootSector: Hashable, Sendable {
  /// Where ldlinux.sys begins, in units of 512 bytes from the beginning of the file system.
  public var sector: UInt64
  /// Where in that sector the number must stand.
  public var markOffset: Int
  /// The number.
  public var mark: UInt32

  /// Reads the instructions in the first 512 bytes of a file system; nil where they are not there.
  public init?(_ reader: ByteReader) {
    // 0x3E is where code begins at the earliest, behind the parameters of FAT12 and FAT16.
    for offset in 0x3E..<MasterBootRecord.byteCount {
      guard let found = try? Self.load(reader, at: offset), reader.has([0xBB], at: found.end),
        reader.has([0xE8], at: found.end + 3), reader.has([0x66, 0x81, 0x3E], at: found.end + 6),
        let place = try? reader.littleEndian(UInt16.self, at: found.end + 1),
        let address = try? reader.littleEndian(UInt16.self, at: found.end + 9),
        let number = try? reader.littleEndian(UInt32.self, at: found.end + 11),
        address >= place, address - place <= 508
      else { continue }
      sector = found.sector
      markOffset = Int(address - place)
      mark = number
      return
    }
    return nil
  }

  /// The number of a sector that instructions at an offset load, and where they end; nil for others.
  private static func load(
    _ reader: ByteReader, at offset: Int
  ) throws(FormatError) -> (sector: UInt64, end: Int)? {
    if reader.has([0x66, 0xB8], at: offset) {
      let low = UInt64(try reader.littleEndian(UInt32.self, at: offset + 2))
      guard reader.has([0x66, 0xBA], at: offset + 6) else { return (low, offset + 6) }
      return (UInt64(try reader.littleEndian(UInt32.self, at: offset + 8)) << 32 | low, offset + 12)
    }
    guard reader.has([0x66, 0xA1], at: offset) else { return nil }
    // A BIOS loads boot sectors to 7C00.
    let address = Int(try reader.littleEndian(UInt16.self, at: offset + 2))
    return (UInt64(try reader.littleEndian(UInt32.self, at: address - 0x7C00)), offset + 4)
  }
}

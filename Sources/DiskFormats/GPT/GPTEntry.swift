/// One entry of a GUID partition table.
///
/// ```
/// 0 type GUID (16)  16 partition GUID (16)  32 first LBA (8)  40 last LBA (8)  48 attributes (8)  56 name (72)
/// ```
/// Source: UEFI 2.10 §5.3.3, table 5-6.
public struct GPTEntry: Hashable, Sendable {
  /// How many bytes of an entry are defined, and how long nearly every entry is.
  static let byteCount: UInt32 = 128

  /// 1 and up, as in device names; counts unused entries.
  public var index: Int
  /// Bytes 0–15: what the partition is for.
  public var typeGUID: GUID
  /// Bytes 16–31: the partition's own GUID.
  public var uniqueGUID: GUID
  /// Bytes 32–39: the first block.
  public var firstLBA: UInt64
  /// Bytes 40–47: the last block, inclusive.
  public var lastLBA: UInt64
  /// Bytes 48–55: bit 0 required, bit 1 no block I/O, bit 2 legacy BIOS bootable, bits 48–63 by type.
  public var attributes: UInt64
  /// Bytes 56–127: UTF-16 up to the first zero, lone surrogates replaced; foreign text.
  public var name: String

  /// Creates an entry.
  public init(
    index: Int, typeGUID: GUID, uniqueGUID: GUID, firstLBA: UInt64, lastLBA: UInt64, attributes: UInt64 = 0,
    name: String = ""
  ) {
    self.index = index
    self.typeGUID = typeGUID
    self.uniqueGUID = uniqueGUID
    self.firstLBA = firstLBA
    self.lastLBA = lastLBA
    self.attributes = attributes
    self.name = name
  }

  /// Reads the 128 bytes at an offset of the array.
  public init(index: Int, parsing array: ByteReader, at offset: Int) throws(FormatError) {
    var units: [UInt16] = []
    for position in stride(from: offset + 56, to: offset + 128, by: 2) {
      let unit: UInt16 = try array.littleEndian(at: position)
      if unit == 0 { break }
      units.append(unit)
    }
    self.init(
      index: index, typeGUID: try array.guid(at: offset), uniqueGUID: try array.guid(at: offset + 16),
      firstLBA: try array.littleEndian(at: offset + 32), lastLBA: try array.littleEndian(at: offset + 40),
      attributes: try array.littleEndian(at: offset + 48), name: String(decoding: units, as: UTF16.self))
  }

  /// The 128 bytes of the entry; a name of more than 36 UTF-16 units is cut between characters.
  public func serialised() -> [UInt8] {
    var writer = ByteWriter(count: 128)
    writer.put(typeGUID, at: 0)
    writer.put(uniqueGUID, at: 16)
    writer.putLittleEndian(firstLBA, at: 32)
    writer.putLittleEndian(lastLBA, at: 40)
    writer.putLittleEndian(attributes, at: 48)
    var offset = 56
    for scalar in name.unicodeScalars {
      let units = Array(String(scalar).utf16)
      guard offset + units.count * 2 <= 128 else { break }
      for unit in units {
        writer.putLittleEndian(unit, at: offset)
        offset += 2
      }
    }
    return writer.bytes
  }

  /// Whether the entry describes a partition.
  public var isUsed: Bool { typeGUID != .zero }
  /// Whether firmware is to leave the partition alone (attribute bit 1).
  public var isHiddenFromUEFI: Bool { attributes & 2 != 0 }
  /// Whether BIOS boot code such as gptmbr.bin may start it (attribute bit 2).
  public var isLegacyBIOSBootable: Bool { attributes & 4 != 0 }
  /// How many blocks it covers; nil where the last lies before the first.
  public var blockCount: UInt64? { lastLBA.subtracting(firstLBA)?.adding(1) }
}

extension GUID {
  /// C12A7328-…: the EFI system partition.
  public static let efiSystem = GUID(
    first: 0xC12A_7328, second: 0xF81F, third: 0x11D2, rest: 0xBA4B_00A0_C93E_C93B)
  /// EBD0A0A2-…: Microsoft basic data, on ISO images also the ISO and the ESP themselves.
  public static let basicData = GUID(
    first: 0xEBD0_A0A2, second: 0xB9E5, third: 0x4433, rest: 0x87C0_68B6_B726_99C7)
  /// 21686148-…: where GRUB keeps core.img on a GPT disk.
  public static let biosBoot = GUID(
    first: 0x2168_6148, second: 0x6449, third: 0x6E6F, rest: 0x744E_6565_6456_4649)
  /// 83BD6B9D-…: where FreeBSD's pmbr finds its loader.
  public static let freeBSDBoot = GUID(
    first: 0x83BD_6B9D, second: 0x7F41, third: 0x11DC, rest: 0xBE0B_0015_60B8_4F0F)
  /// 48465300-…: Apple HFS+.
  public static let appleHFS = GUID(first: 0x4846_5300, second: 0, third: 0x11AA, rest: 0xAA11_0030_6543_ECAC)
  /// 0FC63DAF-…: Linux file system data.
  public static let linuxData = GUID(
    first: 0x0FC6_3DAF, second: 0x8483, third: 0x4772, rest: 0x8E79_3D69_D847_7DE4)
}

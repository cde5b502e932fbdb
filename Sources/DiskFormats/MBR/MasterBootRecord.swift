/// The master boot record: the first 512 bytes of a disk.
///
/// ```
///   0      boot code (440 bytes)
/// 440 1B8  disk signature (4), 444 reserved (2)
/// 446 1BE  four entries of 16 bytes
/// 510 1FE  55 AA
/// ```
/// Source: UEFI 2.10 §5.2.1 and the layout every BIOS boot loader relies on.
public struct MasterBootRecord: Hashable, Sendable {
  /// Its length in bytes, whatever the block size of the disk.
  public static let byteCount = 512
  /// How many bytes of boot code lie before the disk signature.
  public static let bootCodeByteCount = 440

  /// Bytes 0–439: the boot code, always 440 bytes.
  public var bootCode: [UInt8]
  /// Bytes 440–443: the disk signature by which Windows knows a disk.
  public var diskSignature: UInt32
  /// Bytes 444–445: 0, or 0x5A5A for a copy-protected disk; free use elsewhere.
  public var reserved: UInt16
  /// Bytes 446–509: always four entries, used or not.
  public var entries: [Entry]

  /// Puts a record together; missing boot code is filled with zeroes and missing entries are empty.
  public init(bootCode: [UInt8] = [], diskSignature: UInt32 = 0, reserved: UInt16 = 0, entries: [Entry] = [])
  {
    let code = bootCode.prefix(Self.bootCodeByteCount)
    self.bootCode = code + [UInt8](repeating: 0, count: Self.bootCodeByteCount - code.count)
    self.diskSignature = diskSignature
    self.reserved = reserved
    self.entries = (1...4).map { index in
      guard index <= entries.count else { return Entry(index: index) }
      var entry = entries[index - 1]
      entry.index = index
      return entry
    }
  }

  /// Reads a record from the first 512 bytes of a disk or of an extended partition.
  ///
  /// Only the signature is demanded: whether the table is to be believed is a question for ``tableDefects``.
  public init(parsing reader: ByteReader) throws(FormatError) {
    guard reader.has([0x55, 0xAA], at: 510) else {
      throw .signatureMissing(.mbr, offset: reader.base &+ 510)
    }
    bootCode = try reader.bytes(at: 0, count: Self.bootCodeByteCount)
    diskSignature = try reader.littleEndian(at: 440)
    reserved = try reader.littleEndian(at: 444)
    entries = []
    for index in 1...4 {
      entries.append(try Entry(index: index, parsing: reader, at: 446 + (index - 1) * 16))
    }
  }

  /// The 512 bytes of the record.
  public func serialised() -> [UInt8] {
    var writer = ByteWriter(count: Self.byteCount)
    writer.put(bootCode.prefix(Self.bootCodeByteCount), at: 0)
    writer.putLittleEndian(diskSignature, at: 440)
    writer.putLittleEndian(reserved, at: 444)
    for (slot, entry) in entries.prefix(4).enumerated() {
      writer.put(entry.serialised(), at: 446 + slot * 16)
    }
    writer.put([0x55, 0xAA], at: 510)
    return writer.bytes
  }
}

extension MasterBootRecord {
  /// One of the four entries.
  public struct Entry: Hashable, Sendable {
    /// 1 to 4, as in device names.
    public var index: Int
    /// Byte 0: 0x80 for the active partition, 0x00 otherwise; UEFI does not look at it.
    public var status: UInt8
    /// Bytes 1–3: the first block as cylinder, head and sector, as stored.
    public var firstCHS: UInt32
    /// Byte 4: the partition type.
    public var type: UInt8
    /// Bytes 5–7: the last block as cylinder, head and sector, as stored.
    public var lastCHS: UInt32
    /// Bytes 8–11: the first block, in logical blocks.
    public var startLBA: UInt32
    /// Bytes 12–15: the length in logical blocks.
    public var sectorCount: UInt32

    /// Creates an entry, by default an empty one.
    public init(
      index: Int, status: UInt8 = 0, firstCHS: UInt32 = 0, type: UInt8 = 0, lastCHS: UInt32 = 0,
      startLBA: UInt32 = 0, sectorCount: UInt32 = 0
    ) {
      self.index = index
      self.status = status
      self.firstCHS = firstCHS & 0xFF_FFFF
      self.type = type
      self.lastCHS = lastCHS & 0xFF_FFFF
      self.startLBA = startLBA
      self.sectorCount = sectorCount
    }

    /// Reads the 16 bytes at an offset.
    public init(index: Int, parsing reader: ByteReader, at offset: Int) throws(FormatError) {
      let low: UInt32 = try reader.littleEndian(at: offset)
      let high: UInt32 = try reader.littleEndian(at: offset + 4)
      self.init(
        index: index, status: UInt8(low & 0xFF), firstCHS: low >> 8, type: UInt8(high & 0xFF),
        lastCHS: high >> 8, startLBA: try reader.littleEndian(at: offset + 8),
        sectorCount: try reader.littleEndian(at: offset + 12))
    }

    /// The 16 bytes of the entry.
    public func serialised() -> [UInt8] {
      var writer = ByteWriter(count: 16)
      writer.putLittleEndian(UInt32(status) | firstCHS << 8, at: 0)
      writer.putLittleEndian(UInt32(type) | lastCHS << 8, at: 4)
      writer.putLittleEndian(startLBA, at: 8)
      writer.putLittleEndian(sectorCount, at: 12)
      return writer.bytes
    }

    /// Whether the entry describes no blocks.
    ///
    /// The type does not count: isohybrid images with a UEFI part give the ISO's own entry the type 0x00.
    public var isEmpty: Bool { sectorCount == 0 }
    /// Whether this is the active partition, which generic boot code starts.
    public var isActive: Bool { status == 0x80 }
    /// Whether the status byte is one that partitioning tools write.
    public var hasValidStatus: Bool { status == 0x80 || status == 0x00 }
    /// The first logical block behind the partition.
    public var endLBA: UInt64 { UInt64(startLBA) + UInt64(sectorCount) }
    /// Whether it contains logical partitions (types 0x05, 0x0F and 0x85).
    public var isExtended: Bool { [0x05, 0x0F, 0x85].contains(type) }
    /// Whether it is the EFI system partition (type 0xEF).
    public var isEFISystem: Bool { type == 0xEF }
    /// Whether it stands in for a GPT (type 0xEE).
    public var isProtective: Bool { type == 0xEE }
    /// Whether its type promises a FAT file system (01, 04, 06, 0B, 0C, 0E).
    public var hasFATType: Bool { [0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E].contains(type) }
  }

  /// The entries that describe blocks.
  public var usedEntries: [Entry] { entries.filter { !$0.isEmpty } }

  /// Whether an entry of type 0xEE begins at block 1, by which UEFI believes a GPT (UEFI 2.10 §5.2.3).
  public var hasProtectiveEntry: Bool { entries.contains { $0.isProtective && $0.startLBA == 1 } }
}

/// The header of a GUID partition table.
///
/// ```
///  0 "EFI PART"  8 revision (4)  12 header size (4)  16 header CRC (4)  20 reserved (4)
/// 24 MyLBA (8)  32 AlternateLBA (8)  40 FirstUsableLBA (8)  48 LastUsableLBA (8)  56 DiskGUID (16)
/// 72 PartitionEntryLBA (8)  80 number of entries (4)  84 size of an entry (4)  88 CRC of the entries (4)
/// ```
/// Source: UEFI 2.10 §5.3.2, table 5-5.
public struct GPTHeader: Hashable, Sendable {
  /// How many bytes of the header are defined, the smallest header size.
  public static let byteCount = 92
  /// The largest entry array that is read: 65,536 entries of 128 bytes, as many as sgdisk makes, where EDK2 has no limit.
  public static let entryArrayLimit: UInt64 = 8 << 20

  /// Bytes 8–11: 0x00010000.
  public var revision: UInt32 = 0x0001_0000
  /// Bytes 12–15: how many bytes the header's CRC covers, 92 up to a block.
  public var headerSize: UInt32 = 92
  /// Bytes 16–19: CRC-32 of the header with this field zero, as stored.
  public var headerChecksum: UInt32 = 0
  /// Bytes 24–31: the block that this header lies in.
  public var myLBA: UInt64
  /// Bytes 32–39: the block of the other header.
  public var alternateLBA: UInt64
  /// Bytes 40–47: the first block that a partition may use.
  public var firstUsableLBA: UInt64
  /// Bytes 48–55: the last block that a partition may use, inclusive.
  public var lastUsableLBA: UInt64
  /// Bytes 56–71: the GUID of the disk.
  public var diskGUID: GUID
  /// Bytes 72–79: the first block of the entry array.
  public var entriesLBA: UInt64
  /// Bytes 80–83: how many entries the array holds.
  public var entryCount: UInt32 = 128
  /// Bytes 84–87: the length of an entry in bytes, 128 × 2ⁿ.
  public var entrySize: UInt32 = 128
  /// Bytes 88–91: CRC-32 of the entry array, as stored.
  public var entriesChecksum: UInt32 = 0

  /// Creates a header of the usual shape, whose checksums are filled in by ``serialised(blockSize:)``.
  public init(
    myLBA: UInt64, alternateLBA: UInt64, firstUsableLBA: UInt64, lastUsableLBA: UInt64, diskGUID: GUID,
    entriesLBA: UInt64
  ) {
    self.myLBA = myLBA
    self.alternateLBA = alternateLBA
    self.firstUsableLBA = firstUsableLBA
    self.lastUsableLBA = lastUsableLBA
    self.diskGUID = diskGUID
    self.entriesLBA = entriesLBA
  }

  /// Reads the fields; that they make sense is for ``GPTCopy`` to say.
  public init(parsing block: ByteReader) throws(FormatError) {
    guard block.has("EFI PART", at: 0) else { throw .signatureMissing(.gpt, offset: block.base) }
    revision = try block.littleEndian(at: 8)
    headerSize = try block.littleEndian(at: 12)
    headerChecksum = try block.littleEndian(at: 16)
    myLBA = try block.littleEndian(at: 24)
    alternateLBA = try block.littleEndian(at: 32)
    firstUsableLBA = try block.littleEndian(at: 40)
    lastUsableLBA = try block.littleEndian(at: 48)
    diskGUID = try block.guid(at: 56)
    entriesLBA = try block.littleEndian(at: 72)
    entryCount = try block.littleEndian(at: 80)
    entrySize = try block.littleEndian(at: 84)
    entriesChecksum = try block.littleEndian(at: 88)
  }

  /// The length of the entry array in bytes; the product of two 32-bit numbers always fits.
  public var entryArrayByteCount: UInt64 { UInt64(entryCount) * UInt64(entrySize) }

  /// Whether UEFI allows entries of this length: 128 × 2ⁿ bytes.
  static func allowsEntrySize(_ size: UInt32) -> Bool {
    size >= GPTEntry.byteCount && size.nonzeroBitCount == 1
  }

  /// The CRC-32 that a block's header should have, nil where the header size exceeds the block.
  static func checksum(of block: ByteReader, headerSize: UInt32) -> UInt32? {
    guard let covered = try? block.bytes(at: 0, count: Int(headerSize)), covered.count >= byteCount
    else { return nil }
    var writer = ByteWriter(covered)
    writer.putLittleEndian(UInt32(0), at: 16)
    return CRC32.checksum(of: writer.bytes)
  }

  /// One block with the header, its own checksum computed and the checksum of the entries as it is.
  public func serialised(blockSize: Int) -> [UInt8] {
    var writer = ByteWriter(count: max(blockSize, Self.byteCount))
    writer.put("EFI PART".utf8, at: 0)
    writer.putLittleEndian(revision, at: 8)
    writer.putLittleEndian(headerSize, at: 12)
    writer.putLittleEndian(myLBA, at: 24)
    writer.putLittleEndian(alternateLBA, at: 32)
    writer.putLittleEndian(firstUsableLBA, at: 40)
    writer.putLittleEndian(lastUsableLBA, at: 48)
    writer.put(diskGUID, at: 56)
    writer.putLittleEndian(entriesLBA, at: 72)
    writer.putLittleEndian(entryCount, at: 80)
    writer.putLittleEndian(entrySize, at: 84)
    writer.putLittleEndian(entriesChecksum, at: 88)
    let block = ByteReader(writer.bytes)
    writer.putLittleEndian(Self.checksum(of: block, headerSize: headerSize) ?? 0, at: 16)
    return writer.bytes
  }
}

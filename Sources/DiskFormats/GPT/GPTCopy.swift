public import BlockIO

/// One of the two copies of a GUID partition table, with every check that it fails.
public struct GPTCopy: Hashable, Sendable {
  /// Which of the two it is, by its place.
  public enum Role: String, Hashable, Sendable { case primary, backup }

  /// A check that failed.
  public enum Defect: Hashable, Sendable {
    /// The header size is below 92 or above a block.
    case headerSize(UInt32)
    /// The header's CRC is wrong; nil computed where the header size forbids computing it.
    case headerChecksum(stored: UInt32, computed: UInt32?)
    /// MyLBA is not the block that the header lies in.
    case myLBA(stored: UInt64, actual: UInt64)
    /// The first usable block lies behind the last.
    case usableRange(first: UInt64, last: UInt64)
    /// The usable blocks reach beyond the end: cut off, or made for a larger disk.
    case usableBeyondEnd(lastUsableLBA: UInt64, lastLBA: UInt64)
    /// The header lies within the usable blocks.
    case headerInUsableRange
    /// The length of an entry is not 128 bytes, the only one that kernels and libblkid read.
    case entrySize(UInt32)
    /// The entry array is empty.
    case entryArraySize(bytes: UInt64)
    /// The entry array is longer than ``GPTHeader/entryArrayLimit`` and was not looked at.
    case entryArrayTooLong(bytes: UInt64)
    /// The entry array reaches beyond the end.
    case entriesBeyondEnd(entriesLBA: UInt64)
    /// The CRC of the entry array is wrong.
    case entriesChecksum(stored: UInt32, computed: UInt32)
    /// The revision is not 1.0; readers do not mind.
    case revision(UInt32)
    /// A partition ends before it begins.
    case reversedPartition(index: Int)
    /// A partition reaches outside the usable blocks; readers do not mind, partitioning tools do.
    case partitionOutsideUsable(index: Int)
    /// A partition reaches beyond the end.
    case partitionBeyondEnd(index: Int, lastLBA: UInt64)
    /// Two partitions share blocks, as the ISO's and the ESP's do by design on hybrid images.
    case overlap(index: Int, other: Int)

    /// Whether libblkid and kernels reject the copy for it.
    public var invalidatesCopy: Bool {
      switch self {
      case .headerSize, .headerChecksum, .myLBA, .usableRange, .usableBeyondEnd, .headerInUsableRange,
        .entrySize,
        .entryArraySize, .entryArrayTooLong, .entriesBeyondEnd, .entriesChecksum:
        true
      case .revision, .reversedPartition, .partitionOutsideUsable, .partitionBeyondEnd, .overlap: false
      }
    }

    /// Whether firmware rejects the copy for it: as kernels do, but for long entries (128 × 2ⁿ bytes), which UEFI
    /// allows and OVMF reads, and for arrays of any length, which Linux limits (is_gpt_valid in block/partitions/efi.c).
    public var isMindedByUEFI: Bool {
      switch self {
      case .entrySize(let size): !GPTHeader.allowsEntrySize(size)
      case .entryArrayTooLong: false
      default: invalidatesCopy
      }
    }

    /// Whether it lies in the entry array rather than in the header.
    public var concernsEntries: Bool {
      switch self {
      case .entrySize, .entryArraySize, .entryArrayTooLong, .entriesBeyondEnd, .entriesChecksum: true
      default: false
      }
    }
  }

  /// Primary at block 1, backup anywhere else.
  public var role: Role
  /// The block that the header lies in.
  public var lba: UInt64
  /// The header's fields.
  public var header: GPTHeader
  /// The used entries, as far as they can be read, even where a checksum is wrong; ``entryLimit`` of them at most.
  public var entries: [GPTEntry] = []
  /// How many entries are used.
  public var usedCount = 0
  /// Every failed check.
  public var defects: [Defect] = []

  /// So many used entries are kept: 64 times as many as usual tables have room for.
  public static let entryLimit = 8192
  /// How much of the entry array is read at a time, in bytes.
  private static let pieceByteCount = 256 << 10

  /// Whether the entry array was not looked at for its length, and nothing is known to be wrong with it.
  public var isArrayTooLong: Bool {
    defects.contains { if case .entryArrayTooLong = $0 { true } else { false } }
  }

  /// Whether the header passes every check of libblkid.
  public var isHeaderValid: Bool { !defects.contains { $0.invalidatesCopy && !$0.concernsEntries } }
  /// Whether nothing is wrong with the entry array, be its entries longer than what kernels read, or itself longer than
  /// what is looked at.
  public var areEntriesValid: Bool { !defects.contains { $0.concernsEntries && $0.isMindedByUEFI } }
  /// Whether firmware uses the copy, which kernels may not.
  public var isValidForUEFI: Bool { !defects.contains(where: \.isMindedByUEFI) }
  /// Whether the copy may be used by everybody: kernels do not read one with long entries, though it is whole.
  public var isValid: Bool { !defects.contains(where: \.invalidatesCopy) }

  /// Reads the copy whose header lies in a block; nil where that block has no `EFI PART`.
  ///
  /// - Parameters:
  ///   - lba: the block in units of `blockSize`.
  ///   - blockSize: the length of a block in bytes, 512 or 4096.
  /// - Throws: only where the bytes cannot be had.
  public init?(
    in disk: some RandomAccessBytes, role: Role, lba: UInt64, blockSize: Int
  ) throws(FormatError) {
    guard blockSize >= 512, let offset = lba.multiplied(by: UInt64(blockSize)),
      offset.end(count: UInt64(blockSize), limit: disk.byteCount) != nil
    else { return nil }
    let block = try disk.reader(at: offset, count: blockSize)
    guard let header = try? GPTHeader(parsing: block) else { return nil }
    self.role = role
    self.lba = lba
    self.header = header
    let lastLBA = disk.byteCount / UInt64(blockSize) - 1
    checkHeader(in: block, lastLBA: lastLBA)
    try readEntries(in: disk, blockSize: blockSize)
    checkPartitions(lastLBA: lastLBA)
  }

  private mutating func checkHeader(in block: ByteReader, lastLBA: UInt64) {
    if header.revision != 0x0001_0000 { defects.append(.revision(header.revision)) }
    if header.headerSize < UInt32(GPTHeader.byteCount) || header.headerSize > UInt32(clamping: block.count) {
      defects.append(.headerSize(header.headerSize))
    }
    let computed = GPTHeader.checksum(of: block, headerSize: header.headerSize)
    if computed != header.headerChecksum {
      defects.append(.headerChecksum(stored: header.headerChecksum, computed: computed))
    }
    if header.myLBA != lba { defects.append(.myLBA(stored: header.myLBA, actual: lba)) }
    let (first, last) = (header.firstUsableLBA, header.lastUsableLBA)
    if first > last { defects.append(.usableRange(first: first, last: last)) }
    if max(first, last) > lastLBA {
      defects.append(.usableBeyondEnd(lastUsableLBA: max(first, last), lastLBA: lastLBA))
    }
    if first <= last, (first...last).contains(lba) { defects.append(.headerInUsableRange) }
  }

  private mutating func readEntries(
    in disk: some RandomAccessBytes, blockSize: Int
  ) throws(FormatError) {
    let size = header.entryArrayByteCount
    if header.entrySize != GPTEntry.byteCount { defects.append(.entrySize(header.entrySize)) }
    guard GPTHeader.allowsEntrySize(header.entrySize) else { return }
    guard size > 0 else {
      defects.append(.entryArraySize(bytes: size))
      return
    }
    guard let offset = header.entriesLBA.multiplied(by: UInt64(blockSize)),
      offset.end(count: size, limit: disk.byteCount) != nil
    else {
      defects.append(.entriesBeyondEnd(entriesLBA: header.entriesLBA))
      return
    }
    guard size <= GPTHeader.entryArrayLimit else {
      defects.append(.entryArrayTooLong(bytes: size))
      return
    }
    let entrySize = Int(header.entrySize)
    let entryCount = Int(header.entryCount)
    let step = max(1, Self.pieceByteCount / entrySize)
    var checksum = CRC32()
    for first in stride(from: 0, to: entryCount, by: step) {
      let count = min(step, entryCount - first)
      let piece = try disk.reader(at: offset + UInt64(first * entrySize), count: count * entrySize)
      checksum.update(piece.bytes.span)
      for number in 0..<count {
        let place = number * entrySize
        guard !piece.isZero(in: place..<(place + 16)) else { continue }
        usedCount += 1
        guard entries.count < Self.entryLimit else { continue }
        entries.append(try GPTEntry(index: first + number + 1, parsing: piece, at: place))
      }
    }
    if checksum.value != header.entriesChecksum {
      defects.append(.entriesChecksum(stored: header.entriesChecksum, computed: checksum.value))
    }
  }

  private mutating func checkPartitions(lastLBA: UInt64) {
    for entry in entries {
      if entry.firstLBA > entry.lastLBA {
        defects.append(.reversedPartition(index: entry.index))
        continue
      }
      if entry.lastLBA > lastLBA {
        defects.append(.partitionBeyondEnd(index: entry.index, lastLBA: entry.lastLBA))
      }
      if entry.firstLBA < header.firstUsableLBA || entry.lastLBA > header.lastUsableLBA {
        defects.append(.partitionOutsideUsable(index: entry.index))
      }
    }
    // Neighbours in order of their start, so that thousands of entries stay cheap.
    let sorted = entries.filter { $0.firstLBA <= $0.lastLBA }.sorted { $0.firstLBA < $1.firstLBA }
    guard var reach = sorted.first else { return }
    for entry in sorted.dropFirst() {
      if entry.firstLBA <= reach.lastLBA {
        defects.append(.overlap(index: reach.index, other: entry.index))
      }
      if entry.lastLBA > reach.lastLBA { reach = entry }
    }
  }
}

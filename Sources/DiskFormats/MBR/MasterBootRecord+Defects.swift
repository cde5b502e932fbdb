extension MasterBootRecord {
  /// Something about the table that an honest one does not have.
  public enum TableDefect: Hashable, Sendable {
    /// The status byte is neither 0x00 nor 0x80: unless all else is in order, these bytes are code or text.
    case invalidStatus(entry: Int, status: UInt8)
    /// The sector begins a FAT, exFAT or NTFS file system, so bytes 446–509 are boot code.
    case bootSector(BootCode.Kind)
    /// More than one entry is active; generic boot code stops there.
    case severalActive(entries: [Int])
    /// Block 0 belongs to no partition by the rules, yet every isohybrid image does it.
    case startsAtZero(entry: Int)
    /// The partition reaches beyond the end of the disk, in blocks.
    case beyondEnd(entry: Int, endLBA: UInt64, blockCount: UInt64)
    /// Two partitions share blocks; by design where an isohybrid's second lies inside its first.
    case overlap(entry: Int, other: Int)

    /// Whether it speaks against a partition table whose status bytes are odd.
    fileprivate var deniesOddTable: Bool {
      switch self {
      case .bootSector, .startsAtZero, .beyondEnd, .overlap: true
      case .invalidStatus, .severalActive: false
      }
    }
  }

  /// Whether a status byte is neither 0x00 nor 0x80.
  ///
  /// UEFI does not look at it (UEFI 2.10 §5.2.1), Linux then sees no table, and mbr.bin of syslinux asks for bit 7 alone.
  public var hasOddStatus: Bool { entries.contains { !$0.hasValidStatus } }

  /// Whether the four entries can be taken for a partition table, and not for a file system's boot code.
  ///
  /// With odd status bytes only where everything else is in order and every type a known one.
  /// - Parameter blockCount: the length of the disk in logical blocks, where it is known.
  public func isTablePlausible(blockCount: UInt64? = nil) -> Bool {
    guard hasOddStatus else { return !BootCode(of: self).kind.isFileSystemBootSector }
    let used = usedEntries
    return !used.isEmpty
      && used.allSatisfy { Self.commonTypes.contains($0.type) && $0.endLBA <= UInt64(UInt32.max) }
      && entries.allSatisfy { !$0.isEmpty || $0.startLBA == 0 && $0.type == 0 }
      && !tableDefects(blockCount: blockCount).contains(where: \.deniesOddTable)
  }

  /// Whether EDK2 goes by the entries, whatever else speaks against a partition table: they lie within the disk, and
  /// share no blocks (PartitionValidMbr in MdeModulePkg/Universal/Disk/PartitionDxe/Mbr.c).
  /// - Parameter blockCount: the length of the disk in logical blocks.
  public func isTakenByUEFI(blockCount: UInt64) -> Bool {
    let used = usedEntries.filter { $0.type != 0 }
    let overlap = used.indices.contains { index in
      used[(index + 1)...].contains {
        UInt64(used[index].startLBA) < $0.endLBA && UInt64($0.startLBA) < used[index].endLBA
      }
    }
    return !overlap && used.contains { $0.startLBA > 0 } && used.allSatisfy { $0.endLBA <= blockCount }
  }

  /// Types that partitioning tools write (sfdisk --list-types), but for those that are capital letters in ASCII.
  private static let commonTypes: Set<UInt8> = [
    0x01, 0x04, 0x05, 0x06, 0x07, 0x0B, 0x0C, 0x0E, 0x0F, 0x11, 0x14, 0x16, 0x17, 0x1B, 0x1C, 0x1E, 0x27,
    0x82, 0x83, 0x85, 0x8E, 0xA5, 0xA6, 0xA8, 0xA9, 0xAB, 0xAF, 0xDA, 0xEE, 0xEF, 0xFB, 0xFC, 0xFD,
  ]

  /// Everything odd about the table.
  ///
  /// - Parameter blockCount: the length of the disk in logical blocks, where it is known.
  public func tableDefects(blockCount: UInt64?) -> [TableDefect] {
    var defects: [TableDefect] = []
    let kind = BootCode(of: self).kind
    if kind.isFileSystemBootSector { defects.append(.bootSector(kind)) }
    for entry in entries where !entry.hasValidStatus {
      defects.append(.invalidStatus(entry: entry.index, status: entry.status))
    }
    let active = entries.filter(\.isActive).map(\.index)
    if active.count > 1 { defects.append(.severalActive(entries: active)) }
    let used = usedEntries
    for entry in used {
      if entry.startLBA == 0 { defects.append(.startsAtZero(entry: entry.index)) }
      // A protective entry may cover more than the disk: its length is capped at 0xFFFFFFFF and often just that.
      if let blockCount, entry.endLBA > blockCount, !entry.isProtective {
        defects.append(.beyondEnd(entry: entry.index, endLBA: entry.endLBA, blockCount: blockCount))
      }
    }
    for (position, entry) in used.enumerated() {
      for other in used[(position + 1)...]
      where UInt64(entry.startLBA) < other.endLBA && UInt64(other.startLBA) < entry.endLBA {
        defects.append(.overlap(entry: entry.index, other: other.index))
      }
    }
    return defects
  }
}

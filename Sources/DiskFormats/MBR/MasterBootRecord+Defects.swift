extension MasterBootRecord {
  /// Something about the table that an honest one does not have.
  public enum TableDefect: Hashable, Sendable {
    /// The status byte is neither 0x00 nor 0x80: these bytes are code or text, not a table.
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

    /// Whether it means that there is no partition table here at all.
    public var deniesTable: Bool {
      switch self {
      case .invalidStatus, .bootSector: true
      case .severalActive, .startsAtZero, .beyondEnd, .overlap: false
      }
    }
  }

  /// Whether the four entries can be taken for a partition table: valid status bytes and no file system's boot code.
  public var isTablePlausible: Bool { !tableDefects(blockCount: nil).contains(where: \.deniesTable) }

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

import BlockIO

extension FATVolume: SurveyableVolume {
  /// The clusters in use: by the FSInfo sector of FAT32 where it makes sense, else by counting the table.
  ///
  /// FSInfo: 0 `RRaA`, 484 `rrAa`, 488 free clusters (4), FFFFFFFF where unknown (Microsoft's FAT specification).
  public var usedByteCount: UInt64? {
    guard let used = usedByFSInfo ?? usedByTable else { return nil }
    return UInt64(used) * UInt64(boot.bytesPerCluster)
  }

  /// FAT keeps no date of its own.
  public var lastWritten: Int64? { nil }

  /// The entries of the root directory with their dates.
  public func rootEntries() throws(FormatError) -> [VolumeEntry] {
    try rootDirectory().entries.prefix(SurveyLimits.entriesPerDirectory).map(Self.entry)
  }

  /// The entries of a directory with their dates.
  public func entries(of directory: VolumeEntry) throws(FormatError) -> [VolumeEntry] {
    let place = FATDirectoryEntry(
      name: directory.name, shortName: directory.name, attributes: 0x10,
      firstCluster: UInt32(clamping: directory.place.first), byteCount: 0)
    return try self.directory(place).entries.prefix(SurveyLimits.entriesPerDirectory).map(Self.entry)
  }

  private static func entry(_ entry: FATDirectoryEntry) -> VolumeEntry {
    VolumeEntry(
      name: entry.name, isDirectory: entry.isDirectory, modified: entry.modified,
      place: VolumeEntry.Place(first: UInt64(entry.firstCluster)))
  }

  private var usedByFSInfo: UInt32? {
    guard boot.kind == .fat32, let sector = try? bytes.reader(at: 0, count: 512),
      let number: UInt16 = try? sector.littleEndian(at: 48),
      (1..<boot.reservedSectors).contains(UInt32(number)),
      let info = try? bytes.reader(at: UInt64(number) * UInt64(boot.bytesPerSector), count: 512),
      info.has("RRaA", at: 0), info.has("rrAa", at: 484), let free: UInt32 = try? info.littleEndian(at: 488)
    else { return nil }
    return boot.clusterCount.subtracting(free)
  }

  private var usedByTable: UInt32? {
    let width = boot.kind.entryBitCount
    let needed = ((UInt64(boot.clusterCount) + 2) * width + 7) / 8
    guard needed <= UInt64(SurveyLimits.bytesPerBitmap),
      let table = try? bytes.reader(at: boot.tableOffset, count: Int(needed))
    else { return nil }
    var used: UInt32 = 0
    for cluster in 2..<(Int(boot.clusterCount) + 2) where !isFree(cluster, in: table) { used += 1 }
    return used
  }

  /// Where the clusters lie that the table marks as free, joined, in bytes of the volume; none where the table is too
  /// long for a glance.
  public var freeRanges: [Range<UInt64>] {
    let needed = ((UInt64(boot.clusterCount) + 2) * boot.kind.entryBitCount + 7) / 8
    guard needed <= 128 << 10, let table = try? bytes.reader(at: boot.tableOffset, count: Int(needed)) else {
      return []
    }
    var ranges: [Range<UInt64>] = []
    for cluster in 2..<(Int(boot.clusterCount) + 2) where isFree(cluster, in: table) {
      guard let start = boot.offset(ofCluster: UInt32(cluster)) else { break }
      let end = start + UInt64(boot.bytesPerCluster)
      if let last = ranges.last, last.upperBound == start {
        ranges[ranges.count - 1] = last.lowerBound..<end
      } else if ranges.count < SurveyLimits.freeRanges {
        ranges.append(start..<end)
      }
    }
    return ranges
  }

  /// Whether the table marks a cluster as free.
  func isFree(_ cluster: Int, in table: ByteReader) -> Bool {
    let bytes = table.bytes
    switch boot.kind {
    case .fat12:
      let place = cluster * 3 / 2
      guard place + 1 < bytes.count else { return true }
      return cluster % 2 == 0
        ? bytes[place] == 0 && bytes[place + 1] & 15 == 0 : bytes[place] >> 4 == 0 && bytes[place + 1] == 0
    case .fat16: return bytes[cluster * 2] == 0 && bytes[cluster * 2 + 1] == 0
    case .fat32:
      return (0..<3).allSatisfy { bytes[cluster * 4 + $0] == 0 } && bytes[cluster * 4 + 3] & 15 == 0
    }
  }
}

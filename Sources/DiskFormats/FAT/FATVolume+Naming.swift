import BlockIO

extension FATVolume {
  /// Where the root directory lies, in bytes of the volume, as far as its chain can be followed.
  public var rootRanges: [Range<UInt64>] {
    guard boot.kind == .fat32 else {
      return [boot.rootDirectoryOffset..<(boot.rootDirectoryOffset + UInt64(boot.rootEntryCount) * 32)]
    }
    let size = UInt64(boot.bytesPerCluster)
    return rootRuns.compactMap { run in
      boot.offset(ofCluster: run.first).map { $0..<($0 + UInt64(run.count) * size) }
    }
  }

  /// Where the tables, the root directory and the sectors beside the first one hold what leads to files that are there, sorted, in bytes of the volume;
  /// nil where that is too much for a glance.
  ///
  /// Whatever else a system puts onto the volume, it leaves these as they are. Left out are the entry of the root's
  /// last cluster, behind which the root grows, the date of the last access (18, two bytes), the flags of a mounted
  /// file system in the copy of the boot sector (65), and the counts of FSInfo (488, eight bytes). Of FAT12, half a
  /// byte at an end of used entries may be left out as well.
  /// Source: Microsoft FAT Specification (2005), sections 3.3, 3.5, 4 and 6.
  public var namingRanges: [Range<UInt64>]? {
    let width = boot.kind.entryBitCount
    let needed = ((UInt64(boot.clusterCount) + 2) * width + 7) / 8
    guard needed <= UInt64(SurveyLimits.bytesPerNamingTable),
      let table = try? bytes.reader(at: boot.tableOffset, count: Int(needed)),
      let root = namingRangesOfRoot
    else { return nil }
    let last = rootRuns.last.map { Int($0.first + $0.count) - 1 }
    var ranges: [Range<UInt64>] = []
    var start: UInt64?
    let end = Int(boot.clusterCount) + 2
    for cluster in 2...end {
      let isUsed = cluster < end && cluster != last && !isFree(cluster, in: table)
      if isUsed, start == nil { start = UInt64(cluster) }
      guard !isUsed, let first = start else { continue }
      ranges.append(((first * width + 7) / 8)..<(UInt64(cluster) * width / 8))
      start = nil
      guard ranges.count <= SurveyLimits.namingRanges else { return nil }
    }
    let copies = (0..<UInt64(boot.tableCount)).flatMap { copy in
      let offset = boot.tableOffset + copy * boot.tableByteCount
      return ranges.map { ($0.lowerBound + offset)..<($0.upperBound + offset) }
    }
    return (copies + root + namingRangesOfCopies).sorted { $0.lowerBound < $1.lowerBound }
  }

  /// The clusters of the root directory of FAT32; none of the others.
  private var rootRuns: [FATClusterChain.Run] {
    guard boot.kind == .fat32 else { return [] }
    var chain = FATClusterChain(bytes, boot)
    return chain.runs(
      from: boot.rootCluster, limit: UInt64(max(1, SurveyLimits.bytesPerDirectory / boot.bytesPerCluster))
    ).runs
  }

  /// FAT32: the sector with FSInfo (its number at 48), and the copies of the boot sector (50) and of FSInfo behind it.
  private var namingRangesOfCopies: [Range<UInt64>] {
    guard boot.kind == .fat32, let reader = try? bytes.reader(at: 0, count: 512) else { return [] }
    func parts(of sector: UInt64, _ parts: [Range<UInt64>]) -> [Range<UInt64>] {
      let start = sector * UInt64(boot.bytesPerSector)
      return parts.map { (start + $0.lowerBound)..<(start + $0.upperBound) }
    }
    func number(at offset: Int) -> UInt64? {
      let number = (try? reader.littleEndian(UInt16.self, at: offset)) ?? 0
      return (1..<boot.reservedSectors).contains(UInt32(number)) ? UInt64(number) : nil
    }
    let info: [Range<UInt64>] = [0..<488, 496..<512]
    var ranges: [Range<UInt64>] = []
    if let sector = number(at: 48) { ranges += parts(of: sector, info) }
    if let copy = number(at: 50) {
      ranges += parts(of: copy, [0..<65, 66..<512]) + parts(of: copy + 1, info)
    }
    return ranges
  }

  private var namingRangesOfRoot: [Range<UInt64>]? {
    var ranges: [Range<UInt64>] = []
    for range in rootRanges {
      let count = min(range.count, SurveyLimits.bytesPerDirectory)
      guard let content = try? bytes.bytes(at: range.lowerBound, count: count) else { return nil }
      for place in stride(from: 0, to: content.count - 31, by: 32) {
        guard content[place] != 0 else { return ranges }
        guard content[place] != 0xE5 else { continue }
        let start = range.lowerBound + UInt64(place)
        if content[place + 11] & 0x3F == 0x0F {
          ranges.append(start..<(start + 32))
        } else {
          ranges += [start..<(start + 18), (start + 20)..<(start + 32)]
        }
        guard ranges.count <= SurveyLimits.namingRanges else { return nil }
      }
      guard count == range.count else { return nil }
    }
    return ranges
  }
}

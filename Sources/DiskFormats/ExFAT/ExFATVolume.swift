public import BlockIO

/// An exFAT file system, of which the bitmap and a few directories are read.
///
/// The bytes begin with its boot sector: give it a ``SubrangeBytes`` for a partition.
public struct ExFATVolume: SurveyableVolume {
  /// The parameters of the file system.
  public let boot: ExFATBootSector
  let bytes: any RandomAccessBytes

  /// Recognises a file system by its boot sector.
  public init(_ bytes: any RandomAccessBytes) throws(FormatError) {
    boot = try ExFATBootSector(parsing: bytes.reader(at: 0, count: 512))
    self.bytes = bytes
  }

  private var rootPlace: VolumeEntry.Place { VolumeEntry.Place(first: UInt64(boot.rootCluster)) }

  /// The clusters that the allocation bitmap marks, or what the boot sector says in percent.
  public var usedByteCount: UInt64? {
    if let bitmap = try? ExFATDirectory(parsing: contents(of: rootPlace)).bitmap {
      let needed = (UInt64(boot.clusterCount) + 7) / 8
      if needed <= UInt64(SurveyLimits.bytesPerBitmap),
        let content = try? contents(of: bitmap, upTo: Int(needed)),
        UInt64(content.count) >= needed
      {
        return content.setBitCount(of: UInt64(boot.clusterCount)) * UInt64(boot.bytesPerCluster)
      }
    }
    return boot.percentInUse.map {
      UInt64(boot.clusterCount) * UInt64(boot.bytesPerCluster) / 100 * UInt64($0)
    }
  }

  /// What a mount for writing changes, in bytes of the volume: the boot sector with its flags and its percentage, the
  /// table, the bitmap, and the root directory, in which systems put folders of their own.
  ///
  /// Source: Microsoft, exFAT file system specification, sections 3.1.13, 3.1.18 and 7.1.
  public var mountTraces: [Range<UInt64>] {
    let sector = UInt64(boot.bytesPerSector)
    let table = UInt64(boot.tableSector) * sector
    var traces = [0..<sector, table..<(table + UInt64(boot.sectorsPerTable) * sector)]
    traces += rootRanges
    if let bitmap = try? ExFATDirectory(parsing: contents(of: rootPlace)).bitmap,
      let start = boot.offset(ofCluster: UInt32(clamping: bitmap.first))
    {
      traces.append(start..<(start + min(bitmap.byteCount, UInt64(SurveyLimits.bytesPerBitmap))))
    }
    return traces
  }

  /// exFAT keeps no date of its own.
  public var lastWritten: Int64? { nil }

  /// The entries of the root directory with their dates.
  public func rootEntries() throws(FormatError) -> [VolumeEntry] {
    try ExFATDirectory(parsing: contents(of: rootPlace)).entries
  }

  /// The entries of a directory with their dates.
  public func entries(of directory: VolumeEntry) throws(FormatError) -> [VolumeEntry] {
    try ExFATDirectory(parsing: contents(of: directory.place)).entries
  }

  /// Up to `limit` bytes of what lies in a chain of clusters or in one piece.
  private func contents(
    of place: VolumeEntry.Place, upTo limit: Int = SurveyLimits.bytesPerDirectory
  ) throws(FormatError) -> [UInt8] {
    var wanted = limit
    if place.byteCount > 0 { wanted = Int(min(UInt64(limit), place.byteCount)) }
    var content: [UInt8] = []
    var cluster = UInt32(clamping: place.first)
    var steps = 0
    while content.count < wanted, let offset = boot.offset(ofCluster: cluster) {
      steps += 1
      guard steps <= SurveyLimits.bytesPerDirectory / 512 else { break }
      let count = place.isContiguous ? wanted : min(boot.bytesPerCluster, wanted - content.count)
      let part = try bytes.prefixReader(at: offset, upTo: count).bytes
      content += part
      guard !place.isContiguous, part.count == count else { break }
      let next = try bytes.reader(at: boot.tableOffset(ofCluster: cluster), count: 4)
      cluster = try next.littleEndian(at: 0)
    }
    return content
  }
}

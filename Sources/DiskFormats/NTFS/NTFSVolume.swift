public import BlockIO

/// An NTFS file system, of which the bitmap and a few directories are read.
///
/// The bytes begin with its boot sector: give it a ``SubrangeBytes`` for a partition.
public struct NTFSVolume: SurveyableVolume {
  /// The parameters of the file system.
  public let boot: NTFSBootSector
  private let bytes: any RandomAccessBytes
  /// Numbers of records that are the same on every volume.
  private enum Record {
    static let table: UInt64 = 0
    static let log: UInt64 = 2
    static let root: UInt64 = 5
    static let bitmap: UInt64 = 6
  }

  /// Recognises a file system by its boot sector.
  public init(_ bytes: any RandomAccessBytes) throws(FormatError) {
    boot = try NTFSBootSector(parsing: bytes.reader(at: 0, count: 512))
    self.bytes = bytes
  }

  /// The clusters that `$Bitmap` marks; nil for volumes whose bitmap is too long for a glance.
  public var usedByteCount: UInt64? {
    // The count may be any 64 bits: rounded up without an overflow.
    let needed = boot.clusterCount / 8 + (boot.clusterCount % 8 == 0 ? 0 : 1)
    guard needed > 0, needed <= UInt64(SurveyLimits.bytesPerBitmap), let record = try? record(Record.bitmap),
      let attribute = try? record.attribute(.data)
    else { return nil }
    let content: [UInt8]
    switch attribute {
    case .resident(let value): content = value.bytes
    case .runs(let runs, let byteCount):
      guard let read = try? contents(of: runs, upTo: min(byteCount, needed)) else { return nil }
      content = read
    }
    guard UInt64(content.count) >= needed else { return nil }
    return content.setBitCount(of: boot.clusterCount).multiplied(by: UInt64(boot.bytesPerCluster))
  }

  /// Where `$LogFile` lies, in bytes of the volume: no system mounts it for writing without a change there.
  ///
  /// Source: Linux, Documentation/filesystems/ntfs3.rst; record 2 of the master file table.
  public var logRanges: [Range<UInt64>] {
    guard let log = try? record(Record.log), case .runs(let runs, _)? = try? log.attribute(.data) else {
      return []
    }
    let size = UInt64(boot.bytesPerCluster)
    return runs.compactMap { run in
      guard let start = run.start?.multiplied(by: size), let count = run.count.multiplied(by: size),
        let end = start.adding(count)
      else { return nil }
      return start..<end
    }
  }

  /// The length of a restart page of `$LogFile` in bytes; it begins with two of them.
  public static let restartPageByteCount = 4096

  /// The number of the last record that a restart page of `$LogFile` knows of; nil for what is no whole one.
  ///
  /// 0 magic `RSTR`   24 place of the restart area (2), which begins with that number (8)
  ///
  /// Source: Linux, fs/ntfs3/fslog.c, `RESTART_HDR` and `RESTART_AREA`.
  public static func restartNumber(of page: [UInt8]) -> UInt64? {
    guard let record = try? NTFSRecord(parsing: ByteReader(page), magic: "RSTR"),
      let area = try? record.reader.littleEndian(UInt16.self, at: 24)
    else { return nil }
    return try? record.reader.littleEndian(at: Int(area))
  }

  /// NTFS keeps no date of its own; its root directory's entries do.
  public var lastWritten: Int64? { nil }

  /// The entries of the root directory with their dates, those of the file system itself left out.
  public func rootEntries() throws(FormatError) -> [VolumeEntry] {
    // Records below 24 are the file system's own ($MFT, $Bitmap and so on).
    try entries(ofRecord: Record.root).filter { $0.place.first >= 24 }
  }

  /// The entries of a directory with their dates.
  public func entries(of directory: VolumeEntry) throws(FormatError) -> [VolumeEntry] {
    try entries(ofRecord: directory.place.first)
  }

  private func entries(ofRecord number: UInt64) throws(FormatError) -> [VolumeEntry] {
    let record = try record(number)
    var entries: [VolumeEntry] = []
    // An index root has 16 bytes before its header.
    if case .resident(let root) = try record.attribute(.indexRoot) {
      try NTFSIndex.add(root, headerAt: 16, to: &entries)
    }
    guard case .runs(let runs, let byteCount) = try record.attribute(.indexAllocation) else { return entries }
    let limit = min(byteCount, UInt64(SurveyLimits.bytesPerDirectory))
    let content = try contents(of: runs, upTo: limit)
    for offset in stride(
      from: 0, through: content.count - boot.bytesPerIndexBlock, by: boot.bytesPerIndexBlock)
    {
      let raw = ByteReader(Array(content[offset..<(offset + boot.bytesPerIndexBlock)]))
      // Blocks that are not in use hold anything.
      guard let block = try? NTFSRecord(parsing: raw, magic: "INDX") else { continue }
      try NTFSIndex.add(block.reader, headerAt: 24, to: &entries)
    }
    return entries
  }

  /// A record of the master file table, whose own runs say where the later ones lie.
  private func record(_ number: UInt64) throws(FormatError) -> NTFSRecord {
    guard let start = boot.tableCluster.multiplied(by: UInt64(boot.bytesPerCluster)) else {
      throw .outOfBounds(offset: .max, count: boot.bytesPerRecord)
    }
    let size = UInt64(boot.bytesPerRecord)
    guard number >= 16 else { return try self.record(at: start.adding(number * size)) }
    guard case .runs(let runs, _) = try self.record(at: start).attribute(.data),
      let place = number.multiplied(by: size)
    else { throw .invalid(.ntfs, field: "runs of $MFT", value: number, offset: start) }
    return try self.record(at: offset(of: place, in: runs))
  }

  private func record(at offset: UInt64?) throws(FormatError) -> NTFSRecord {
    guard let offset else { throw .outOfBounds(offset: .max, count: boot.bytesPerRecord) }
    return try NTFSRecord(parsing: bytes.reader(at: offset, count: boot.bytesPerRecord), magic: "FILE")
  }

  /// Where a byte of a file lies in the volume; nil behind its end and in a hole.
  private func offset(of place: UInt64, in runs: [NTFSRecord.Run]) -> UInt64? {
    var rest = place
    for run in runs {
      guard let length = run.count.multiplied(by: UInt64(boot.bytesPerCluster)) else { return nil }
      if rest < length { return run.start?.multiplied(by: UInt64(boot.bytesPerCluster))?.adding(rest) }
      rest -= length
    }
    return nil
  }

  /// The first bytes of what lies in runs, holes as zeroes.
  private func contents(of runs: [NTFSRecord.Run], upTo limit: UInt64) throws(FormatError) -> [UInt8] {
    var content: [UInt8] = []
    for run in runs {
      let left = limit - UInt64(content.count)
      guard left > 0 else { break }
      let length = run.count.multiplied(by: UInt64(boot.bytesPerCluster)) ?? left
      let count = Int(min(length, left))
      if let start = run.start {
        guard let offset = start.multiplied(by: UInt64(boot.bytesPerCluster)) else {
          throw .outOfBounds(offset: .max, count: count)
        }
        content += try bytes.reader(at: offset, count: count).bytes
      } else {
        content += [UInt8](repeating: 0, count: count)
      }
    }
    return content
  }
}

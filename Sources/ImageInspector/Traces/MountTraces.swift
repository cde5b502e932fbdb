public import BlockIO
import DiskFormats

/// Where the file systems of an image change by being mounted, so that a later comparison can tell a stick that
/// was looked at from one that loses data (R46).
public struct MountTraces: Hashable, Sendable {
  /// A file system of the image.
  public struct FileSystem: Hashable, Sendable {
    /// Its kind, such as `FAT32` or `ext4`.
    public var kind: String
    /// The partition it lies in; nil where the image has no table.
    public var partition: Int?
    /// The bytes of the partition.
    var range: Range<UInt64>
    /// The bytes in it that a mount changes, in bytes of the image.
    var traces: [Range<UInt64>]
    /// Whether a change in the traces explains every other change in the file system too.
    ///
    /// A journal that is replayed and a write of the mounted system may touch any block of an ext file system, but
    /// never without the time in its superblock.
    var explainsAll: Bool
    /// What else a mounted system changes, never without a change in the traces, in bytes of the image: tables, and
    /// what is marked as free, where it puts folders of its own.
    var others: [Range<UInt64>]
    /// What a medium must have for any of that to count.
    var witness: MountWitness
    /// What a medium must still have besides; nil where any block may have changed.
    var naming: NamingBytes?
  }

  /// The file systems that can be mounted for writing, in order.
  public let fileSystems: [FileSystem]

  /// Takes file systems that were found before.
  init(fileSystems: [FileSystem] = []) { self.fileSystems = fileSystems }

  /// Looks for them where the tables of an image say that they begin.
  ///
  /// What cannot be read or understood is left out: it explains nothing.
  public init(of report: ImageReport, in bytes: some RandomAccessBytes) {
    var found: [FileSystem] = []
    for (number, range) in Self.places(in: report).prefix(Self.mostPlaces)
    where found.count < Self.mostFileSystems {
      let fileSystem =
        Self.fat(number, range, bytes) ?? Self.ext(number, range, bytes) ?? Self.windows(number, range, bytes)
      if let fileSystem { found.append(fileSystem) }
    }
    fileSystems = found
  }

  /// The file systems whose mounting explains every difference; nil where one is left.
  /// - Parameters:
  ///   - differences: ranges of blocks that differ, in bytes of the image.
  ///   - ones: where blocks lie among them that hold nothing but 0xFF, from the first to the last. Flash that has lost
  ///     what was written reads so, and a log that ntfs-3g has emptied.
  ///   - read: gives what is in a range of the medium, in bytes; nil where that cannot be read.
  public func explaining(
    _ differences: [Range<UInt64>], ones: Range<UInt64>?, on read: (Range<UInt64>) -> [UInt8]?
  ) -> [FileSystem]? {
    var found: [FileSystem] = []
    for difference in differences {
      // On hybrid images partitions lie inside each other; the smallest one is the file system.
      let around = fileSystems.filter { $0.range.contains(difference.lowerBound) }
      guard let owner = around.min(by: { $0.range.count < $1.range.count }),
        difference.upperBound <= owner.range.upperBound,
        owner.explains(difference, among: differences)
      else { return nil }
      if !found.contains(owner) { found.append(owner) }
    }
    let isLog = ones.map { ones in found.contains { $0.isLog && ones.isCovered(by: $0.traces) } } ?? true
    guard !found.isEmpty, isLog, found.allSatisfy({ $0.isThere(read) }) else { return nil }
    return found
  }

  /// More partitions than this are not looked at.
  private static let mostPlaces = 128
  /// More file systems than this are not remembered.
  private static let mostFileSystems = 16
}

extension MountTraces.FileSystem {
  /// Whether its mounting explains anything that differs in it, so that what the medium has lost itself cannot be told
  /// from that.
  public var mayHideLosses: Bool { explainsAll }

  /// Whether a medium still has the file system and what leads to its files.
  fileprivate func isThere(_ read: (Range<UInt64>) -> [UInt8]?) -> Bool {
    witness.isSound(read) && naming?.areThere(read) ?? true
  }

  fileprivate func explains(_ difference: Range<UInt64>, among differences: [Range<UInt64>]) -> Bool {
    let isTraced = differences.contains { one in traces.contains { $0.overlaps(one) } }
    guard isTraced, !explainsAll else { return isTraced }
    return difference.isCovered(by: traces + others)
  }

  /// Whether the traces are a log.
  fileprivate var isLog: Bool { witness.form == .ntfs }
}

extension Range<UInt64> {
  /// Whether every byte of it is in one of some ranges, which may touch and overlap.
  fileprivate func isCovered(by ranges: [Self]) -> Bool {
    var position = lowerBound
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.lowerBound <= position {
      position = Swift.max(position, range.upperBound)
    }
    return position >= upperBound
  }
}

// MARK: - Where they lie

extension MountTraces {
  /// Where the tables of an image say that something begins, and the whole of it.
  static func places(in report: ImageReport) -> [(number: Int?, range: Range<UInt64>)] {
    var places: [(Int?, Range<UInt64>)] = []
    // A sparse file may claim more bytes than an Int can count.
    let end = min(report.byteCount, UInt64(Int.max))
    func add(_ number: Int?, first: UInt64, count: UInt64, blockSize: UInt64) {
      let (start, isTooLarge) = first.multipliedReportingOverflow(by: blockSize)
      guard !isTooLarge, start < end else { return }
      let (length, isEndless) = count.multipliedReportingOverflow(by: blockSize)
      let rest = end - start
      let bytes = isEndless ? rest : min(length, rest)
      if bytes > 0 { places.append((number, start..<(start + bytes))) }
    }
    for entry in report.gpt?.partitions ?? [] where entry.firstLBA <= entry.lastLBA {
      add(
        entry.index, first: entry.firstLBA, count: (entry.lastLBA - entry.firstLBA) &+ 1,
        blockSize: UInt64(report.gpt?.sectorSize ?? 512))
    }
    for entry in report.mbr?.entries ?? [] {
      add(entry.index, first: UInt64(entry.startLBA), count: UInt64(entry.sectors), blockSize: 512)
    }
    add(nil, first: 0, count: report.byteCount, blockSize: 1)
    return places
  }

  private static func read(_ bytes: some RandomAccessBytes, at offset: UInt64, count: Int) -> ByteReader? {
    guard let content = try? bytes.prefix(at: offset, upTo: count), content.count == count else { return nil }
    return ByteReader(content, base: offset)
  }
}

// MARK: - What they change

extension MountTraces {
  /// FAT: the boot sector with its dirty flag (offset 37, FAT32 65), its copy, the count of free clusters
  /// (FSInfo), the first sectors of the tables, whose second entry has flags as well, and the root directory, in which
  /// systems put folders of their own.
  ///
  /// The rest of the tables changes with these. What leads to the files of the image stays as it is.
  /// Source: Microsoft FAT Specification (2005), sections 3.3, 3.5 and 4.
  private static func fat(
    _ number: Int?, _ range: Range<UInt64>, _ bytes: some RandomAccessBytes
  ) -> FileSystem? {
    guard let reader = read(bytes, at: range.lowerBound, count: 512),
      let boot = try? FATBootSector(parsing: reader)
    else { return nil }
    let sector = UInt64(boot.bytesPerSector)
    let window = SubrangeBytes(bytes, start: range.lowerBound, byteCount: UInt64(range.count))
    guard let volume = try? FATVolume(window), let naming = volume.namingRanges else { return nil }
    var traces: [Range<UInt64>] = [0..<sector]
    if boot.kind == .fat32 {
      for offset in [48, 50] {
        // 0 and 0xFFFF say that there is none; a copy has its FSInfo behind it.
        let place = (try? reader.littleEndian(UInt16.self, at: offset)) ?? 0
        guard place != 0, place != .max else { continue }
        traces.append((UInt64(place) * sector)..<((UInt64(place) + 2) * sector))
      }
    }
    traces += volume.rootRanges
    for table in 0..<UInt64(boot.tableCount) {
      let start = boot.tableOffset + table * UInt64(boot.sectorsPerTable) * sector
      traces.append(start..<(start + sector))
    }
    guard let witness = MountWitness.fat(boot, in: range, bytes),
      let naming = NamingBytes(shifted(naming, into: range), of: bytes)
    else { return nil }
    return FileSystem(
      kind: boot.kind.rawValue.uppercased(), partition: number, range: range,
      traces: shifted(traces, into: range), explainsAll: false,
      others: shifted(
        [boot.tableOffset..<boot.rootDirectoryOffset] + volume.freeRanges, into: range),
      witness: witness, naming: naming)
  }

  /// ext2, ext3 and ext4: the superblock at byte 1024, which has the times of the last mount and the last write
  /// and the number of mounts.
  ///
  /// Source: Linux, Documentation/filesystems/ext4/super.rst (`s_mtime`, `s_wtime`, `s_mnt_count`, `s_magic`).
  private static func ext(
    _ number: Int?, _ range: Range<UInt64>, _ bytes: some RandomAccessBytes
  ) -> FileSystem? {
    guard let reader = read(bytes, at: range.lowerBound + 1024, count: 512),
      (try? reader.littleEndian(UInt16.self, at: 0x38)) == 0xEF53,
      let witness = MountWitness.ext(in: range, bytes)
    else { return nil }
    return FileSystem(
      kind: "ext", partition: number, range: range, traces: shifted([1024..<1536], into: range),
      explainsAll: true, others: [], witness: witness)
  }

  /// exFAT and NTFS, whose volumes say themselves where a mount leaves its traces.
  private static func windows(
    _ number: Int?, _ range: Range<UInt64>, _ bytes: some RandomAccessBytes
  ) -> FileSystem? {
    let window = SubrangeBytes(bytes, start: range.lowerBound, byteCount: UInt64(range.count))
    if let volume = try? ExFATVolume(window) {
      guard let naming = volume.namingRanges, let witness = MountWitness.exFAT(in: range, bytes),
        let naming = NamingBytes(shifted(naming, into: range), of: bytes)
      else { return nil }
      return FileSystem(
        kind: "exFAT", partition: number, range: range, traces: shifted(volume.mountTraces, into: range),
        explainsAll: false, others: [], witness: witness, naming: naming)
    }
    guard let volume = try? NTFSVolume(window) else { return nil }
    let log = volume.logRanges
    guard let witness = MountWitness.ntfs(log, in: range, bytes) else { return nil }
    return FileSystem(
      kind: "NTFS", partition: number, range: range, traces: shifted(log, into: range),
      explainsAll: true, others: [], witness: witness)
  }

  /// Ranges of a partition as ranges of the image, cut at the end of the partition.
  private static func shifted(_ ranges: [Range<UInt64>], into whole: Range<UInt64>) -> [Range<UInt64>] {
    let size = whole.upperBound - whole.lowerBound
    return ranges.compactMap { range in
      guard range.lowerBound < size else { return nil }
      return (whole.lowerBound + range.lowerBound)..<(whole.lowerBound + min(range.upperBound, size))
    }
  }
}

public import BlockIO

/// A FAT12, FAT16 or FAT32 file system, read only.
///
/// The bytes begin with its boot sector: give it a ``SubrangeBytes`` for a partition.
public struct FATVolume: Sendable {
  /// The parameters of the file system.
  public let boot: FATBootSector
  /// What a BIOS would start from its boot sector.
  public let loader: BootSectorLoader
  /// Whether the boot sector ends in 55 AA, without which no BIOS starts it.
  public let hasBootSignature: Bool
  /// The bytes that it lies in.
  public let bytes: any RandomAccessBytes

  /// Recognises a file system by its boot sector.
  public init(_ bytes: any RandomAccessBytes) throws(FormatError) {
    let sector = try bytes.reader(at: 0, count: 512)
    boot = try FATBootSector(parsing: sector)
    loader = BootSectorLoader(sector)
    hasBootSignature = sector.has([0x55, 0xAA], at: 510)
    self.bytes = bytes
  }

  /// By how many bytes the image is shorter than the file system says; 0 if it is whole.
  public var truncatedBy: UInt64 { boot.byteCount.subtracting(bytes.byteCount) ?? 0 }

  /// The root directory, as far as it can be read.
  public func rootDirectory() throws(FormatError) -> FATDirectory {
    guard boot.kind != .fat32 else { return try directory(atCluster: boot.rootCluster) }
    let size = Int(boot.rootEntryCount) * 32
    let reader = try bytes.prefixReader(at: boot.rootDirectoryOffset, upTo: size)
    var directory = try FATDirectory(parsing: reader, isFAT32: false)
    if reader.count < size { directory.damage = .outOfBounds(offset: boot.rootDirectoryOffset, count: size) }
    return directory
  }

  /// The contents of a directory, as far as they can be read.
  public func directory(_ entry: FATDirectoryEntry) throws(FormatError) -> FATDirectory {
    try entry.firstCluster == 0 ? rootDirectory() : directory(atCluster: entry.firstCluster)
  }

  /// The entry at a path with `/` or `\` between names, whatever their case; nil where there is none.
  public func entry(atPath path: String) throws(FormatError) -> FATDirectoryEntry? {
    var found: FATDirectoryEntry?
    for name in path.split(whereSeparator: { $0 == "/" || $0 == "\\" }) {
      if let found, !found.isDirectory { return nil }
      let directory = if let found { try directory(found) } else { try rootDirectory() }
      guard let next = directory.entries.first(where: { $0.isNamed(name) }) else { return nil }
      found = next
    }
    return found
  }

  /// A file as bytes that can be read at any place; nil for a directory.
  ///
  /// - Throws: where the chain of clusters is broken or shorter than the file.
  public func file(_ entry: FATDirectoryEntry) throws(FormatError) -> FATFileBytes? {
    guard !entry.isDirectory else { return nil }
    let size = UInt64(boot.bytesPerCluster)
    let needed = (UInt64(entry.byteCount) + size - 1) / size
    guard needed <= UInt64(boot.clusterCount) else {
      throw .invalid(
        .fat, field: "DIR_FileSize", value: UInt64(entry.byteCount), offset: boot.rootDirectoryOffset)
    }
    guard needed > 0 else { return FATFileBytes(bytes, byteCount: 0, extents: []) }
    var chain = FATClusterChain(bytes, boot)
    let (runs, damage) = chain.runs(from: entry.firstCluster, limit: needed)
    let count = runs.reduce(UInt64(0)) { $0 + UInt64($1.count) }
    guard count == needed else {
      throw damage
        ?? .invalid(.fat, field: "clusters of a file", value: count, offset: boot.tableOffset)
    }
    let extents = runs.compactMap { run in
      boot.offset(ofCluster: run.first).map { ($0, UInt64(run.count) * size) }
    }
    return FATFileBytes(bytes, byteCount: UInt64(entry.byteCount), extents: extents)
  }

  /// Where a file or a directory lies, as far as its chain of clusters can be followed; bytes of the volume.
  /// - Parameter limit: how many clusters are followed at most.
  public func extents(of entry: FATDirectoryEntry, clusters limit: UInt64 = .max) -> [Range<UInt64>] {
    let size = UInt64(boot.bytesPerCluster)
    let needed =
      entry.isDirectory ? UInt64(FATDirectory.byteLimit) / size : (UInt64(entry.byteCount) + size - 1) / size
    guard entry.firstCluster != 0, needed > 0 else { return [] }
    var chain = FATClusterChain(bytes, boot)
    return chain.runs(from: entry.firstCluster, limit: min(needed, limit, UInt64(boot.clusterCount))).runs
      .compactMap { run in
        boot.offset(ofCluster: run.first).map { $0..<($0 + UInt64(run.count) * size) }
      }
  }

  /// Up to `limit` bytes of the beginning of a file; nil for a directory.
  public func contents(of entry: FATDirectoryEntry, upTo limit: Int) throws(FormatError) -> [UInt8]? {
    try file(entry)?.prefixReader(at: 0, upTo: limit).bytes
  }

  private func directory(atCluster cluster: UInt32) throws(FormatError) -> FATDirectory {
    let limit = max(1, UInt64(FATDirectory.byteLimit / boot.bytesPerCluster))
    var chain = FATClusterChain(bytes, boot)
    var (runs, damage) = chain.runs(from: cluster, limit: limit)
    var content: [UInt8] = []
    reading: for run in runs {
      for cluster in run.first..<(run.first + run.count) {
        guard let offset = boot.offset(ofCluster: cluster) else { break reading }
        let part = try bytes.prefixReader(at: offset, upTo: boot.bytesPerCluster).bytes
        content += part
        if part.count < boot.bytesPerCluster {
          damage = .outOfBounds(offset: offset, count: boot.bytesPerCluster)
          break reading
        }
      }
    }
    var directory = try FATDirectory(parsing: ByteReader(content), isFAT32: boot.kind == .fat32)
    directory.damage = damage
    return directory
  }
}

/// A file of a FAT file system, wherever its clusters lie.
public struct FATFileBytes: RandomAccessBytes {
  /// The length in bytes.
  public let byteCount: UInt64
  private let volume: any RandomAccessBytes
  private let extents: [Extent]

  private struct Extent: Hashable, Sendable {
    /// Where in the file it begins.
    var place: UInt64
    /// Where in the volume it begins.
    var offset: UInt64
    /// Its length in bytes.
    var count: UInt64
  }

  init(_ volume: any RandomAccessBytes, byteCount: UInt64, extents: [(offset: UInt64, count: UInt64)]) {
    self.volume = volume
    self.byteCount = byteCount
    var place: UInt64 = 0
    self.extents = extents.map { offset, count in
      defer { place += count }
      return Extent(place: place, offset: offset, count: count)
    }
  }

  /// Reads exactly `count` bytes of the file.
  public func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try requireInBounds(offset: offset, count: count)
    var content: [UInt8] = []
    let end = offset + UInt64(count)
    for extent in extents where extent.place < end && extent.place + extent.count > offset {
      let first = max(offset, extent.place)
      let last = min(end, extent.place + extent.count)
      content += try volume.bytes(at: extent.offset + (first - extent.place), count: Int(last - first))
    }
    return content
  }
}

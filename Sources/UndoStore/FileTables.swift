import BlockIO
import DiskFormats

/// What the files of a stick are found by: the allocation tables of FAT and exFAT, and their root directories.
///
/// Whatever of a file lies behind what was overwritten is found again once these are back.
enum FileTables {
  /// How much of it is saved of a disk, in bytes.
  ///
  /// The table of most sticks of up to 64 GiB is smaller; of larger ones its beginning counts.
  static let mostByteCount: UInt64 = 16 << 20
  /// How much of a root directory, in bytes: hundreds of files.
  private static let directoryByteCount: UInt64 = 64 << 10
  /// How much is read at once to find all that, in bytes; whole blocks of any disk.
  private static let pieceByteCount = 4096

  /// Finds them through the boot sectors; what cannot be read or understood has none.
  /// - Parameters:
  ///   - volumes: where file systems may lie on the disk.
  ///   - alignment: the logical block size in bytes, at most 4096.
  /// - Returns: whole blocks within the volumes, not more than ``mostByteCount`` but for what fills the last ones.
  static func ranges<Source: UndoSource & ~Copyable>(
    of volumes: [Range<UInt64>], alignment: UInt64, on disk: borrowing Source
  ) -> ByteRanges {
    var buffer = AlignedBuffer(byteCount: pieceByteCount)
    var found = ByteRanges()
    for volume in volumes where volume.lowerBound % alignment == 0 {
      guard let head = bytes(at: 0, in: volume, on: disk, &buffer), let layout = Layout(head: head) else {
        continue
      }
      let directory = directory(of: layout, in: volume, on: disk, &buffer)
      for place in directory + [layout.table] {
        guard found.byteCount < mostByteCount else { return found }
        guard let start = volume.lowerBound.adding(place.offset), start < volume.upperBound else { continue }
        let count = min(place.byteCount, mostByteCount - found.byteCount, volume.upperBound - start)
        let blocks = UndoWish.blocks(
          of: start..<start + count, alignment: alignment, capacity: volume.upperBound)
        found = found.union(ByteRanges([blocks]))
      }
    }
    return found
  }

  /// A place in a file system, in bytes from its beginning.
  private typealias Place = (offset: UInt64, byteCount: UInt64)

  /// What the boot sector says.
  private struct Layout {
    let table: Place
    /// The root directory where it has a place of its own, as in FAT12 and FAT16, and what tells which clusters are in
    /// use, as in exFAT.
    let fixed: [Place]
    /// The first cluster of the root directory elsewhere.
    let root: UInt32?
    let bytesPerCluster: UInt64
    let offset: (_ cluster: UInt32) -> UInt64?

    init?(head: [UInt8]) {
      let reader = ByteReader(head)
      if let sector = try? ExFATBootSector(parsing: reader) {
        let size = UInt64(sector.bytesPerSector)
        bytesPerCluster = UInt64(sector.bytesPerCluster)
        table = (UInt64(sector.tableSector) * size, UInt64(sector.sectorsPerTable) * size)
        // A bit for each cluster, which formatters put into the first clusters.
        fixed = [(UInt64(sector.heapSector) * size, UInt64(sector.clusterCount) / 8 + bytesPerCluster)]
        root = sector.rootCluster
        offset = sector.offset(ofCluster:)
      } else if let sector = try? FATBootSector(parsing: reader) {
        bytesPerCluster = UInt64(sector.bytesPerCluster)
        table = (sector.tableOffset, sector.tableByteCount)
        let isWide = sector.kind == .fat32
        fixed = isWide ? [] : [(sector.rootDirectoryOffset, UInt64(sector.rootEntryCount) * 32)]
        root = isWide ? sector.rootCluster : nil
        offset = sector.offset(ofCluster:)
      } else {
        return nil
      }
    }
  }

  /// The clusters of the root directory, as the table chains them.
  private static func directory<Source: UndoSource & ~Copyable>(
    of layout: Layout, in volume: Range<UInt64>, on disk: borrowing Source, _ buffer: inout AlignedBuffer
  ) -> [Place] {
    var places = layout.fixed
    var (cluster, left) = (layout.root, directoryByteCount)
    var window: (offset: UInt64, bytes: [UInt8])?
    while left > 0, let next = cluster, let offset = layout.offset(next) {
      places.append((offset, min(left, layout.bytesPerCluster)))
      left -= min(left, layout.bytesPerCluster)
      // Entries have 32 bits in both, of which FAT32 uses 28; none lies across two pieces of a whole disk.
      let entry = layout.table.offset + UInt64(next) * 4
      let start = entry - entry % UInt64(pieceByteCount)
      if window?.offset != start {
        window = bytes(at: start, in: volume, on: disk, &buffer).map { (start, $0) }
      }
      guard let window else { break }
      let value: UInt32? = try? ByteReader(window.bytes).littleEndian(at: Int(entry - start))
      cluster = value.map { $0 & 0x0FFF_FFFF }
    }
    return places
  }

  private static func bytes<Source: UndoSource & ~Copyable>(
    at offset: UInt64, in volume: Range<UInt64>, on disk: borrowing Source, _ buffer: inout AlignedBuffer
  ) -> [UInt8]? {
    guard let start = volume.lowerBound.adding(offset),
      let end = start.end(count: UInt64(pieceByteCount), limit: volume.upperBound), start < end,
      (try? disk.read(at: start, into: &buffer, range: 0..<pieceByteCount)) == pieceByteCount
    else { return nil }
    return buffer.copied(0..<pieceByteCount)
  }
}

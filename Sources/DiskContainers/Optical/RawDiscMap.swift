/// Where the bytes of a disc lie in a file of raw sectors: from the first one to the last, all of them data.
///
/// Every sector says which one it is, so that one that is missing or elsewhere is seen. The first one may be any: a later
/// track begins where the one before it ends.
struct RawDiscMap: GuestMap {
  /// How many sectors of the file are data.
  private let sectorCount: UInt64
  /// How many sectors come before the data in the file.
  private let skippedCount: UInt64
  /// Which sector of the disc the first one of the file is.
  private let first: UInt64

  /// How many sectors are taken apart at once.
  private static let sectorsOfCluster: UInt64 = 32
  /// Which sector is the first one of data on a disc: address 00:02:00 is LBA 0 (MMC).
  private static let pause: UInt64 = 150
  /// In which sector of a file system of a disc its descriptors begin (ECMA-119, 6.2.1).
  private static let descriptors: UInt64 = 16

  /// - Throws: ``ContainerError/cutOff(_:offset:)`` where the file ends within a sector,
  ///   ``ContainerError/damaged(_:offset:)`` for the first sector that is not the one that has to be there, and
  ///   ``ContainerError/needs(_:)`` where music is in it, or nothing tells where the data begin.
  init(in file: inout MetadataReader) throws(ContainerError) {
    let (count, rest) = file.byteCount.quotientAndRemainder(dividingBy: UInt64(RawSector.byteCount))
    guard rest == 0, count > 0 else { throw .cutOff(.data, offset: file.byteCount) }
    guard let first = try Self.number(of: 0, in: file) else { throw .damaged(.data, offset: 0) }
    self.first = first
    // Music behind the data and a gap in it are seen here, before anything is written.
    if try Self.number(of: count - 1, in: file) != first + count - 1 {
      let gap = try Self.firstGap(in: file, count, first)
      throw .damaged(.data, offset: gap * UInt64(RawSector.byteCount))
    }
    skippedCount = try Self.pauseCount(in: file, count, first)
    sectorCount = count - skippedCount
  }

  /// Which sector of the disc one of the file is by its own address.
  private static func number(of sector: UInt64, in file: MetadataReader) throws(ContainerError) -> UInt64? {
    let head = try file.structure(at: sector * UInt64(RawSector.byteCount), count: 16, of: .data)
    guard head.has(RawSector.sync, at: 0) else { throw .needs(.dataTrack) }
    return RawSector.number(in: head.bytes)
  }

  /// A sector that does not follow the one before it, where the last one does not have the number that it should have.
  private static func firstGap(
    in file: MetadataReader, _ count: UInt64, _ first: UInt64
  ) throws(ContainerError) -> UInt64 {
    var (good, bad) = (UInt64(0), count - 1)
    while bad - good > 1 {
      let middle = good + (bad - good) / 2
      if try number(of: middle, in: file) == first + middle { good = middle } else { bad = middle }
    }
    return bad
  }

  /// How many sectors of the pause before the data are in the file.
  private static func pauseCount(
    in file: MetadataReader, _ count: UInt64, _ first: UInt64
  ) throws(ContainerError) -> UInt64 {
    guard first < pause else { return 0 }
    // Some tools begin to count at the data itself. Without a file system that says so, nobody knows.
    for skipped in [0, pause - first] where skipped + descriptors < count {
      let sector = try file.structure(
        at: (skipped + descriptors) * UInt64(RawSector.byteCount), count: RawSector.byteCount, of: .data)
      if sector.has("CD001", at: 17) || sector.has("CD001", at: 25) { return skipped }
    }
    throw .needs(.dataTrack)
  }

  var byteCount: UInt64 { sectorCount * UInt64(RawSector.dataByteCount) }

  mutating func extent(
    at offset: UInt64, in file: inout MetadataReader
  ) throws(ContainerError) -> GuestExtent {
    let (sector, within) = offset.quotientAndRemainder(dividingBy: UInt64(RawSector.dataByteCount))
    let start = sector / Self.sectorsOfCluster * Self.sectorsOfCluster
    let count = min(Self.sectorsOfCluster, sectorCount - start)
    let place = skippedCount + start
    let cluster = PackedCluster(
      offset: place * UInt64(RawSector.byteCount), packedByteCount: Int(count) * RawSector.byteCount,
      method: .sectors(from: first + place), byteCount: Int(count) * RawSector.dataByteCount)
    let from = (sector - start) * UInt64(RawSector.dataByteCount) + within
    return GuestExtent(
      content: .packed(cluster, from: Int(from)), byteCount: UInt64(cluster.byteCount) - from)
  }
}

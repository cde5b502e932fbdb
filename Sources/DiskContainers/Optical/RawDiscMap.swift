/// Where the bytes of a disc lie in a file of raw sectors: from the first one to the last, all of them data but empty
/// ones of form 2 behind the end of the volume.
///
/// Every sector says which one it is, so that one that is missing or elsewhere is seen. The first one may be any: a later
/// track begins where the one before it ends.
struct RawDiscMap: GuestMap {
  /// How many sectors of the file are data.
  private let sectorCount: UInt64
  /// How many sectors come before the data in the file.
  private let skippedCount: UInt64
  /// How many empty sectors of form 2 at the end are left out, because they lie behind the end of the volume.
  let leftOutSectorCount: UInt64
  /// Which sector of the disc the first one of the file is.
  private let first: UInt64

  /// How many sectors are taken apart at once.
  private static let sectorsOfCluster: UInt64 = 32
  /// Which sector is the first one of data on a disc: address 00:02:00 is LBA 0 (MMC).
  private static let pause: UInt64 = 150
  /// In which sector of a file system of a disc its descriptors begin (ECMA-119, 6.2.1).
  private static let descriptors: UInt64 = 16
  /// How many sectors may be left out: as many as a track ends with, two seconds (ECMA-130, 20).
  private static let longestTrailer: UInt64 = 150

  /// - Throws: ``ContainerError/cutOff(_:offset:)`` where the file ends within a sector,
  ///   ``ContainerError/damaged(_:offset:)`` for the first sector that is not the one that has to be there, and
  ///   ``ContainerError/needs(_:)`` where music is in it, where it ends with film, or where nothing tells where the data
  ///   begin.
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
    leftOutSectorCount = try Self.trailerCount(in: file, count, skippedCount)
    sectorCount = count - skippedCount - leftOutSectorCount
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

  /// How many sectors at the end of the file are empty and of form 2, such as those that run out behind the last one
  /// written: no loss where the volume ends before them by its own account.
  private static func trailerCount(
    in file: MetadataReader, _ count: UInt64, _ skipped: UInt64
  ) throws(ContainerError) -> UInt64 {
    var end = count
    while end > skipped, count - end <= longestTrailer,
      RawSector.isEmptyForm2(try sector(end - 1, in: file))
    { end -= 1 }
    // Film before that, or at the end, is seen here, before anything is written.
    if end > skipped, RawSector.isForm2(try sector(end - 1, in: file)) { throw .needs(.dataTrack) }
    guard end < count else { return 0 }
    guard let size = try volumeSize(in: file, count, skipped), size <= end - skipped else {
      throw .needs(.dataTrack)
    }
    return count - end
  }

  /// The bytes of a whole sector.
  private static func sector(_ sector: UInt64, in file: MetadataReader) throws(ContainerError) -> [UInt8] {
    try file.structure(at: sector * UInt64(RawSector.byteCount), count: RawSector.byteCount, of: .data).bytes
  }

  /// How many sectors the volume has by its own account (ECMA-119, 8.4.8); nil where it has none that makes sense.
  private static func volumeSize(
    in file: MetadataReader, _ count: UInt64, _ skipped: UInt64
  ) throws(ContainerError) -> UInt64? {
    guard skipped + descriptors < count else { return nil }
    let sector = try file.structure(
      at: (skipped + descriptors) * UInt64(RawSector.byteCount), count: RawSector.byteCount, of: .data)
    // Where the data begin in a sector of mode 1 and of mode 2.
    guard let start = [16, 24].first(where: { sector.has("CD001", at: $0 + 1) }), sector.bytes[start] == 1,
      sector.little(UInt16.self, at: start + 128) == RawSector.dataByteCount
    else { return nil }
    let size = sector.little(UInt32.self, at: start + 80)
    guard size > descriptors, size == sector.big(UInt32.self, at: start + 84) else { return nil }
    return UInt64(size)
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

/// Where the bytes of a disc lie in a file of raw sectors: from the first one to the last, all of them data.
struct RawDiscMap: GuestMap {
  private let sectorCount: UInt64

  /// How many sectors are taken apart at once.
  private static let sectorsOfCluster: UInt64 = 32

  /// - Throws: ``ContainerError/cutOff(_:offset:)`` where the file ends within a sector.
  init(in file: inout MetadataReader) throws(ContainerError) {
    let (count, rest) = file.byteCount.quotientAndRemainder(dividingBy: UInt64(RawSector.byteCount))
    guard rest == 0, count > 0 else { throw .cutOff(.data, offset: file.byteCount) }
    sectorCount = count
    // Music behind the data is seen here, before anything is written.
    let last = try file.structure(
      at: (count - 1) * UInt64(RawSector.byteCount), count: RawSector.byteCount, of: .data)
    guard last.has(RawSector.sync, at: 0) else { throw .needs(.dataTrack) }
  }

  var byteCount: UInt64 { sectorCount * UInt64(RawSector.dataByteCount) }

  mutating func extent(
    at offset: UInt64, in file: inout MetadataReader
  ) throws(ContainerError) -> GuestExtent {
    let (sector, within) = offset.quotientAndRemainder(dividingBy: UInt64(RawSector.dataByteCount))
    let first = sector / Self.sectorsOfCluster * Self.sectorsOfCluster
    let count = min(Self.sectorsOfCluster, sectorCount - first)
    let cluster = PackedCluster(
      offset: first * UInt64(RawSector.byteCount), packedByteCount: Int(count) * RawSector.byteCount,
      method: .sectors, byteCount: Int(count) * RawSector.dataByteCount)
    let from = (sector - first) * UInt64(RawSector.dataByteCount) + within
    return GuestExtent(
      content: .packed(cluster, from: Int(from)), byteCount: UInt64(cluster.byteCount) - from)
  }
}

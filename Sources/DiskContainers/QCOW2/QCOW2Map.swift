import Decompression

/// Where the bytes of a disk lie in a qcow2 file: a table of tables of clusters.
struct QCOW2Map: GuestMap {
  private let header: QCOW2Header

  /// The bits of an entry that are an offset (docs/interop/qcow2.txt, "Cluster mapping").
  private static let offsetMask: UInt64 = 0x00FF_FFFF_FFFF_FE00
  private static let isPacked: UInt64 = 1 << 62
  private static let subclusterCount: UInt64 = 32

  init(in file: inout MetadataReader) throws(ContainerError) { header = try QCOW2Header(in: file) }

  var byteCount: UInt64 { header.byteCount }
  var allocationUnit: UInt64? { header.clusterByteCount }
  var reserved: [Range<UInt64>] {
    [0..<1, header.l1Offset..<header.l1Offset + header.l1Count * 8]
  }
  var notes: Set<ContainerNote> {
    var notes: Set<ContainerNote> = []
    if header.isDirty { notes.insert(.notClosed) }
    if header.hasSnapshots { notes.insert(.hasSnapshots) }
    return notes
  }

  mutating func extent(
    at offset: UInt64, in file: inout MetadataReader
  ) throws(ContainerError) -> GuestExtent {
    let place = header.l1Offset + offset / header.byteCountOfTable * 8
    let table = try file.big(UInt64.self, at: place) & Self.offsetMask
    guard table != 0 else {
      return zeros(header.byteCountOfTable - offset % header.byteCountOfTable)
    }
    guard table % header.clusterByteCount == 0 else { throw .damaged(.table, offset: place) }
    try file.requireWithin(table, count: header.clusterByteCount, of: .table)
    let index = offset >> header.clusterBits % header.clustersOfTable
    var extent = try cluster(at: offset, entryAt: table + index * header.entryByteCount, in: &file)
    extent.table = Allocation(
      range: table..<table + header.clusterByteCount, owner: offset / header.byteCountOfTable)
    return extent
  }

  private func cluster(
    at offset: UInt64, entryAt place: UInt64, in file: inout MetadataReader
  ) throws(ContainerError) -> GuestExtent {
    let entry: UInt64 = try file.big(at: place)
    let within = offset % header.clusterByteCount
    let left = header.clusterByteCount - within
    guard entry & Self.isPacked == 0 else { return try packed(entry, place, within, left, in: file) }
    let start = entry & Self.offsetMask
    guard start % header.clusterByteCount == 0 else { throw .damaged(.table, offset: place) }
    if header.hasSubclusters { return try subcluster(start, place, at: offset, in: &file) }
    // Version 2 has no bit for zeros; QEMU refuses a file of that version that has it set.
    let isZero = entry & 1 != 0
    guard !isZero || header.version >= 3 else { throw .damaged(.table, offset: place) }
    guard start != 0, !isZero else { return zeros(left) }
    return try stored(start, within, left, of: offset, in: file)
  }

  private func zeros(_ count: UInt64) -> GuestExtent { GuestExtent(content: .zeros, byteCount: count) }

  private func stored(
    _ start: UInt64, _ within: UInt64, _ count: UInt64, of offset: UInt64, in file: MetadataReader
  ) throws(ContainerError) -> GuestExtent {
    // The cluster in which the disk ends may be the end of the file, and no longer than the disk needs it.
    let needed = min(count, header.byteCount - offset)
    try file.requireWithin(start + within, count: needed, of: .data)
    return GuestExtent(
      content: .stored(start + within), byteCount: count,
      allocation: Allocation(
        range: start..<start + header.clusterByteCount, owner: offset >> header.clusterBits))
  }

  /// A cluster whose 32 parts are zeros or not, each for itself.
  private func subcluster(
    _ start: UInt64, _ place: UInt64, at offset: UInt64, in file: inout MetadataReader
  ) throws(ContainerError) -> GuestExtent {
    let within = offset % header.clusterByteCount
    let bitmap: UInt64 = try file.big(at: place + 8)
    let length = header.clusterByteCount / Self.subclusterCount
    let index = within / length
    let left = length - within % length
    let (isStored, isZero) = (bitmap >> index & 1 != 0, bitmap >> (index + 32) & 1 != 0)
    guard isStored || isZero else { return zeros(left) }
    // Bytes and zeros at once, or bytes of a cluster that has none, are no state of a subcluster.
    guard isStored != isZero, isZero || start != 0 else { throw .damaged(.table, offset: place) }
    return isZero ? zeros(left) : try stored(start, within, left, of: offset, in: file)
  }

  /// A packed cluster: the entry tells where it begins and in how many sectors it ends at most.
  private func packed(
    _ entry: UInt64, _ place: UInt64, _ within: UInt64, _ left: UInt64, in file: MetadataReader
  ) throws(ContainerError) -> GuestExtent {
    let shift = 62 - (header.clusterBits - 8)
    let start = entry & (1 << shift - 1)
    let sectors = (entry >> shift) & (1 << (header.clusterBits - 8) - 1) + 1
    guard start < file.byteCount else { throw .cutOff(.data, offset: start) }
    // The last sector need not be there as a whole.
    let count = min(sectors * 512 - start % 512, file.byteCount - start)
    let cluster = PackedCluster(
      offset: start, packedByteCount: Int(count),
      method: .piece(header.isZstd ? .zstd : .deflate, mayGoOn: true),
      byteCount: Int(header.clusterByteCount))
    return GuestExtent(content: .packed(cluster, from: Int(within)), byteCount: left)
  }
}

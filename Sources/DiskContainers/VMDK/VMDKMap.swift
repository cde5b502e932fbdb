import Decompression

/// Where the bytes of a disk lie in a sparse VMDK: a directory of tables of grains, packed or not.
struct VMDKMap: GuestMap {
  private let header: VMDKHeader

  init(in file: inout MetadataReader) throws(ContainerError) {
    header = try VMDKHeader.read(in: file)
    // The descriptor of a file without one is a file of its own, and the disk may have other parts.
    guard !header.descriptor.isEmpty, header.descriptor.lowerBound > 0 else { throw .needs(.dataFile) }
    let text = try file.structure(
      at: header.descriptor.lowerBound, count: header.descriptor.count, of: .descriptor)
    try VMDKDescriptor(text.bytes).requireWhole()
    try file.requireWithin(header.directory, count: tableCount * 4, of: .table)
  }

  private var tableCount: UInt64 {
    (header.byteCount + header.byteCountOfTable - 1) / header.byteCountOfTable
  }

  var byteCount: UInt64 { header.byteCount }
  var allocationUnit: UInt64? { VMDKHeader.sector }
  var reserved: [Range<UInt64>] {
    [0..<1, header.descriptor, header.directory..<header.directory + tableCount * 4]
  }
  var notes: Set<ContainerNote> { header.isUnclean ? [.notClosed] : [] }

  mutating func extent(
    at offset: UInt64, in file: inout MetadataReader
  ) throws(ContainerError) -> GuestExtent {
    let (index, within) = offset.quotientAndRemainder(dividingBy: header.byteCountOfTable)
    let table = UInt64(try file.little(UInt32.self, at: header.directory + index * 4)) * VMDKHeader.sector
    guard table != 0 else {
      return GuestExtent(content: .zeros, byteCount: header.byteCountOfTable - within)
    }
    try file.requireWithin(table, count: header.grainsOfTable * 4, of: .table)
    let grain = within / header.grainByteCount
    let number: UInt32 = try file.little(at: table + grain * 4)
    var extent = try self.grain(number, at: offset, in: file)
    extent.table = Allocation(range: table..<table + header.grainsOfTable * 4, owner: index)
    return extent
  }

  private func grain(
    _ number: UInt32, at offset: UInt64, in file: MetadataReader
  ) throws(ContainerError) -> GuestExtent {
    let within = offset % header.grainByteCount
    let left = header.grainByteCount - within
    guard number != 0, number != 1 || !header.hasZeroGrains else {
      return GuestExtent(content: .zeros, byteCount: left)
    }
    let start = UInt64(number) * VMDKHeader.sector
    guard start < file.byteCount else { throw .cutOff(.data, offset: start) }
    guard !header.isPacked else { return try packedGrain(at: start, of: offset, in: file) }
    try file.requireWithin(start + within, count: min(left, header.byteCount - offset), of: .data)
    return GuestExtent(
      content: .stored(start + within), byteCount: left,
      allocation: Allocation(
        range: start..<start + header.grainByteCount, owner: offset / header.grainByteCount))
  }

  /// A grain that begins with its place on the disk in sectors (8) and its packed length (4).
  private func packedGrain(
    at start: UInt64, of offset: UInt64, in file: MetadataReader
  ) throws(ContainerError) -> GuestExtent {
    let within = offset % header.grainByteCount
    let marker = try file.structure(at: start, count: 12, of: .data)
    var (head, count) = (UInt64(12), marker.little(UInt32.self, at: 8))
    if header.hasMarkers {
      guard marker.little(UInt64.self, at: 0) == (offset - within) / VMDKHeader.sector else {
        throw .damaged(.data, offset: start)
      }
    } else {
      (head, count) = (4, marker.little(at: 0))
    }
    // What cannot be packed becomes a little longer, and never twice as long.
    guard count > 0, UInt64(count) <= 2 * header.grainByteCount + 1024 else {
      throw .damaged(.data, offset: start + head - 4)
    }
    try file.requireWithin(start + head, count: UInt64(count), of: .data)
    let cluster = PackedCluster(
      offset: start + head, packedByteCount: Int(count), method: .piece(.zlib, mayGoOn: false),
      byteCount: Int(header.grainByteCount))
    return GuestExtent(
      content: .packed(cluster, from: Int(within)), byteCount: header.grainByteCount - within,
      allocation: Allocation(
        range: start..<start + head + UInt64(count), owner: offset / header.grainByteCount))
  }
}

/// Where the bytes of a disk lie in a VHDX: in blocks of whole mebibytes, named by one table.
struct VHDXMap: GuestMap {
  private let regions: VHDXRegions
  private var blockByteCount: UInt64 = 0
  private var sectorByteCount: UInt64 = 0
  private(set) var byteCount: UInt64 = 0

  private static let mebibyte: UInt64 = 1 << 20

  init(in file: inout MetadataReader) throws(ContainerError) {
    regions = try VHDXRegions(in: file)
    try readMetadata(in: file)
    let start = regions.metadata.lowerBound
    guard byteCount <= GuestDisk.longest else { throw .tooLong(.length, byteCount: byteCount) }
    guard [512, 4096].contains(sectorByteCount), blockByteCount.nonzeroBitCount == 1,
      (Self.mebibyte...(256 << 20)).contains(blockByteCount), byteCount > 0
    else { throw .damaged(.descriptor, offset: start) }
    let blocks = (byteCount + blockByteCount - 1) / blockByteCount
    let entries = blocks + (blocks - 1) / blocksOfChunk
    guard entries * 8 <= UInt64(regions.table.count) else {
      throw .damaged(.table, offset: regions.table.lowerBound)
    }
  }

  private mutating func readMetadata(in file: MetadataReader) throws(ContainerError) {
    let start = regions.metadata.lowerBound
    guard regions.metadata.count >= 64 << 10 else { throw .damaged(.descriptor, offset: start) }
    let table = try file.structure(at: start, count: 64 << 10, of: .descriptor)
    let count = table.little(UInt16.self, at: 10)
    guard table.has("metadata", at: 0), count <= 2047 else { throw .damaged(.descriptor, offset: start) }
    for index in 0..<Int(count) {
      let entry = 32 + index * 32
      let offset = UInt64(table.little(UInt32.self, at: entry + 16))
      let flags: UInt32 = table.little(at: entry + 24)
      if table.has(VHDXGUID.parameters, at: entry) {
        let item = try file.structure(at: start + offset, count: 8, of: .descriptor)
        blockByteCount = UInt64(item.little(UInt32.self, at: 0))
        guard item.little(UInt32.self, at: 4) & 2 == 0 else { throw .needs(.parentFile) }
      } else if table.has(VHDXGUID.length, at: entry) {
        byteCount = try file.structure(at: start + offset, count: 8, of: .descriptor).little(at: 0)
      } else if table.has(VHDXGUID.logicalSector, at: entry) {
        let item = try file.structure(at: start + offset, count: 4, of: .descriptor)
        sectorByteCount = UInt64(item.little(UInt32.self, at: 0))
      } else if flags & 4 != 0,
        ![VHDXGUID.physicalSector, VHDXGUID.page83].contains(where: {
          table.has($0, at: entry)
        })
      {
        throw .needs(.feature)
      }
    }
  }

  /// After so many blocks, the table has an entry for a bitmap, which only disks over others use.
  private var blocksOfChunk: UInt64 { (1 << 23) * sectorByteCount / blockByteCount }

  var allocationUnit: UInt64? { Self.mebibyte }
  var reserved: [Range<UInt64>] { [0..<Self.mebibyte, regions.table, regions.metadata] }

  mutating func extent(
    at offset: UInt64, in file: inout MetadataReader
  ) throws(ContainerError) -> GuestExtent {
    let (block, within) = offset.quotientAndRemainder(dividingBy: blockByteCount)
    let place = regions.table.lowerBound + (block + block / blocksOfChunk) * 8
    let entry: UInt64 = try file.little(at: place)
    let left = blockByteCount - within
    switch entry & 7 {
    // Not present, undefined, zero, unmapped: zeros, or whatever one likes.
    case 0...3: return GuestExtent(content: .zeros, byteCount: left)
    case 6: break
    default: throw .damaged(.table, offset: place)
    }
    let start = entry & ~(Self.mebibyte - 1)
    guard start != 0 else { throw .damaged(.table, offset: place) }
    let needed = min(left, byteCount - offset)
    guard start < file.byteCount else { throw .cutOff(.data, offset: start) }
    try file.requireWithin(start + within, count: needed, of: .data)
    return GuestExtent(
      content: .stored(start + within), byteCount: left,
      allocation: Allocation(range: start..<start + blockByteCount, owner: block))
  }
}

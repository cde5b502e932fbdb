/// Where the bytes of a disk lie in a VDI: in blocks, numbered by one table.
///
/// ```
/// 64 0xBEDA107F  68 version (4)  76 type (4)  340 offset of the table (4)  344 offset of the blocks (4)
/// 368 length of the disk (8)  376 length of a block (4)  380 bytes before each block (4)  384 blocks (4)
/// ```
/// Source: VirtualBox, src/VBox/Storage/VDICore.h; the lowest byte comes first.
struct VDIMap: GuestMap {
  let byteCount: UInt64
  private let tableOffset: UInt64
  private let dataOffset: UInt64
  private let blockByteCount: UInt64
  private let blockCount: UInt64

  private enum Kind {
    static let dynamic: UInt32 = 1
    static let fixed: UInt32 = 2
  }

  /// From this number on, a block is not there: it was never written, or is zeros.
  private static let absent: UInt32 = 0xFFFF_FFFE

  init(in file: inout MetadataReader) throws(ContainerError) {
    let header = try file.structure(at: 0, count: 512, of: .header)
    guard header.little(UInt32.self, at: 68) >> 16 == 1 else { throw .needs(.feature) }
    switch header.little(UInt32.self, at: 76) {
    case Kind.dynamic, Kind.fixed: break
    default: throw .needs(.parentFile)
    }
    tableOffset = UInt64(header.little(UInt32.self, at: 340))
    dataOffset = UInt64(header.little(UInt32.self, at: 344))
    byteCount = header.little(at: 368)
    blockByteCount = UInt64(header.little(UInt32.self, at: 376))
    blockCount = UInt64(header.little(UInt32.self, at: 384))
    guard header.little(UInt32.self, at: 380) == 0 else { throw .needs(.feature) }
    guard byteCount <= GuestDisk.longest else { throw .tooLong(.length, byteCount: byteCount) }
    guard blockByteCount.nonzeroBitCount == 1, (512...(256 << 20)).contains(blockByteCount) else {
      throw .damaged(.header, offset: 376)
    }
    guard blockCount * blockByteCount >= byteCount else { throw .damaged(.header, offset: 384) }
    guard dataOffset % 512 == 0, tableOffset >= 400 else { throw .damaged(.header, offset: 340) }
    try file.requireWithin(tableOffset, count: blockCount * 4, of: .table)
  }

  var allocationUnit: UInt64? { 512 }
  var reserved: [Range<UInt64>] { [tableOffset..<tableOffset + blockCount * 4] }

  mutating func extent(
    at offset: UInt64, in file: inout MetadataReader
  ) throws(ContainerError) -> GuestExtent {
    let (block, within) = offset.quotientAndRemainder(dividingBy: blockByteCount)
    let entry: UInt32 = try file.little(at: tableOffset + block * 4)
    let left = blockByteCount - within
    guard entry < Self.absent else { return GuestExtent(content: .zeros, byteCount: left) }
    let start = dataOffset + UInt64(entry) * blockByteCount
    guard start < file.byteCount else { throw .cutOff(.data, offset: start) }
    try file.requireWithin(start + within, count: min(left, byteCount - offset), of: .data)
    return GuestExtent(
      content: .stored(start + within), byteCount: left,
      allocation: Allocation(range: start..<start + blockByteCount, owner: block))
  }
}

/// Where the bytes of a disk lie in a VHD: in a row, or in blocks that begin with a bit for each sector.
struct VHDMap: GuestMap {
  private let footer: VHDFooter
  private var tableOffset: UInt64 = 0
  private var blockByteCount: UInt64 = 0
  private var blockCount: UInt64 = 0

  private static let sector: UInt64 = 512
  private static let unused: UInt32 = .max

  init(in file: inout MetadataReader) throws(ContainerError) {
    let length = UInt64(VHDFooter.byteCount)
    guard file.byteCount >= length else { throw .cutOff(.footer, offset: file.byteCount) }
    let end = file.byteCount - length
    guard let footer = VHDFooter(try file.structure(at: end, count: VHDFooter.byteCount, of: .footer)) else {
      // The copy in front has been seen, so this file ended with a footer once.
      throw .damaged(.footer, offset: end)
    }
    self.footer = footer
    guard footer.byteCount <= GuestDisk.longest else { throw .tooLong(.length, byteCount: footer.byteCount) }
    guard !footer.isDifferencing else { throw .needs(.parentFile) }
    if footer.isFixed {
      guard footer.byteCount <= end else { throw .cutOff(.data, offset: end) }
      return
    }
    guard footer.isDynamic else { throw .needs(.feature) }
    try readDynamicHeader(in: file)
  }

  private mutating func readDynamicHeader(in file: MetadataReader) throws(ContainerError) {
    let place = footer.headerOffset
    let header = try file.structure(at: place, count: 1024, of: .header)
    guard header.has("cxsparse", at: 0) else { throw .damaged(.header, offset: place) }
    guard header.big(UInt32.self, at: 36) == VHDFooter.checksum(of: header.bytes, at: 36) else {
      throw .checksumWrong(.header, offset: place)
    }
    tableOffset = header.big(at: 16)
    blockCount = UInt64(header.big(UInt32.self, at: 28))
    blockByteCount = UInt64(header.big(UInt32.self, at: 32))
    guard blockByteCount.nonzeroBitCount == 1, (Self.sector...(256 << 20)).contains(blockByteCount) else {
      throw .damaged(.header, offset: place + 32)
    }
    guard blockCount * blockByteCount >= footer.byteCount else {
      throw .damaged(.header, offset: place + 28)
    }
    try file.requireWithin(tableOffset, count: blockCount * 4, of: .table)
  }

  var byteCount: UInt64 { footer.byteCount }
  var allocationUnit: UInt64? { footer.isFixed ? nil : Self.sector }
  var reserved: [Range<UInt64>] {
    guard !footer.isFixed else { return [] }
    return [
      0..<Self.sector, footer.headerOffset..<footer.headerOffset + 1024,
      tableOffset..<tableOffset + blockCount * 4,
    ]
  }

  mutating func extent(
    at offset: UInt64, in file: inout MetadataReader
  ) throws(ContainerError) -> GuestExtent {
    if footer.isFixed {
      return GuestExtent(content: .stored(offset), byteCount: footer.byteCount - offset)
    }
    let (block, within) = offset.quotientAndRemainder(dividingBy: blockByteCount)
    let entry: UInt32 = try file.big(at: tableOffset + block * 4)
    guard entry != Self.unused else {
      return GuestExtent(content: .zeros, byteCount: blockByteCount - within)
    }
    let start = UInt64(entry) * Self.sector
    let needed = min(blockByteCount, footer.byteCount - block * blockByteCount)
    try file.requireWithin(start, count: bitmapByteCount + needed, of: .data)
    let run = try run(ofBitmapAt: start, from: within / Self.sector, in: &file)
    let place = start + bitmapByteCount + within
    return GuestExtent(
      content: run.isUsed ? .stored(place) : .zeros,
      byteCount: run.sectors * Self.sector - within % Self.sector,
      allocation: Allocation(range: start..<start + bitmapByteCount + blockByteCount, owner: block))
  }

  /// A bit for each sector, and whole sectors of them.
  private var bitmapByteCount: UInt64 {
    let bytes = (blockByteCount / Self.sector + 7) / 8
    return (bytes + Self.sector - 1) / Self.sector * Self.sector
  }

  /// How many sectors from one on are all used, or all unused.
  private func run(
    ofBitmapAt start: UInt64, from first: UInt64, in file: inout MetadataReader
  ) throws(ContainerError) -> (isUsed: Bool, sectors: UInt64) {
    let count = blockByteCount / Self.sector
    var value: UInt8 = try file.little(at: start + first / 8)
    let isUsed = value << (first % 8) & 0x80 != 0
    let whole: UInt8 = isUsed ? 0xFF : 0
    var sector = first
    while sector < count {
      if sector % 8 == 0 {
        value = try file.little(at: start + sector / 8)
        if value == whole {
          sector += 8
          continue
        }
      }
      guard (value << (sector % 8) & 0x80 != 0) == isUsed else { break }
      sector += 1
    }
    return (isUsed, min(sector, count) - first)
  }
}

/// A new, empty exFAT file system.
///
/// Source: Microsoft, exFAT file system specification, sections 2 to 7.
struct ExFATFormat: Hashable, Sendable {
  /// The shortest that there may be, in bytes (section 3.1.5).
  private static let leastByteCount: UInt64 = 1 << 20
  /// The boot region in sectors; a copy of it follows.
  private static let bootSectors: UInt64 = 12
  /// Where the allocation table begins at the earliest, in bytes.
  private static let tableStart: UInt64 = 64 << 10

  let place: VolumePlace
  let label: VolumeLabel?
  let volumeID: UInt32
  private let clusterByteCount: UInt64
  private let tableOffset: UInt64
  private let tableByteCount: UInt64
  private let heapOffset: UInt64
  private let clusterCount: UInt64
  private let caseTable = ExFATCaseTable.serialised()

  /// Lays it out; nil where a place is too small for exFAT.
  init?(_ place: VolumePlace, label: VolumeLabel?, volumeID: UInt32) {
    let sector = UInt64(place.blockSize)
    guard place.byteCount >= Self.leastByteCount else { return nil }
    clusterByteCount = max(Self.clusterByteCount(of: place.byteCount), sector)
    tableOffset = (Self.bootSectors * 2 * sector).rounded(upTo: Self.tableStart)
    let most = (place.byteCount - tableOffset) / clusterByteCount
    tableByteCount = ((most + 2) * 4).rounded(upTo: sector)
    heapOffset = (tableOffset + tableByteCount).rounded(upTo: place.alignment(atLeast: clusterByteCount))
    guard heapOffset < place.byteCount else { return nil }
    clusterCount = (place.byteCount - heapOffset) / clusterByteCount
    self.place = place
    self.label = label
    self.volumeID = volumeID
    guard usedClusters <= clusterCount, clusterCount < UInt32.max - 16 else { return nil }
  }

  /// The length of a cluster in bytes, as Windows chooses it.
  private static func clusterByteCount(of byteCount: UInt64) -> UInt64 {
    switch byteCount {
    case ...(256 << 20): 4096
    case ...(32 << 30): 32_768
    default: 131_072
    }
  }

  private var bitmapByteCount: UInt64 { (clusterCount + 7) / 8 }
  private var bitmapClusters: UInt64 { bitmapByteCount.rounded(upTo: clusterByteCount) / clusterByteCount }
  private var caseTableClusters: UInt64 {
    UInt64(caseTable.count).rounded(upTo: clusterByteCount) / clusterByteCount
  }
  /// The bitmap, the case table and the root directory.
  private var usedClusters: UInt64 { bitmapClusters + caseTableClusters + 1 }
  private var caseTableCluster: UInt64 { 2 + bitmapClusters }
  private var rootCluster: UInt64 { caseTableCluster + caseTableClusters }

  private func offset(ofCluster cluster: UInt64) -> UInt64 { heapOffset + (cluster - 2) * clusterByteCount }

  /// How much from its beginning must be as it says, in bytes: all up to the end of the root directory.
  var metadataByteCount: UInt64 { offset(ofCluster: rootCluster + 1) }

  /// What is not zero of it, from its beginning on.
  var parts: [SparseBytes.Part] {
    let region = bootRegion
    return [
      .init(region, at: 0), .init(region, at: UInt64(region.count)), .init(table, at: tableOffset),
      .init(bitmap, at: offset(ofCluster: 2)), .init(caseTable, at: offset(ofCluster: caseTableCluster)),
      .init(rootDirectory, at: offset(ofCluster: rootCluster)),
    ]
  }

  /// The boot sector, eight sectors of more boot code, two that are reserved, and the checksum of them all.
  private var bootRegion: [UInt8] {
    let sector = place.blockSize
    var writer = ByteWriter(count: Int(Self.bootSectors) * sector)
    writer.put(bootSector, at: 0)
    for index in 1...8 { writer.put([0x55, 0xAA], at: (index + 1) * sector - 2) }
    let checksum = Self.checksum(ofBootSectors: writer.bytes[..<(11 * sector)])
    for offset in stride(from: 11 * sector, to: 12 * sector, by: 4) {
      writer.putLittleEndian(checksum, at: offset)
    }
    return writer.bytes
  }

  /// Section 3.4: what changes while the file system is in use does not count.
  private static func checksum(ofBootSectors bytes: ArraySlice<UInt8>) -> UInt32 {
    var sum: UInt32 = 0
    for (index, byte) in bytes.enumerated() where ![106, 107, 112].contains(index) {
      sum = (sum << 31 | sum >> 1) &+ UInt32(byte)
    }
    return sum
  }

  private var bootSector: [UInt8] {
    let sector = UInt64(place.blockSize)
    var writer = ByteWriter(count: 512)
    writer.put([0xEB, 0x76, 0x90], at: 0)
    writer.put("EXFAT   ".utf8, at: 3)
    writer.putLittleEndian(place.start / sector, at: 64)
    writer.putLittleEndian(place.sectorCount, at: 72)
    writer.putLittleEndian(UInt32(tableOffset / sector), at: 80)
    writer.putLittleEndian(UInt32(tableByteCount / sector), at: 84)
    writer.putLittleEndian(UInt32(heapOffset / sector), at: 88)
    writer.putLittleEndian(UInt32(clusterCount), at: 92)
    writer.putLittleEndian(UInt32(rootCluster), at: 96)
    writer.putLittleEndian(volumeID, at: 100)
    // Version 1.00.
    writer.putLittleEndian(UInt16(0x0100), at: 104)
    writer.put(
      [
        UInt8(sector.trailingZeroBitCount), UInt8((clusterByteCount / sector).trailingZeroBitCount), 1, 0x80,
        UInt8(usedClusters * 100 / clusterCount),
      ], at: 108)
    // Section 3.1.19: what is no boot code is 0xF4. Zeros would pass for the empty table of an MBR.
    writer.put(repeatElement(0xF4, count: 390), at: 120)
    writer.put(EmptyDisk.bootCode, at: 120)
    writer.put([0x55, 0xAA], at: 510)
    return writer.bytes
  }

  /// The allocation table as far as it is used: each of the three files in a chain of its own.
  private var table: [UInt8] {
    var writer = ByteWriter(count: Int(2 + usedClusters) * 4)
    writer.putLittleEndian(UInt32(0xFFFF_FFF8), at: 0)
    writer.putLittleEndian(UInt32.max, at: 4)
    let ends = [caseTableCluster - 1, rootCluster - 1, rootCluster]
    for cluster in 2...rootCluster {
      let next = ends.contains(cluster) ? UInt32.max : UInt32(cluster + 1)
      writer.putLittleEndian(next, at: Int(cluster) * 4)
    }
    return writer.bytes
  }

  /// The bitmap as far as clusters are in use.
  private var bitmap: [UInt8] {
    let used = Int(usedClusters)
    return (0..<((used + 7) / 8)).map { index in UInt8((1 << min(8, used - index * 8)) - 1) }
  }

  /// The label, or that there is none, the bitmap and the case table (section 7).
  private var rootDirectory: [UInt8] {
    var writer = ByteWriter(count: 3 * 32)
    let name = Array((label?.text ?? "").utf16)
    writer.put([label == nil ? 0x03 : 0x83, UInt8(name.count)], at: 0)
    for (index, unit) in name.enumerated() { writer.putLittleEndian(unit, at: 2 + index * 2) }
    writer.put([0x81], at: 32)
    writer.putLittleEndian(UInt32(2), at: 32 + 20)
    writer.putLittleEndian(bitmapByteCount, at: 32 + 24)
    writer.put([0x82], at: 64)
    writer.putLittleEndian(ExFATCaseTable.checksum(of: caseTable), at: 64 + 4)
    writer.putLittleEndian(UInt32(caseTableCluster), at: 64 + 20)
    writer.putLittleEndian(UInt64(caseTable.count), at: 64 + 24)
    return writer.bytes
  }
}

import DiskFormats

/// The headers and the region table of a VHDX, which say where its tables lie and whether they can be believed.
///
/// Source: [MS-VHDX] 2.2; the lowest byte comes first, checksums are CRC-32C with their own field zero.
struct VHDXRegions: Hashable, Sendable {
  /// Where the block allocation table lies, in bytes.
  let table: Range<UInt64>
  /// Where the metadata lies, in bytes.
  let metadata: Range<UInt64>

  private static let headers: [UInt64] = [64 << 10, 128 << 10]
  private static let regionTables: [UInt64] = [192 << 10, 256 << 10]
  private static let regionTableByteCount = 64 << 10

  init(in file: MetadataReader) throws(ContainerError) {
    let header = try Self.currentHeader(in: file)
    // What it notes has yet to be carried out, or would have been if this were not a copy of a disk in use.
    guard header.bytes[48..<64].allSatisfy({ $0 == 0 }) else { throw .needs(.journal) }
    guard header.little(UInt16.self, at: 66) == 1 else { throw .needs(.feature) }
    let regions = try Self.regionTable(in: file)
    var table: Range<UInt64>?
    var metadata: Range<UInt64>?
    let count = regions.little(UInt32.self, at: 8)
    guard count <= 2047 else { throw .damaged(.table, offset: Self.regionTables[0]) }
    for index in 0..<Int(count) {
      let entry = 16 + index * 32
      let start: UInt64 = regions.little(at: entry + 16)
      let length = UInt64(regions.little(UInt32.self, at: entry + 24))
      try file.requireWithin(start, count: length, of: .table)
      if regions.has(VHDXGUID.table, at: entry) {
        table = start..<start + length
      } else if regions.has(VHDXGUID.metadata, at: entry) {
        metadata = start..<start + length
      } else if regions.little(UInt32.self, at: entry + 28) & 1 != 0 {
        throw .needs(.feature)
      }
    }
    guard let table, let metadata else { throw .damaged(.table, offset: Self.regionTables[0]) }
    self.table = table
    self.metadata = metadata
  }

  /// Of the headers that are whole, the one that was written last.
  private static func currentHeader(in file: MetadataReader) throws(ContainerError) -> Fields {
    var current: Fields?
    for place in headers {
      let header = try file.structure(at: place, count: 4096, of: .header)
      guard header.has("head", at: 0), hasChecksum(header) else { continue }
      let sequence: UInt64 = header.little(at: 8)
      if let other = current, other.little(UInt64.self, at: 8) >= sequence { continue }
      current = header
    }
    guard let current else { throw .checksumWrong(.header, offset: headers[0]) }
    return current
  }

  private static func regionTable(in file: MetadataReader) throws(ContainerError) -> Fields {
    for place in regionTables {
      let table = try file.structure(at: place, count: regionTableByteCount, of: .table)
      if table.has("regi", at: 0), hasChecksum(table) { return table }
    }
    throw .checksumWrong(.table, offset: regionTables[0])
  }

  private static func hasChecksum(_ fields: Fields) -> Bool {
    CRC32C.checksum(of: fields.bytes, withZerosAt: 4..<8) == fields.little(at: 4)
  }
}

/// What the parts of a VHDX are known by, as their bytes lie in the file.
enum VHDXGUID {
  static let table: [UInt8] = [
    0x66, 0x77, 0xC2, 0x2D, 0x23, 0xF6, 0x00, 0x42, 0x9D, 0x64, 0x11, 0x5E, 0x9B, 0xFD, 0x4A, 0x08,
  ]
  static let metadata: [UInt8] = [
    0x06, 0xA2, 0x7C, 0x8B, 0x90, 0x47, 0x9A, 0x4B, 0xB8, 0xFE, 0x57, 0x5F, 0x05, 0x0F, 0x88, 0x6E,
  ]
  static let parameters: [UInt8] = [
    0x37, 0x67, 0xA1, 0xCA, 0x36, 0xFA, 0x43, 0x4D, 0xB3, 0xB6, 0x33, 0xF0, 0xAA, 0x44, 0xE7, 0x6B,
  ]
  static let length: [UInt8] = [
    0x24, 0x42, 0xA5, 0x2F, 0x1B, 0xCD, 0x76, 0x48, 0xB2, 0x11, 0x5D, 0xBE, 0xD8, 0x3B, 0xF4, 0xB8,
  ]
  static let logicalSector: [UInt8] = [
    0x1D, 0xBF, 0x41, 0x81, 0x6F, 0xA9, 0x09, 0x47, 0xBA, 0x47, 0xF2, 0x33, 0xA8, 0xFA, 0xAB, 0x5F,
  ]
  static let physicalSector: [UInt8] = [
    0xC7, 0x48, 0xA3, 0xCD, 0x5D, 0x44, 0x71, 0x44, 0x9C, 0xC9, 0xE9, 0x88, 0x52, 0x51, 0xC5, 0x56,
  ]
  static let page83: [UInt8] = [
    0xAB, 0x12, 0xCA, 0xBE, 0xE6, 0xB2, 0x23, 0x45, 0x93, 0xEF, 0xC3, 0x09, 0xE0, 0x00, 0xC7, 0x46,
  ]
}

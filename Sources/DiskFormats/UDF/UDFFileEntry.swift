import BlockIO

/// Where the data of a UDF file lies: the File Entry or Extended File Entry (ECMA-167 4/14.9 and 4/14.17).
struct UDFFileEntry {
  /// The data.
  let contents: ExtentBytes
  /// The file type of the ICB tag: 4 is a directory, 5 a plain file (ECMA-167 4/14.6.6).
  let fileType: UInt8

  /// How many pieces a file may have; 64 GiB in the largest pieces of 1 GiB need 64.
  static let extentLimit = 4096

  /// Reads the entry in a block of the partition.
  init(reading tree: UDFTree, block: UInt32) throws(FormatError) {
    let place = tree.offset(ofBlock: block)
    let reader = try tree.bytes.prefixReader(at: place, upTo: Int(tree.blockSize))
    guard let tag = UDFTag(reader),
      tag.identifier == UDFTag.fileEntry || tag.identifier == UDFTag.extendedFileEntry
    else { throw .signatureMissing(.udf, offset: place) }
    // The extended form has more fields in front of the attributes: 216 bytes instead of 176.
    let head = tag.identifier == UDFTag.fileEntry ? 176 : 216
    fileType = try reader.byte(at: 27)
    let flags: UInt16 = try reader.littleEndian(at: 34)
    let byteCount: UInt64 = try reader.littleEndian(at: 56)
    let attributes: UInt32 = try reader.littleEndian(at: head - 8)
    let descriptors: UInt32 = try reader.littleEndian(at: head - 4)
    let start = head + Int(attributes)
    let area = try reader.slice(at: start, count: Int(descriptors))
    var list = UDFAllocation(tree: tree, isLong: flags & 0x07 == 1)
    switch flags & 0x07 {
    case 0, 1: try list.read(area)
    case 3:
      list.extents = [ExtentBytes.Extent(start: area.base, byteCount: min(byteCount, UInt64(area.count)))]
    default: throw .invalid(.udf, field: "ICB flags", value: UInt64(flags), offset: place)
    }
    contents = ExtentBytes(tree.bytes, extents: list.cut(to: byteCount))
  }
}

/// A list of allocation descriptors, continued in other blocks where it says so (ECMA-167 4/12).
private struct UDFAllocation {
  let tree: UDFTree
  /// Long descriptors have 16 bytes and name the partition, short ones 8.
  let isLong: Bool
  var extents: [ExtentBytes.Extent] = []
  private var hops = 0

  /// How often a list may go on in another block.
  static let hopLimit = 64

  init(tree: UDFTree, isLong: Bool) {
    self.tree = tree
    self.isLong = isLong
  }

  mutating func read(_ first: ByteReader) throws(FormatError) {
    var area: ByteReader? = first
    while let current = area {
      area = nil
      for position in stride(from: 0, to: current.count, by: isLong ? 16 : 8) {
        guard let raw: UInt32 = try? current.littleEndian(at: position), raw & 0x3FFF_FFFF != 0,
          let block: UInt32 = try? current.littleEndian(at: position + 4)
        else { break }
        // The upper two bits: recorded, reserved, free, or the list itself goes on there.
        let length = UInt64(raw & 0x3FFF_FFFF)
        if raw >> 30 == 3 {
          area = try continuation(block)
          break
        }
        let isRecorded = raw >> 30 == 0
        try append(
          ExtentBytes.Extent(start: isRecorded ? tree.offset(ofBlock: block) : nil, byteCount: length))
      }
    }
  }

  private mutating func append(_ extent: ExtentBytes.Extent) throws(FormatError) {
    guard extents.count < UDFFileEntry.extentLimit else {
      throw .limitExceeded(
        .udf, what: "allocation descriptors", limit: UInt64(UDFFileEntry.extentLimit),
        offset: extent.start ?? 0)
    }
    extents.append(extent)
  }

  /// An Allocation Extent Descriptor: 24 bytes, then descriptors (ECMA-167 4/14.5).
  private mutating func continuation(_ block: UInt32) throws(FormatError) -> ByteReader? {
    hops += 1
    let place = tree.offset(ofBlock: block)
    guard hops <= Self.hopLimit else {
      throw .limitExceeded(.udf, what: "allocation extents", limit: UInt64(Self.hopLimit), offset: place)
    }
    let reader = try tree.bytes.prefixReader(at: place, upTo: Int(tree.blockSize))
    guard let tag = UDFTag(reader), tag.identifier == UDFTag.allocationExtent else {
      throw .signatureMissing(.udf, offset: place)
    }
    let length: UInt32 = try reader.littleEndian(at: 20)
    return try reader.slice(at: 24, count: Int(length))
  }

  /// The pieces without what lies behind the end of the file in the last block.
  func cut(to byteCount: UInt64) -> [ExtentBytes.Extent] {
    var left = byteCount
    var result: [ExtentBytes.Extent] = []
    for extent in extents where left > 0 {
      let count = min(left, extent.byteCount)
      result.append(ExtentBytes.Extent(start: extent.start, byteCount: count))
      left -= count
    }
    return result
  }
}

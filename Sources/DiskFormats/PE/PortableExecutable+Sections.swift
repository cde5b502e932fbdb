public import BlockIO

extension PortableExecutable {
  /// Where the last of a program's sections ends, in bytes of the file; what others have appended follows.
  ///
  /// - Throws: where it is no PE file, or ends before its COFF header does.
  public static func endOfSections(in file: some RandomAccessBytes) throws(FormatError) -> UInt64 {
    let place: UInt32 = try file.reader(at: 0, count: 64).littleEndian(at: 0x3C)
    let header = try file.reader(at: UInt64(place), count: 24)
    guard header.has([0x50, 0x45, 0, 0], at: 0) else { throw .signatureMissing(.pe, offset: UInt64(place)) }
    let sectionCount: UInt16 = try header.littleEndian(at: 6)
    let optionalSize: UInt16 = try header.littleEndian(at: 20)
    let table = try file.prefixReader(
      at: UInt64(place) + 24 + UInt64(optionalSize), upTo: Int(min(sectionCount, 96)) * 40)
    var end: UInt64 = 0
    for offset in stride(from: 0, through: table.count - 40, by: 40) {
      let size: UInt32 = try table.littleEndian(at: offset + 16)
      let start: UInt32 = try table.littleEndian(at: offset + 20)
      if size > 0 { end = max(end, UInt64(size) + UInt64(start)) }
    }
    return end
  }
}

/// The entries of a directory's index.
///
/// ```
/// 0 file (8, of which 6 the record)  8 length (2)  10 length of the key (2)  12 flags (2: 1 child, 2 last)  16 key
/// key: 16 modified (8)  56 attributes (4)  64 length of the name (1)  65 namespace (1)  66 name
/// ```
/// Source: Linux, fs/ntfs3/ntfs.h, `NTFS_DE` and `ATTR_FILE_NAME`.
enum NTFSIndex {
  /// Adds the entries of an index whose header of 16 bytes begins at an offset.
  static func add(
    _ reader: ByteReader, headerAt header: Int, to entries: inout [VolumeEntry]
  ) throws(FormatError) {
    let first = Int(try reader.littleEndian(UInt32.self, at: header))
    let used = Int(try reader.littleEndian(UInt32.self, at: header + 4))
    var place = header + first
    let end = min(reader.count, header + used)
    while place + 16 <= end, entries.count < SurveyLimits.entriesPerDirectory {
      let length = Int(try reader.littleEndian(UInt16.self, at: place + 8))
      let flags: UInt16 = try reader.littleEndian(at: place + 12)
      guard flags & 2 == 0, length >= 16, place + length <= end else { return }
      let entry = try reader.slice(at: place, count: length)
      if let entry = try Self.entry(entry) { entries.append(entry) }
      place += length
    }
  }

  private static func entry(_ reader: ByteReader) throws(FormatError) -> VolumeEntry? {
    let file: UInt64 = try reader.littleEndian(at: 0)
    let keyLength = Int(try reader.littleEndian(UInt16.self, at: 10))
    guard keyLength >= 66, reader.contains(16, count: keyLength) else { return nil }
    let key = try reader.slice(at: 16, count: keyLength)
    let nameLength = Int(try key.byte(at: 64))
    // Namespace 2 is the short name of a file that has a long one.
    guard try key.byte(at: 65) != 2, key.contains(66, count: nameLength * 2) else { return nil }
    var units: [UInt16] = []
    for index in 0..<nameLength { units.append(try key.littleEndian(at: 66 + index * 2)) }
    let name = String(decoding: units, as: UTF16.self)
    guard name != "." else { return nil }
    // FILE_ATTRIBUTE_DIRECTORY as it stands in names.
    let attributes: UInt32 = try key.littleEndian(at: 56)
    return VolumeEntry(
      name: name, isDirectory: attributes & 0x1000_0000 != 0,
      modified: seconds(fileTime: try key.littleEndian(at: 16)),
      place: VolumeEntry.Place(first: file & 0xFFFF_FFFF_FFFF))
  }

  /// A FILETIME counts 100 ns since 1601; 134774 days lie between that and 1970.
  private static func seconds(fileTime: UInt64) -> Int64? {
    fileTime == 0 ? nil : Int64(fileTime / 10_000_000) - 11_644_473_600
  }
}

/// The entries of a directory: sets of 32 bytes each.
///
/// ```
/// 81 allocation bitmap: 20 first cluster (4), 24 length (8)
/// 83 label:             1 length (1), 2 name (22)
/// 85 file:              1 further entries (1), 4 attributes (2), 12 modified (4), 23 its offset from UTC (1)
/// C0 stream:            1 flags (1), 3 length of the name (1), 20 first cluster (4), 24 length (8)
/// C1 name:              2 fifteen characters (30)
/// ```
/// Source: Microsoft, exFAT file system specification, section 7.
struct ExFATDirectory: Hashable, Sendable {
  var entries: [VolumeEntry] = []
  var bitmap: VolumeEntry.Place?

  /// Reads entries up to the end mark, as far as they are well-formed.
  init(parsing content: [UInt8]) throws(FormatError) {
    let reader = ByteReader(content)
    var place = 0
    while reader.contains(place, count: 32), entries.count < SurveyLimits.entriesPerDirectory {
      switch try reader.byte(at: place) {
      case 0: return
      case 0x81:
        bitmap = VolumeEntry.Place(
          first: UInt64(try reader.littleEndian(UInt32.self, at: place + 20)),
          byteCount: try reader.littleEndian(at: place + 24))
        place += 32
      case 0x85:
        let count = 1 + Int(try reader.byte(at: place + 1))
        if let entry = try Self.file(reader, at: place, count: count) { entries.append(entry) }
        place += count * 32
      default: place += 32
      }
    }
  }

  private static func file(
    _ reader: ByteReader, at place: Int, count: Int
  ) throws(FormatError) -> VolumeEntry? {
    guard (3...19).contains(count), reader.contains(place, count: count * 32),
      try reader.byte(at: place + 32) == 0xC0
    else { return nil }
    var units: [UInt16] = []
    let length = Int(try reader.byte(at: place + 32 + 3))
    for index in 2..<count where try reader.byte(at: place + index * 32) == 0xC1 {
      for position in 0..<15 where units.count < length {
        units.append(try reader.littleEndian(at: place + index * 32 + 2 + position * 2))
      }
    }
    let attributes: UInt16 = try reader.littleEndian(at: place + 4)
    return VolumeEntry(
      name: String(decoding: units, as: UTF16.self), isDirectory: attributes & 0x10 != 0,
      modified: try modified(reader, at: place),
      place: VolumeEntry.Place(
        first: UInt64(try reader.littleEndian(UInt32.self, at: place + 32 + 20)),
        byteCount: try reader.littleEndian(at: place + 32 + 24),
        isContiguous: try reader.byte(at: place + 32 + 1) & 2 != 0))
  }

  private static func modified(_ reader: ByteReader, at place: Int) throws(FormatError) -> Int64? {
    let time: UInt16 = try reader.littleEndian(at: place + 12)
    let date: UInt16 = try reader.littleEndian(at: place + 14)
    let zone = try reader.byte(at: place + 23)
    // Bit 7 says that the other bits count; they are signed quarters of an hour.
    let quarters = zone & 0x80 == 0 ? 0 : Int64(Int8(truncatingIfNeeded: zone << 1) >> 1)
    return CivilTime.seconds(dosDate: date, time: time).map { $0 - quarters * 900 }
  }
}

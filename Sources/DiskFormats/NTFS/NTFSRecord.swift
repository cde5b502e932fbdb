import BlockIO

/// A record of the master file table, or an index block: sectors whose last two bytes were taken away.
///
/// ```
/// 0 magic (4)   4 place of the update sequence (2)   6 its length (2)   20 first attribute (2)   22 flags (2)
/// attribute: 0 type (4), 4 length (4), 8 non-resident (1), 9 length of the name (1)
///   resident:     16 length of the value (4), 20 its place (2)
///   non-resident: 16 first cluster of the file (8), 32 place of the runs (2), 48 length in bytes (8)
/// ```
/// Source: Linux, fs/ntfs3/ntfs.h, `MFT_REC` and `ATTRIB`.
struct NTFSRecord {
  /// The types of attributes that a survey reads.
  enum AttributeType: UInt32 {
    case data = 0x80
    case indexRoot = 0x90
    case indexAllocation = 0xA0
  }

  /// Clusters that lie one behind the other.
  struct Run: Hashable {
    /// The first cluster; nil for a hole.
    var start: UInt64?
    /// How many.
    var count: UInt64
  }

  /// An attribute.
  enum Attribute {
    case resident(ByteReader)
    case runs([Run], byteCount: UInt64)
  }

  let reader: ByteReader

  /// Checks the magic and puts the bytes back that the update sequence has replaced.
  init(parsing raw: ByteReader, magic: StaticString) throws(FormatError) {
    guard raw.has(magic, at: 0) else { throw .signatureMissing(.ntfs, offset: raw.base) }
    let place = Int(try raw.littleEndian(UInt16.self, at: 4))
    let count = Int(try raw.littleEndian(UInt16.self, at: 6))
    // One number that stands at the end of every 512 bytes, then what stood there.
    guard count >= 1, count - 1 <= raw.count / 512, raw.contains(place, count: count * 2) else {
      throw .invalid(.ntfs, field: "update sequence", value: UInt64(count), offset: raw.base &+ 6)
    }
    var bytes = raw.bytes
    for index in 1..<max(1, count) {
      let end = index * 512 - 2
      guard bytes[end] == bytes[place], bytes[end + 1] == bytes[place + 1] else {
        throw .invalid(
          .ntfs, field: "sector of a record", value: UInt64(index), offset: raw.base &+ UInt64(end))
      }
      bytes[end] = raw.bytes[place + index * 2]
      bytes[end + 1] = raw.bytes[place + index * 2 + 1]
    }
    reader = ByteReader(bytes, base: raw.base)
  }

  /// The first attribute of a type, without a name or with that of directories, `$I30`.
  func attribute(_ type: AttributeType) throws(FormatError) -> Attribute? {
    var place = Int(try reader.littleEndian(UInt16.self, at: 20))
    while reader.contains(place, count: 16) {
      let found: UInt32 = try reader.littleEndian(at: place)
      let length = Int(try reader.littleEndian(UInt32.self, at: place + 4))
      guard found != .max, length >= 16, reader.contains(place, count: length) else { return nil }
      let attribute = try reader.slice(at: place, count: length)
      if found == type.rawValue, try isPlain(attribute) { return try Self.parse(attribute) }
      place += length
    }
    return nil
  }

  private func isPlain(_ attribute: ByteReader) throws(FormatError) -> Bool {
    let length = try attribute.byte(at: 9)
    if length == 0 { return true }
    let place = Int(try attribute.littleEndian(UInt16.self, at: 10))
    return length == 4 && attribute.has(Array("$\0I\u{0}3\u{0}0\0".utf8), at: place)
  }

  private static func parse(_ attribute: ByteReader) throws(FormatError) -> Attribute {
    if try attribute.byte(at: 8) == 0 {
      let count = Int(try attribute.littleEndian(UInt32.self, at: 16))
      let place = Int(try attribute.littleEndian(UInt16.self, at: 20))
      return .resident(try attribute.slice(at: place, count: count))
    }
    let place = Int(try attribute.littleEndian(UInt16.self, at: 32))
    return .runs(try runs(in: attribute, at: place), byteCount: try attribute.littleEndian(at: 48))
  }

  /// Runs: a byte with two lengths, then a count and a signed distance from the run before.
  private static func runs(in attribute: ByteReader, at start: Int) throws(FormatError) -> [Run] {
    var (place, cluster, runs) = (start, Int64(0), [Run]())
    while runs.count < SurveyLimits.extents, attribute.contains(place, count: 1) {
      let lengths = try attribute.byte(at: place)
      let (countLength, distanceLength) = (Int(lengths & 15), Int(lengths >> 4))
      if countLength == 0 { break }
      guard countLength <= 8, distanceLength <= 8 else {
        throw .invalid(.ntfs, field: "run", value: UInt64(lengths), offset: attribute.base &+ UInt64(place))
      }
      let count = try signed(attribute, at: place + 1, count: countLength)
      guard count > 0 else {
        throw .invalid(.ntfs, field: "run length", value: 0, offset: attribute.base &+ UInt64(place))
      }
      if distanceLength == 0 {
        runs.append(Run(start: nil, count: UInt64(count)))
      } else {
        let distance = try signed(attribute, at: place + 1 + countLength, count: distanceLength)
        guard let next = cluster.adding(distance), next >= 0 else {
          throw .invalid(.ntfs, field: "run start", value: 0, offset: attribute.base &+ UInt64(place))
        }
        cluster = next
        runs.append(Run(start: UInt64(next), count: UInt64(count)))
      }
      place += 1 + countLength + distanceLength
    }
    return runs
  }

  private static func signed(_ reader: ByteReader, at place: Int, count: Int) throws(FormatError) -> Int64 {
    let bytes = try reader.bytes(at: place, count: count)
    var value: UInt64 = (bytes.last ?? 0) & 0x80 != 0 ? .max : 0
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    return Int64(bitPattern: value)
  }
}

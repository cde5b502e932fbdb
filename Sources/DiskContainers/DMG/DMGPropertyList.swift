/// The property list of a DMG, as far as it holds the tables of the disk's parts.
///
/// No more of XML is understood than that: the key `blkx`, and after it the content of each `data` up to the end of
/// its array. So nothing that XML can refer to or repeat is ever followed.
enum DMGPropertyList {
  /// More parts than any disk has partitions.
  private static let mostParts = 1024

  /// The tables, as their bytes; `offset` is where the list lies in the file.
  static func tables(in list: [UInt8], at offset: UInt64) throws(ContainerError) -> [[UInt8]] {
    guard let key = position(of: "<key>blkx</key>", in: list, from: 0),
      let end = position(of: "</array>", in: list, from: key)
    else { throw .damaged(.descriptor, offset: offset) }
    var tables: [[UInt8]] = []
    var place = key
    while let start = position(of: "<data>", in: list, from: place), start < end {
      guard let stop = position(of: "</data>", in: list, from: start), stop <= end, tables.count < mostParts,
        let table = base64(list[start..<stop - "</data>".utf8.count])
      else { throw .damaged(.descriptor, offset: offset + UInt64(start)) }
      tables.append(table)
      place = stop
    }
    guard !tables.isEmpty else { throw .damaged(.descriptor, offset: offset + UInt64(key)) }
    return tables
  }

  /// Where the text ends that comes first from a place on.
  private static func position(of text: StaticString, in list: [UInt8], from start: Int) -> Int? {
    let wanted = Array(text.description.utf8)
    guard start <= list.count - wanted.count else { return nil }
    for place in start...list.count - wanted.count
    where list[place] == wanted[0] && list[place..<place + wanted.count].elementsEqual(wanted) {
      return place + wanted.count
    }
    return nil
  }

  /// What digits of 64 stand for (RFC 4648, 4), spaces left out; nil for anything else.
  private static func base64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var (value, bits): (UInt32, UInt32) = (0, 0)
    var hasEnded = false
    for character in text {
      switch character {
      case 0x20, 0x09, 0x0A, 0x0D: continue
      case 0x3D:
        hasEnded = true
        continue
      default: break
      }
      guard !hasEnded, let digit = digit(character) else { return nil }
      value = value << 6 | digit
      bits += 6
      guard bits >= 8 else { continue }
      bits -= 8
      bytes.append(UInt8(truncatingIfNeeded: value >> bits))
    }
    return bytes
  }

  private static func digit(_ character: UInt8) -> UInt32? {
    switch character {
    case 0x41...0x5A: UInt32(character - 0x41)
    case 0x61...0x7A: UInt32(character - 0x61) + 26
    case 0x30...0x39: UInt32(character - 0x30) + 52
    case 0x2B: 62
    case 0x2F: 63
    default: nil
    }
  }
}

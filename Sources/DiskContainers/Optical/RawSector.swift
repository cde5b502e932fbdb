/// A sector of a disc as it is on the disc: 2352 bytes, of which 2048 are a computer's.
///
/// ```
/// mode 1: 0 sync (12)  12 address (3), mode (1)  16 data (2048)  2064 checksum (4)  2068 correction
/// mode 2: 0 sync (12)  12 address (3), mode (1)  16 subheader (8)  24 data (2048)  2072 checksum (4)
/// ```
/// Source: ECMA-130, 14 and annex A; "System Description CD-ROM XA" for form 1 of mode 2.
enum RawSector {
  /// Its length in bytes.
  static let byteCount = 2352
  /// What of it is a computer's, in bytes.
  static let dataByteCount = 2048
  /// What it begins with.
  static let sync: [UInt8] = [0] + [UInt8](repeating: 0xFF, count: 10) + [0]

  /// A bit of the subheader: form 2, which is for sound and pictures and has no correction.
  private static let form2: UInt8 = 0x20

  /// Whether one is of form 2 by the first copy of its subheader.
  ///
  /// - Parameter start: where it begins among the bytes.
  static func isForm2(_ bytes: [UInt8], at start: Int = 0) -> Bool {
    bytes[start + 15] == 2 && bytes[start + 18] & form2 != 0
  }

  /// Whether a whole one is of form 2 for certain, and there is nothing in it: both copies of its subheader say so,
  /// its 2324 bytes are zero, and so is its checksum, if it is not right ("System Description CD-ROM XA").
  static func isEmptyForm2(_ sector: [UInt8]) -> Bool {
    guard sector.count == byteCount, sector.starts(with: sync), isForm2(sector),
      sector[16..<20].elementsEqual(sector[20..<24]), sector[24..<2348].allSatisfy({ $0 == 0 })
    else { return false }
    let stored = checksum(in: sector, at: 2348)
    return stored == 0 || stored == EDC.checksum(of: sector[16..<2348])
  }

  private static func checksum(in bytes: [UInt8], at offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
  }

  /// Which sector of the disc one is by its own address: minute, second and frame as decimal digits, and 75 frames in
  /// a second (ECMA-130, 14).
  ///
  /// - Parameter start: where it begins among the bytes.
  /// - Returns: the number; nil where the address is none.
  static func number(in bytes: [UInt8], at start: Int = 0) -> UInt64? {
    let parts = bytes[start + 12..<start + 15].map { (high: UInt64($0 >> 4), low: UInt64($0 & 0xF)) }
    guard parts.allSatisfy({ $0.high < 10 && $0.low < 10 }) else { return nil }
    let (minute, second, frame) = (parts[0], parts[1], parts[2])
    guard second.high < 6, frame.high * 10 + frame.low < 75 else { return nil }
    let seconds = (minute.high * 10 + minute.low) * 60 + second.high * 10 + second.low
    return seconds * 75 + frame.high * 10 + frame.low
  }

  /// Takes the data out of sectors, and proves their checksums and that none is missing or out of its place.
  ///
  /// - Parameters:
  ///   - offset: where they lie in the file, in bytes.
  ///   - first: the number that the first of them must have.
  /// - Returns: the data, and whether every sector had a checksum: some tools leave it out, as zeros.
  static func data(
    of sectors: [UInt8], at offset: UInt64, from first: UInt64
  ) throws(ContainerError) -> (bytes: [UInt8], isChecked: Bool) {
    var data: [UInt8] = []
    data.reserveCapacity(sectors.count / byteCount * dataByteCount)
    var isChecked = true
    for start in stride(from: 0, to: sectors.count - byteCount + 1, by: byteCount) {
      let place = offset + UInt64(start)
      guard sectors[start..<start + sync.count].elementsEqual(sync) else { throw .needs(.dataTrack) }
      let covered: Range<Int>
      let content: Int
      switch sectors[start + 15] {
      case 1: (covered, content) = (0..<2064, 16)
      case 2 where !isForm2(sectors, at: start): (covered, content) = (16..<2072, 24)
      default: throw .needs(.dataTrack)
      }
      let end = start + covered.upperBound
      let stored = checksum(in: sectors, at: end)
      if stored == 0 {
        isChecked = false
      } else if EDC.checksum(of: sectors[start + covered.lowerBound..<end]) != stored {
        throw .checksumWrong(.data, offset: place)
      }
      guard number(in: sectors, at: start) == first + UInt64(start / byteCount) else {
        throw .damaged(.data, offset: place)
      }
      data += sectors[start + content..<start + content + dataByteCount]
    }
    return (data, isChecked)
  }
}

/// The checksum of raw sectors (ECMA-130, 14.3): polynomial 0x8001801B, here reflected, without inversions.
enum EDC {
  static func checksum(of bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reduce(UInt32(0)) { crc, byte in table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ crc >> 8 }
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xD801_8001 ^ crc >> 1 : crc >> 1 }
  }
}

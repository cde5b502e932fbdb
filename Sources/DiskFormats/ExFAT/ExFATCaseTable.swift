/// The table by which exFAT takes small and capital letters of names for the same.
///
/// It is the one that the specification recommends, so that every system finds the same names equal.
/// Source: Microsoft, exFAT file system specification, section 7.2.5.1.
enum ExFATCaseTable {
  /// Runs of letters that have a capital: the first one, how many, how far apart, and how far away the capitals are.
  private static let runs: [Int32] = [
    0x0061, 26, 1, -32, 0x00E0, 23, 1, -32, 0x00F8, 7, 1, -32, 0x00FF, 1, 1, 121, 0x0101, 24, 2, -1,
    0x0133, 3, 2, -1, 0x013A, 8, 2, -1, 0x014B, 23, 2, -1, 0x017A, 3, 2, -1, 0x0180, 1, 1, 195,
    0x0183, 2, 2, -1, 0x0188, 1, 1, -1, 0x018C, 1, 1, -1, 0x0192, 1, 1, -1, 0x0195, 1, 1, 97,
    0x0199, 1, 1, -1, 0x019A, 1, 1, 163, 0x019E, 1, 1, 130, 0x01A1, 3, 2, -1, 0x01A8, 1, 1, -1,
    0x01AD, 1, 1, -1, 0x01B0, 1, 1, -1, 0x01B4, 2, 2, -1, 0x01B9, 1, 1, -1, 0x01BD, 1, 1, -1,
    0x01BF, 1, 1, 56, 0x01C6, 1, 1, -2, 0x01C9, 1, 1, -2, 0x01CC, 1, 1, -2, 0x01CE, 8, 2, -1,
    0x01DD, 1, 1, -79, 0x01DF, 9, 2, -1, 0x01F3, 1, 1, -2, 0x01F5, 1, 1, -1, 0x01F9, 20, 2, -1,
    0x0223, 9, 2, -1, 0x023A, 1, 1, 10795, 0x023C, 1, 1, -1, 0x023E, 1, 1, 10792, 0x0242, 1, 1, -1,
    0x0247, 5, 2, -1, 0x0253, 1, 1, -210, 0x0254, 1, 1, -206, 0x0256, 2, 1, -205, 0x0259, 1, 1, -202,
    0x025B, 1, 1, -203, 0x0260, 1, 1, -205, 0x0263, 1, 1, -207, 0x0268, 1, 1, -209, 0x0269, 1, 1, -211,
    0x026B, 1, 1, 10743, 0x026F, 1, 1, -211, 0x0272, 1, 1, -213, 0x0275, 1, 1, -214, 0x027D, 1, 1, 10727,
    0x0280, 1, 1, -218, 0x0283, 1, 1, -218, 0x0288, 1, 1, -218, 0x0289, 1, 1, -69, 0x028A, 2, 1, -217,
    0x028C, 1, 1, -71, 0x0292, 1, 1, -219, 0x037B, 3, 1, 130, 0x03AC, 1, 1, -38, 0x03AD, 3, 1, -37,
    0x03B1, 17, 1, -32, 0x03C2, 1, 1, -31, 0x03C3, 9, 1, -32, 0x03CC, 1, 1, -64, 0x03CD, 2, 1, -63,
    0x03D9, 12, 2, -1, 0x03F2, 1, 1, 7, 0x03F8, 1, 1, -1, 0x03FB, 1, 1, -1, 0x0430, 32, 1, -32,
    0x0450, 16, 1, -80, 0x0461, 17, 2, -1, 0x048B, 27, 2, -1, 0x04C2, 7, 2, -1, 0x04CF, 1, 1, -15,
    0x04D1, 34, 2, -1, 0x0561, 38, 1, -48, 0x1D7D, 1, 1, 3814, 0x1E01, 75, 2, -1, 0x1EA1, 45, 2, -1,
    0x1F00, 8, 1, 8, 0x1F10, 6, 1, 8, 0x1F20, 8, 1, 8, 0x1F30, 8, 1, 8, 0x1F40, 6, 1, 8, 0x1F51, 4, 2, 8,
    0x1F60, 8, 1, 8, 0x1F70, 2, 1, 74, 0x1F72, 4, 1, 86, 0x1F76, 2, 1, 100, 0x1F78, 2, 1, 128,
    0x1F7A, 2, 1, 112, 0x1F7C, 2, 1, 126, 0x1F80, 8, 1, 8, 0x1F90, 8, 1, 8, 0x1FA0, 8, 1, 8,
    0x1FB0, 2, 1, 8, 0x1FB3, 1, 1, 9, 0x1FCC, 1, 1, -9, 0x1FD0, 2, 1, 8, 0x1FE0, 2, 1, 8, 0x1FE5, 1, 1, 7,
    0x1FFC, 1, 1, -9, 0x214E, 1, 1, -28, 0x2170, 16, 1, -16, 0x2184, 1, 1, -1, 0x24D0, 26, 1, -26,
    0x2C30, 47, 1, -48, 0x2C61, 1, 1, -1, 0x2C68, 3, 2, -1, 0x2C76, 1, 1, -1, 0x2C81, 50, 2, -1,
    0x2D00, 38, 1, -7264, 0xFF41, 26, 1, -32,
  ]

  /// The fewest letters without a capital that are told by their number alone.
  private static let leastGap = 512

  /// The table as it lies on a disk.
  static func serialised() -> [UInt8] {
    var capitals = [UInt16](repeating: 0, count: 1 << 16)
    for letter in capitals.indices { capitals[letter] = UInt16(letter) }
    for run in stride(from: 0, to: runs.count, by: 4) {
      for step in 0..<runs[run + 1] {
        let letter = runs[run] + step * runs[run + 2]
        capitals[Int(letter)] = UInt16(letter + runs[run + 3])
      }
    }
    return packed(capitals)
  }

  private static func packed(_ capitals: [UInt16]) -> [UInt8] {
    var bytes: [UInt8] = []
    var letter = 0
    while letter < capitals.count {
      let gap = capitals[letter...].enumerated().prefix { letter + $0.offset == Int($0.element) }.count
      if gap >= leastGap {
        put(.max, to: &bytes)
        put(UInt16(gap), to: &bytes)
        letter += gap
      } else {
        for each in letter..<min(letter + gap + 1, capitals.count) { put(capitals[each], to: &bytes) }
        letter += gap + 1
      }
    }
    return bytes
  }

  private static func put(_ value: UInt16, to bytes: inout [UInt8]) {
    bytes.append(UInt8(truncatingIfNeeded: value))
    bytes.append(UInt8(truncatingIfNeeded: value >> 8))
  }

  /// The sum that the root directory has of the table (section 7.2.2).
  static func checksum(of bytes: [UInt8]) -> UInt32 {
    bytes.reduce(0) { sum, byte in (sum << 31 | sum >> 1) &+ UInt32(byte) }
  }
}

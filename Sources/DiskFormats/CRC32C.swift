/// The CRC-32 of Castagnoli: polynomial 0x82F63B78 reflected, preset and final inversion.
public enum CRC32C {
  /// The checksum of some bytes, a range of which counts as zeros.
  public static func checksum(of bytes: [UInt8], withZerosAt zeros: Range<Int>) -> UInt32 {
    var crc = UInt32.max
    for (index, byte) in bytes.enumerated() {
      crc = table[Int((crc ^ UInt32(zeros.contains(index) ? 0 : byte)) & 0xFF)] ^ crc >> 8
    }
    return ~crc
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0x82F6_3B78 ^ crc >> 1 : crc >> 1 }
  }
}

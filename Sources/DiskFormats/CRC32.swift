/// The CRC-32 of GPT headers and gzip: polynomial 0xEDB88320 reflected, preset and final inversion.
///
/// Eight bytes per step through eight tables, because a GPT's entry array may be of several mebibytes.
public struct CRC32: Sendable {
  private var remainder: UInt32 = 0xFFFF_FFFF

  /// Starts a checksum.
  public init() {}

  /// The checksum of everything so far.
  public var value: UInt32 { ~remainder }

  /// The checksum of some bytes.
  public static func checksum(of bytes: [UInt8]) -> UInt32 {
    var crc = CRC32()
    crc.update(bytes.span)
    return crc.value
  }

  /// Adds bytes.
  public mutating func update(_ bytes: Span<UInt8>) {
    var crc = remainder
    var index = 0
    while bytes.count - index >= 8 {
      let low =
        crc
        ^ (UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
          | UInt32(bytes[index + 3]) << 24)
      crc =
        table[0x700 + Int(low & 0xFF)] ^ table[0x600 + Int(low >> 8 & 0xFF)]
        ^ table[0x500 + Int(low >> 16 & 0xFF)] ^ table[0x400 + Int(low >> 24)]
        ^ table[0x300 + Int(bytes[index + 4])] ^ table[0x200 + Int(bytes[index + 5])]
        ^ table[0x100 + Int(bytes[index + 6])] ^ table[Int(bytes[index + 7])]
      index += 8
    }
    while index < bytes.count {
      crc = step(crc, bytes[index])
      index += 1
    }
    remainder = crc
  }
}

private func step(_ crc: UInt32, _ byte: UInt8) -> UInt32 {
  table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ crc >> 8
}

/// Eight tables of 256: table k advances a byte over k zero bytes behind it.
private let table: [UInt32] = {
  var table = [UInt32](repeating: 0, count: 8 * 256)
  for index in 0..<256 {
    var crc = UInt32(index)
    for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
    table[index] = crc
  }
  for index in 256..<table.count {
    let before = table[index - 256]
    table[index] = table[Int(before & 0xFF)] ^ before >> 8
  }
  return table
}()

import DiskFormats

/// The smallest honest containers, as seeds.
public enum ContainerImages {
  /// A disk of four clusters of 512 bytes, one of them there.
  public static func qcow2(isPacked: Bool) -> [UInt8] {
    var image = ByteWriter(count: 2048)
    image.put([0x51, 0x46, 0x49, 0xFB], at: 0)
    image.putBigEndian(UInt32(3), at: 4)
    image.putBigEndian(UInt32(9), at: 20)
    image.putBigEndian(UInt64(2048), at: 24)
    image.putBigEndian(UInt32(1), at: 36)
    image.putBigEndian(UInt64(512), at: 40)
    image.putBigEndian(UInt32(104), at: 100)
    image.putBigEndian(UInt64(1024), at: 512)
    image.putBigEndian(UInt64(isPacked ? 1 << 62 | 1536 : 1536), at: 1024)
    // DEFLATE: one stored block.
    image.put([1, 0, 2, 0xFF, 0xFD], at: 1536)
    return image.bytes + [UInt8](repeating: 0x42, count: 512)
  }

  /// A disk of one grain table, of which the first grain is there.
  static var vmdk: [UInt8] {
    var image = ByteWriter(count: 8192)
    image.put(Array("KDMV".utf8), at: 0)
    image.putLittleEndian(UInt32(1), at: 4)
    image.putLittleEndian(UInt32(3), at: 8)
    for (value, place) in [(64, 12), (8, 20), (1, 28), (1, 36), (2, 56), (8, 64)] as [(UInt64, Int)] {
      image.putLittleEndian(value, at: place)
    }
    image.putLittleEndian(UInt32(512), at: 44)
    image.put([0x0A, 0x20, 0x0D, 0x0A], at: 73)
    image.put(Array("createType=\"monolithicSparse\"\nparentCID=ffffffff\n".utf8), at: 512)
    image.putLittleEndian(UInt32(3), at: 1024)
    image.putLittleEndian(UInt32(8), at: 1536)
    image.put([7, 7, 7], at: 4096)
    return image.bytes
  }

  /// A disk of 4 KiB, in a row (type 2) or in one block (type 3); it ends where the fuzzer's image does.
  static func vhd(ofType type: UInt32) -> [UInt8] {
    let end = 6144 * 512 - 512
    var footer = ByteWriter(count: 512)
    footer.put(Array("conectix".utf8), at: 0)
    footer.putBigEndian(UInt64(512), at: 16)
    footer.putBigEndian(UInt64(4096), at: 48)
    footer.putBigEndian(type, at: 60)
    footer.putBigEndian(~footer.bytes.reduce(UInt32(0)) { $0 + UInt32($1) }, at: 64)
    var header = ByteWriter(count: 1024)
    header.put(Array("cxsparse".utf8), at: 0)
    header.putBigEndian(UInt64(1536), at: 16)
    header.putBigEndian(UInt32(1), at: 28)
    header.putBigEndian(UInt32(4096), at: 32)
    header.putBigEndian(~header.bytes.reduce(UInt32(0)) { $0 + UInt32($1) }, at: 36)
    var image = ByteWriter(count: end)
    image.put(footer.bytes, at: 0)
    image.put(header.bytes, at: 512)
    image.putBigEndian(UInt32(4), at: 1536)
    image.put([0xFE], at: 2048)
    return image.bytes + footer.bytes
  }

  /// A disk of two blocks, one of them there.
  static var vdi: [UInt8] {
    var image = ByteWriter(count: 4096)
    image.put([0x7F, 0x10, 0xDA, 0xBE], at: 64)
    let fields: [(UInt32, Int)] = [
      (0x1_0001, 68), (1, 76), (512, 340), (1024, 344), (2048, 368), (1024, 376), (2, 384), (1, 388),
    ]
    for (value, place) in fields { image.putLittleEndian(value, at: place) }
    image.putLittleEndian(UInt32.max, at: 512)
    image.put([9, 9], at: 1024)
    return image.bytes
  }

  /// A disk of one block of a mebibyte, which lies at two mebibytes; the tables lie in the first one.
  static var vhdx: [UInt8] {
    var image = ByteWriter(count: 3 << 20)
    image.put(Array("vhdxfile".utf8), at: 0)
    var header = ByteWriter(count: 4096)
    header.put(Array("head".utf8), at: 0)
    header.putLittleEndian(UInt16(1), at: 66)
    header.putLittleEndian(castagnoli(header.bytes), at: 4)
    image.put(header.bytes, at: 64 << 10)
    var regions = ByteWriter(count: 64 << 10)
    regions.put(Array("regi".utf8), at: 0)
    regions.putLittleEndian(UInt32(2), at: 8)
    let table: [UInt8] = [
      0x66, 0x77, 0xC2, 0x2D, 0x23, 0xF6, 0x00, 0x42, 0x9D, 0x64, 0x11, 0x5E, 0x9B, 0xFD, 0x4A, 0x08,
    ]
    let metadata: [UInt8] = [
      0x06, 0xA2, 0x7C, 0x8B, 0x90, 0x47, 0x9A, 0x4B, 0xB8, 0xFE, 0x57, 0x5F, 0x05, 0x0F, 0x88, 0x6E,
    ]
    for (index, (guid, start)) in [(table, UInt64(512 << 10)), (metadata, UInt64(1 << 20))].enumerated() {
      regions.put(guid, at: 16 + index * 32)
      regions.putLittleEndian(start, at: 32 + index * 32)
      regions.putLittleEndian(UInt32(128 << 10), at: 40 + index * 32)
      regions.putLittleEndian(UInt32(1), at: 44 + index * 32)
    }
    regions.putLittleEndian(castagnoli(regions.bytes), at: 4)
    image.put(regions.bytes, at: 192 << 10)
    putMetadata(into: &image, at: 1 << 20)
    image.putLittleEndian(UInt64(2 << 20 | 6), at: 512 << 10)
    image.put([5, 5, 5], at: 2 << 20)
    return image.bytes
  }

  private static func putMetadata(into image: inout ByteWriter, at start: Int) {
    let items: [([UInt8], UInt64)] = [
      (
        [0x37, 0x67, 0xA1, 0xCA, 0x36, 0xFA, 0x43, 0x4D, 0xB3, 0xB6, 0x33, 0xF0, 0xAA, 0x44, 0xE7, 0x6B],
        1 << 20
      ),
      (
        [0x24, 0x42, 0xA5, 0x2F, 0x1B, 0xCD, 0x76, 0x48, 0xB2, 0x11, 0x5D, 0xBE, 0xD8, 0x3B, 0xF4, 0xB8],
        1 << 20
      ),
      (
        [0x1D, 0xBF, 0x41, 0x81, 0x6F, 0xA9, 0x09, 0x47, 0xBA, 0x47, 0xF2, 0x33, 0xA8, 0xFA, 0xAB, 0x5F], 512
      ),
    ]
    image.put(Array("metadata".utf8), at: start)
    image.putLittleEndian(UInt16(items.count), at: start + 10)
    for (index, (guid, value)) in items.enumerated() {
      image.put(guid, at: start + 32 + index * 32)
      image.putLittleEndian(UInt32(64 << 10 + index * 8), at: start + 48 + index * 32)
      image.putLittleEndian(value, at: start + 64 << 10 + index * 8)
    }
  }

  private static func castagnoli(_ bytes: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 {
        let polynomial: UInt32 = crc & 1 == 1 ? 0x82F6_3B78 : 0
        crc = (crc >> 1) ^ polynomial
      }
    }
    return ~crc
  }

  /// A disk of two sectors, one of them stored, one of zeros.
  static var dmg: [UInt8] {
    var table = ByteWriter(count: 204 + 3 * 40)
    table.put(Array("mish".utf8), at: 0)
    table.putBigEndian(UInt64(2), at: 16)
    table.putBigEndian(UInt32(3), at: 200)
    for (index, (kind, sectors)) in [(UInt32(1), UInt64(1)), (0, 1), (.max, 0)].enumerated() {
      table.putBigEndian(kind, at: 204 + index * 40)
      table.putBigEndian(UInt64(index), at: 212 + index * 40)
      table.putBigEndian(sectors, at: 220 + index * 40)
      table.putBigEndian(sectors * 512, at: 236 + index * 40)
    }
    let list = Array("<plist><key>blkx</key><array><data>\(base64(table.bytes))</data></array></plist>".utf8)
    var trailer = ByteWriter(count: 512)
    trailer.put(Array("koly".utf8), at: 0)
    trailer.putBigEndian(UInt32(4), at: 4)
    trailer.putBigEndian(UInt32(512), at: 8)
    trailer.putBigEndian(UInt64(512), at: 216)
    trailer.putBigEndian(UInt64(list.count), at: 224)
    trailer.putBigEndian(UInt64(2), at: 492)
    return [UInt8](repeating: 0x33, count: 512) + list + trailer.bytes
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    return String(
      stride(from: 0, to: bytes.count, by: 3).flatMap { start in
        let group = bytes[start..<start + 3].reduce(0) { $0 << 8 | Int($1) }
        return [18, 12, 6, 0].map { digits[group >> $0 & 63] }
      })
  }

  /// Two sectors without checksums.
  static var rawDisc: [UInt8] {
    let head = [0] + [UInt8](repeating: 0xFF, count: 10) + [0, 0, 2]
    let rest = [UInt8](repeating: 0, count: 2336)
    return (head + [0, 1] + rest) + (head + [1, 2] + rest)
  }

  /// The text beside a disc.
  static let cueSheet = Array("FILE \"disc.bin\" BINARY\n  TRACK 01 MODE1/2352\n    INDEX 01 00:00:00\n".utf8)
}

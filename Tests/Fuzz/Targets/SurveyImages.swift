import DiskFormats

/// The smallest honest volumes of formats that are surveyed, each with a directory `DCIM` in its root.
public enum SurveyImages {
  /// An ext file system with blocks of 1 KiB: superblock, descriptors, inodes, root, one more directory.
  public static func ext(hasExtents: Bool) -> [UInt8] {
    var writer = ByteWriter(count: 8 * 1024)
    writer.putLittleEndian(UInt32(64), at: 1024 + 4)
    writer.putLittleEndian(UInt32(50), at: 1024 + 12)
    writer.putLittleEndian(UInt32(1), at: 1024 + 20)
    writer.putLittleEndian(UInt32(8), at: 1024 + 40)
    writer.putLittleEndian(UInt32(1_700_000_000), at: 1024 + 48)
    writer.put([0x53, 0xEF], at: 1024 + 56)
    writer.putLittleEndian(UInt32(1), at: 1024 + 76)
    writer.putLittleEndian(UInt16(128), at: 1024 + 88)
    writer.putLittleEndian(UInt32(hasExtents ? 0x42 : 0x2), at: 1024 + 96)
    writer.putLittleEndian(UInt32(3), at: 2048 + 8)
    // Inodes 2 and 3 in the table at block 3, their directories in blocks 5 and 6.
    for (inode, block) in [(2, UInt32(5)), (3, UInt32(6))] {
      let place = 3 * 1024 + (inode - 1) * 128
      writer.putLittleEndian(UInt16(0x41ED), at: place)
      writer.putLittleEndian(UInt32(1024), at: place + 4)
      if hasExtents {
        writer.putLittleEndian(UInt32(0x8_0000), at: place + 32)
        writer.put([0x0A, 0xF3, 1, 0, 4, 0, 0, 0], at: place + 40)
        writer.putLittleEndian(UInt16(1), at: place + 56)
        writer.putLittleEndian(block, at: place + 60)
      } else {
        writer.putLittleEndian(block, at: place + 40)
      }
    }
    writer.put([2, 0, 0, 0, 12, 0, 1, 2] + Array(".".utf8), at: 5 * 1024)
    writer.put([3, 0, 0, 0, 0xF4, 3, 4, 2] + Array("DCIM".utf8), at: 5 * 1024 + 12)
    writer.put([4, 0, 0, 0, 0, 4, 5, 1] + Array("a.jpg".utf8), at: 6 * 1024)
    return writer.bytes
  }

  /// An exFAT file system of 16 clusters of one sector: table at 8, heap at 16; bitmap 2, root 3, directory 4.
  public static func exfat() -> [UInt8] {
    var writer = ByteWriter(count: 32 * 512)
    writer.put("EXFAT   ".utf8, at: 3)
    writer.putLittleEndian(UInt64(32), at: 72)
    for (index, value) in [UInt32(8), 1, 16, 16, 3].enumerated() {
      writer.putLittleEndian(value, at: 80 + index * 4)
    }
    writer.put([9, 0, 1, 0x80, 99], at: 108)
    for cluster in 2...4 { writer.putLittleEndian(UInt32.max, at: 8 * 512 + cluster * 4) }
    writer.put([0b0000_0111], at: 16 * 512)
    let root = 17 * 512
    writer.put([0x81], at: root)
    writer.putLittleEndian(UInt32(2), at: root + 20)
    writer.putLittleEndian(UInt64(2), at: root + 24)
    writer.put([0x85, 2, 0, 0, 0x10], at: root + 32)
    // 2024-02-29 12:00:02 at UTC+1.
    writer.putLittleEndian(UInt16(12 << 11 | 1), at: root + 32 + 12)
    writer.putLittleEndian(UInt16(44 << 9 | 2 << 5 | 29), at: root + 32 + 14)
    writer.put([0x84], at: root + 32 + 23)
    writer.put([0xC0, 1, 0, 4], at: root + 64)
    writer.putLittleEndian(UInt32(4), at: root + 64 + 20)
    writer.putLittleEndian(UInt64(512), at: root + 64 + 24)
    writer.put([0xC1, 0, 0x44, 0, 0x43, 0, 0x49, 0, 0x4D, 0], at: root + 96)
    return writer.bytes
  }

  /// An NTFS volume of 64 clusters of one sector: the table at cluster 4 with the records 0 to 31.
  public static func ntfs() -> [UInt8] {
    var writer = ByteWriter(count: 72 * 1024 / 2)
    writer.put("NTFS    ".utf8, at: 3)
    writer.putLittleEndian(UInt16(512), at: 11)
    writer.put([1], at: 13)
    writer.putLittleEndian(UInt64(64), at: 40)
    writer.putLittleEndian(UInt64(4), at: 48)
    // Records of 1 KiB, index blocks of 4 KiB.
    writer.put([0xF6], at: 64)
    writer.put([0xF4], at: 68)
    func put(_ number: Int, _ attribute: [UInt8]) {
      let place = (4 * 512) + number * 1024
      writer.put("FILE".utf8, at: place)
      writer.put([48, 0, 3, 0], at: place + 4)
      writer.put([56, 0], at: place + 20)
      // The update sequence 7, which stands at the end of both sectors in place of zeroes.
      for offset in [48, 510, 1022] { writer.put([7, 0], at: place + offset) }
      writer.put(attribute + [0xFF, 0xFF, 0xFF, 0xFF], at: place + 56)
    }
    // One run: 64 clusters from 4 on.
    put(0, Self.attribute(0x80, runs: [0x11, 64, 4]))
    put(5, Self.attribute(0x90, value: index(of: "DCIM", record: 25)))
    put(6, Self.attribute(0x80, value: [0xFF, 0x0F, 0, 0, 0, 0, 0, 0]))
    put(25, Self.attribute(0x90, value: index(of: "a.jpg", record: 26)))
    return writer.bytes
  }

  private static func attribute(_ type: UInt8, value: [UInt8]) -> [UInt8] {
    var writer = ByteWriter(count: 24 + (value.count + 7) / 8 * 8)
    writer.putLittleEndian(UInt32(type), at: 0)
    writer.putLittleEndian(UInt32(writer.bytes.count), at: 4)
    writer.putLittleEndian(UInt32(value.count), at: 16)
    writer.putLittleEndian(UInt16(24), at: 20)
    writer.put(value, at: 24)
    return writer.bytes
  }

  private static func attribute(_ type: UInt8, runs: [UInt8]) -> [UInt8] {
    var writer = ByteWriter(count: 72)
    writer.putLittleEndian(UInt32(type), at: 0)
    writer.putLittleEndian(UInt32(72), at: 4)
    writer.put([1], at: 8)
    writer.putLittleEndian(UInt16(64), at: 32)
    writer.putLittleEndian(UInt64(64 * 512), at: 48)
    writer.put(runs, at: 64)
    return writer.bytes
  }

  private static func index(of name: String, record: UInt64) -> [UInt8] {
    let units = Array(name.utf16)
    let length = 16 + (66 + units.count * 2 + 7) / 8 * 8
    var writer = ByteWriter(count: 32 + length + 16)
    writer.putLittleEndian(UInt32(16), at: 16)
    writer.putLittleEndian(UInt32(16 + length + 16), at: 20)
    writer.putLittleEndian(record | 1 << 48, at: 32)
    writer.putLittleEndian(UInt16(length), at: 40)
    writer.putLittleEndian(UInt16(66 + units.count * 2), at: 42)
    // 2024-02-29 11:00:02 UTC.
    writer.putLittleEndian(UInt64((1_709_204_402 + 11_644_473_600) * 10_000_000), at: 48 + 16)
    writer.putLittleEndian(UInt32(0x1000_0000), at: 48 + 56)
    writer.put([UInt8(units.count), 1], at: 48 + 64)
    for (index, unit) in units.enumerated() { writer.putLittleEndian(unit, at: 48 + 66 + index * 2) }
    writer.putLittleEndian(UInt16(16), at: 32 + length + 8)
    writer.put([2], at: 32 + length + 12)
    return writer.bytes
  }
}

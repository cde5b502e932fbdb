import BlockIO
import DiskContainers
import TestSupport
import Testing

/// Files that QEMU made and somebody changed afterwards.
@Suite("R49: forged containers")
struct ForgeryTests {
  private static func packed(_ options: String, _ image: [UInt8]) throws -> [UInt8] {
    try Conversion(.qcow2, options).pack(image)
  }

  private static let noise = [UInt8].random(1 << 20, seed: 9)

  /// Where the tables of a qcow2 file lie whose disk has one second table.
  private static func tables(of qcow2: [UInt8]) -> (l1: Int, l2: Int) {
    let l1 = Int(qcow2.big(at: 40, count: 8))
    return (l1, Int(qcow2.big(at: l1, count: 8) & 0x00FF_FFFF_FFFF_FE00))
  }

  private static func error(reading file: [UInt8]) -> ContainerError? {
    do { _ = try content(of: opened(file)) } catch { return error as? ContainerError }
    return nil
  }

  @Test("qcow2: a cluster behind the end, a cluster that is used twice, a table that is a cluster")
  func clusters() throws {
    let file = try Self.packed("-O qcow2", Self.noise)
    let (l1, l2) = Self.tables(of: file)
    let first = file.big(at: l2, count: 8)
    let flags = first & 1 << 63
    let end = UInt64(file.count + 65_535) / 65_536 * 65_536
    #expect(Self.error(reading: file.settingBig(flags | end, at: l2)) == .cutOff(.data, offset: end))
    #expect(
      Self.error(reading: file.settingBig(first, at: l2 + 8))
        == .usedTwice(offset: first & 0x00FF_FFFF_FFFF_FE00))
    #expect(
      Self.error(reading: file.settingBig(flags | UInt64(l2), at: l2)) == .usedTwice(offset: UInt64(l2)))
    #expect(
      Self.error(reading: file.settingBig(flags | UInt64(l1), at: l2)) == .usedTwice(offset: UInt64(l1)))
    #expect(
      Self.error(reading: file.settingBig(flags | 512 | first, at: l2))
        == .damaged(.table, offset: UInt64(l2)))
    #expect(
      Self.error(reading: file.settingBig(UInt64(l2) | 512, at: l1)) == .damaged(.table, offset: UInt64(l1)))
    #expect(Self.error(reading: file.settingBig(end, at: l1)) == .cutOff(.table, offset: end))
  }

  @Test("qcow2: one table for a disk of a pebibyte is no disk")
  func bomb() throws {
    let file = try Self.packed("-O qcow2 -o cluster_size=2M", [UInt8](repeating: 1, count: 4 << 20))
    let l1 = Int(file.big(at: 40, count: 8))
    var forged = file.settingBig(1 << 45, at: 24).settingBig(64, at: 36, count: 4)
    for index in 1..<64 { forged = forged.settingBig(file.big(at: l1, count: 8), at: l1 + index * 8) }
    let disk = try opened(forged)
    #expect(throws: ContainerError.usedTwice(offset: file.big(at: l1, count: 8) & (1 << 56 - 1))) {
      try disk.stream().survey(mostExtents: 100_000_000)
    }
  }

  @Test(
    "qcow2: numbers of a header that cannot be",
    arguments: [
      (20, 4, 8, ContainerError.damaged(.header, offset: 20)), (20, 4, 22, .damaged(.header, offset: 20)),
      (24, 8, 1 << 60, .tooLong(.length, byteCount: 1 << 60)),
      (36, 4, 0, .damaged(.header, offset: 36)), (36, 4, 1 << 31, .tooLong(.table, byteCount: 1 << 34)),
      (40, 8, 513, .damaged(.header, offset: 40)), (40, 8, 1 << 62, .cutOff(.table, offset: 1 << 62)),
      (24, 8, 0, .damaged(.length, offset: 0)),
    ] as [(Int, Int, UInt64, ContainerError)])
  func header(_ offset: Int, _ count: Int, _ value: UInt64, _ error: ContainerError) throws {
    let file = try Self.packed("-O qcow2", Array(Self.noise.prefix(65_536)))
    #expect(Self.error(reading: file.settingBig(value, at: offset, count: count)) == error)
  }

  @Test(
    "packed clusters that hold nonsense, or too little, are damage",
    arguments: ["-c -O qcow2", "-c -O qcow2 -o compression_type=zstd"])
  func packedDamage(_ options: String) throws {
    let file = try Self.packed(options, Self.noise.map { $0 & 15 })
    let cluster = Int(file.big(at: Self.tables(of: file).l2, count: 8) & (1 << 54 - 1))
    let empty: [UInt8] = options.contains("zstd") ? [0x28, 0xB5, 0x2F, 0xFD, 0, 0x58, 1, 0, 0] : [3, 0]
    for content in [[UInt8](repeating: 0xFF, count: 64), empty + [UInt8](repeating: 0xFF, count: 64)] {
      var broken = file
      broken.replaceSubrange(cluster..<cluster + content.count, with: content)
      #expect(Self.error(reading: broken) == .damaged(.data, offset: UInt64(cluster)))
    }
  }

  @Test("a grain that is packed with zlib has a checksum, and a place")
  func grain() throws {
    let file = try Self.packed("-O vmdk -o subformat=streamOptimized", Self.noise)
    let directory = Int(file.little(at: 56, count: 8)) * 512
    let table = Int(file.little(at: directory, count: 4)) * 512
    let grain = Int(file.little(at: table, count: 4)) * 512
    let length = Int(file.little(at: grain + 8, count: 4))
    var wrong = file
    wrong[grain + 12 + length - 1] ^= 1
    #expect(Self.error(reading: wrong) == .checksumWrong(.data, offset: UInt64(grain + 12)))
    #expect(
      Self.error(reading: file.settingLittle(1, at: grain)) == .damaged(.data, offset: UInt64(grain)))
    #expect(
      Self.error(reading: file.settingLittle(1 << 30, at: grain + 8, count: 4))
        == .damaged(.data, offset: UInt64(grain + 8)))
    var text = file
    text[75] = 0x0A
    #expect(Self.error(reading: text) == .damaged(.header, offset: 73))
  }

  @Test("VMDK: a stream has its header at the end, and without its end it was cut off")
  func stream() throws {
    let file = try Self.packed("-O vmdk -o subformat=streamOptimized", Self.noise)
    let zeros = [UInt8](repeating: 0, count: 512)
    let start =
      file.settingLittle(.max, at: 56) + [UInt8](repeating: 0, count: (512 - file.count % 512) % 512)
    let stream =
      start + zeros.settingLittle(1, at: 0).settingLittle(3, at: 12, count: 4) + file.prefix(512) + zeros
    #expect(try content(of: opened(stream)).bytes == Self.noise)
    let cut = Array(stream.dropLast(1))
    #expect(Self.error(reading: cut) == .cutOff(.footer, offset: UInt64(cut.count)))
  }

  @Test("VHD: footer and header have checksums, and the table leads into the file")
  func vhd() throws {
    let file = try Self.packed("-O vpc -o subformat=dynamic,force_size=on", Self.noise)
    let end = file.count - 512
    var wrong = file
    wrong[end + 100] ^= 1
    #expect(Self.error(reading: wrong) == .damaged(.footer, offset: UInt64(end)))
    wrong = file
    wrong[512 + 100] ^= 1
    #expect(Self.error(reading: wrong) == .checksumWrong(.header, offset: 512))
    let table = Int(file.big(at: 512 + 16, count: 8))
    #expect(
      Self.error(reading: file.settingBig(0xFFFF_FFF0, at: table, count: 4))
        == .cutOff(.data, offset: 0xFFFF_FFF0 * 512))
    #expect(Self.error(reading: file.settingBig(0, at: table, count: 4)) == .usedTwice(offset: 0))
  }

  @Test("VHD: sectors that the bitmap leaves out are zeros")
  func vhdBitmap() throws {
    let file = try Self.packed("-O vpc -o subformat=dynamic,force_size=on", Self.noise)
    let table = Int(file.big(at: 512 + 16, count: 8))
    let bitmap = Int(file.big(at: table, count: 4)) * 512
    var changed = file
    changed[bitmap] = 0b0111_1110
    changed[bitmap + 1] = 0
    var image = Self.noise
    for sector in [0, 7] + Array(8..<16) {
      image.replaceSubrange(sector * 512..<sector * 512 + 512, with: repeatElement(0, count: 512))
    }
    #expect(try content(of: opened(changed)).bytes == image)
  }

  @Test("VHDX: headers and regions have checksums, one of two is enough, and a journal is not carried out")
  func vhdx() throws {
    let file = try Self.packed("-O vhdx -o block_size=1M", Self.noise)
    let kibibyte = 1024
    for (copy, other) in [(64, 128), (192, 256)] {
      var wrong = file
      wrong[copy * kibibyte + 20] ^= 1
      #expect(try content(of: opened(wrong)).bytes == Self.noise)
      wrong[other * kibibyte + 20] ^= 1
      let part: ContainerPart = copy == 64 ? .header : .table
      #expect(Self.error(reading: wrong) == .checksumWrong(part, offset: UInt64(copy * kibibyte)))
    }
    var journal = file
    for start in [64 * kibibyte, 128 * kibibyte] {
      journal[start + 48] = 1
      let header = journal[start..<start + 4096]
      journal = journal.settingLittle(UInt64(castagnoli(Array(header))), at: start + 4, count: 4)
    }
    #expect(Self.error(reading: journal) == .needs(.journal))
  }

  @Test("VDI: blocks are used once, and lie in the file")
  func vdi() throws {
    let file = try Self.packed("-O vdi", [UInt8].random(2 << 20, seed: 4))
    let table = Int(file.little(at: 340, count: 4))
    #expect(
      Self.error(reading: file.settingLittle(0, at: table + 4, count: 4))
        == .usedTwice(offset: file.little(at: 344, count: 4)))
    let place = file.little(at: 344, count: 4) + 100 << 20
    #expect(
      Self.error(reading: file.settingLittle(100, at: table, count: 4)) == .cutOff(.data, offset: place))
    #expect(Self.error(reading: file.settingLittle(4, at: 76, count: 4)) == .needs(.parentFile))
  }

  /// CRC-32C bit by bit, the four bytes of the checksum itself as zeros.
  private func castagnoli(_ bytes: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    for (index, byte) in bytes.enumerated() {
      crc ^= UInt32((4..<8).contains(index) ? 0 : byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? 0x82F6_3B78 ^ crc >> 1 : crc >> 1 }
    }
    return ~crc
  }
}

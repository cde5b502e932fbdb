import BlockIO
import DiskFormats
import Testing

/// A floppy-sized FAT12 made by hand, so that every byte of damage is deliberate.
@Suite("FAT file systems")
struct FATTests {
  /// 2880 sectors, clusters of one sector, two tables of nine sectors, 224 root entries.
  static func floppy(_ change: (inout ByteWriter) -> Void = { _ in }) -> [UInt8] {
    var writer = ByteWriter(count: 2880 * 512)
    writer.put([0xEB, 0x3C, 0x90] + Array("MSDOS5.0".utf8), at: 0)
    writer.putLittleEndian(UInt16(512), at: 11)
    writer.put([1, 1, 0, 2, 224, 0, 0x40, 0x0B, 0xF0, 9, 0], at: 13)
    writer.put([0x29, 0x78, 0x56, 0x34, 0x12], at: 38)
    writer.put("STICK      FAT12   ".utf8, at: 43)
    writer.put([0x55, 0xAA], at: 510)
    writer.put([0xF0, 0xFF, 0xFF], at: 512)
    change(&writer)
    return writer.bytes
  }

  static let root = (1 + 18) * 512
  static func data(_ cluster: Int) -> Int { (33 + cluster - 2) * 512 }

  static func putEntry(
    _ writer: inout ByteWriter, _ name: String, attributes: UInt8 = 0x20, cluster: UInt16, size: UInt32,
    at place: Int
  ) {
    writer.put(name.utf8, at: place)
    writer.put([attributes], at: place + 11)
    writer.putLittleEndian(cluster, at: place + 26)
    writer.putLittleEndian(size, at: place + 28)
  }

  /// Packs a 12-bit entry into the first table.
  static func link(_ writer: inout ByteWriter, _ cluster: Int, to value: UInt16) {
    let place = 512 + cluster * 3 / 2
    let old = UInt16(writer.bytes[place]) | UInt16(writer.bytes[place + 1]) << 8
    let new = cluster % 2 == 0 ? old & 0xF000 | value : old & 0x000F | value << 4
    writer.putLittleEndian(new, at: place)
  }

  @Test("fields and what follows from them")
  func bootSector() throws {
    let volume = try FATVolume(Self.floppy())
    #expect(volume.boot.kind == .fat12)
    #expect(volume.boot.clusterCount == 2847)
    #expect(volume.boot.volumeID == 0x1234_5678)
    #expect(volume.boot.label == "STICK")
    #expect(volume.loader == .none)
    #expect(volume.truncatedBy == 0)
    #expect(BootCode(ByteReader(Array(Self.floppy()[..<512]))).kind == .fat)
  }

  @Test(
    "a field that forbids use is named",
    arguments: [(11, 513), (13, 3), (14, 0), (16, 0), (21, 0x10), (22, 0)])
  func invalidField(_ offset: Int, _ value: Int) {
    let image = Self.floppy { writer in
      if [11, 14, 22].contains(offset) {
        writer.putLittleEndian(UInt16(value), at: offset)
      } else {
        writer.put([UInt8(value)], at: offset)
      }
    }
    #expect(throws: FormatError.self) { try FATVolume(image) }
  }

  /// A FAT32 with clusters of one sector and tables long enough for all of them.
  private static func large(clusters: UInt32, flags: UInt16 = 0, version: UInt16 = 0) throws -> FATBootSector
  {
    var writer = ByteWriter(count: 512)
    let table = (clusters + 2) * 4 / 512 + 1
    writer.putLittleEndian(UInt16(512), at: 11)
    writer.put([1, 32, 0, 2], at: 13)
    writer.put([0xF8], at: 21)
    writer.putLittleEndian(32 + 2 * table + clusters, at: 32)
    writer.putLittleEndian(table, at: 36)
    writer.putLittleEndian(flags, at: 40)
    writer.putLittleEndian(version, at: 42)
    writer.putLittleEndian(UInt32(2), at: 44)
    return try FATBootSector(parsing: ByteReader(writer.bytes))
  }

  @Test("what EDK2 has against a FAT32 that kernels mount")
  func firmwareObjections() throws {
    #expect(try Self.large(clusters: 65_525).firmwareObjection == nil)
    #expect(try Self.large(clusters: 65_524).firmwareObjection == .fewClusters(65_524))
    #expect(try Self.large(clusters: 70_000, flags: 0x81).firmwareObjection == .notMirrored)
    #expect(try Self.large(clusters: 70_000, flags: 0x0F).firmwareObjection == nil)
    #expect(try Self.large(clusters: 70_000, version: 1).firmwareObjection == .version(1))
    #expect(try FATVolume(Self.floppy()).boot.firmwareObjection == nil)
    #expect(try FATVolume(Self.floppy { $0.put([0], at: 21) }).boot.firmwareObjection == .noMedia)
  }

  @Test("a file in three pieces is read across them, at any place")
  func fragmented() throws {
    let image = Self.floppy { writer in
      Self.putEntry(&writer, "DATA    BIN", cluster: 2, size: 1400, at: Self.root)
      Self.link(&writer, 2, to: 7)
      Self.link(&writer, 7, to: 5)
      Self.link(&writer, 5, to: 0xFFF)
      for (value, cluster) in [2, 7, 5].enumerated() {
        writer.put([UInt8](repeating: UInt8(value + 1), count: 512), at: Self.data(cluster))
      }
    }
    let volume = try FATVolume(image)
    let entry = try #require(try volume.entry(atPath: "\\data.BIN"))
    let file = try #require(try volume.file(entry))
    #expect(try file.bytes(at: 510, count: 4) == [1, 1, 2, 2])
    #expect(try file.bytes(at: 1000, count: 400).filter { $0 == 3 }.count == 376)
    #expect(throws: ByteReadError.self) { try file.bytes(at: 1399, count: 2) }
    #expect(try volume.contents(of: entry, upTo: 10_000)?.count == 1400)
    #expect(try volume.entry(atPath: "data.bin/more") == nil)
  }

  @Test("a directory whose clusters run in a circle is read once and called damaged")
  func directoryCircle() throws {
    let image = Self.floppy { writer in
      Self.putEntry(&writer, "EFI        ", attributes: 0x10, cluster: 2, size: 0, at: Self.root)
      Self.link(&writer, 2, to: 3)
      Self.link(&writer, 3, to: 2)
      for place in stride(from: Self.data(2), to: Self.data(4), by: 32) {
        Self.putEntry(&writer, "FILE    TXT", cluster: 0, size: 0, at: place)
      }
    }
    let volume = try FATVolume(image)
    let directory = try volume.directory(try #require(try volume.entry(atPath: "efi")))
    #expect(directory.damage != nil)
    #expect(directory.entries.count <= 96)
  }

  @Test("a directory that contains itself is followed only as deep as the path")
  func selfReference() throws {
    let image = Self.floppy { writer in
      Self.putEntry(&writer, "LOOP       ", attributes: 0x10, cluster: 2, size: 0, at: Self.root)
      Self.putEntry(&writer, "LOOP       ", attributes: 0x10, cluster: 2, size: 0, at: Self.data(2))
      Self.link(&writer, 2, to: 0xFFF)
    }
    #expect(try FATVolume(image).entry(atPath: "loop/loop/loop/loop")?.isDirectory == true)
  }

  @Test(
    "a file that runs in a circle, ends early or points outside is an error",
    arguments: [2, 0xFFF, 0xFE0, 0, 1])
  func brokenFile(_ link: UInt16) throws {
    let image = Self.floppy { writer in
      Self.putEntry(&writer, "DATA    BIN", cluster: 2, size: 100_000, at: Self.root)
      Self.link(&writer, 2, to: link)
    }
    let volume = try FATVolume(image)
    let entry = try #require(try volume.entry(atPath: "data.bin"))
    #expect(throws: FormatError.self) { try volume.file(entry) }
  }

  @Test("a chain ends at a cluster that the table calls free, unless no more is asked for")
  func freeCluster() throws {
    let image = Self.floppy { writer in
      Self.putEntry(&writer, "DATA    BIN", cluster: 2, size: 100, at: Self.root)
      Self.putEntry(&writer, "EFI        ", attributes: 0x10, cluster: 3, size: 0, at: Self.root + 32)
      Self.putEntry(&writer, "FILE    TXT", cluster: 0, size: 0, at: Self.data(3))
      Self.putEntry(&writer, "LONG    BIN", cluster: 4, size: 513, at: Self.root + 64)
    }
    let volume = try FATVolume(image)
    // EDK2 does not look at what stands behind the last cluster of a file.
    let file = try #require(try volume.entry(atPath: "data.bin"))
    #expect(try volume.file(file)?.byteCount == 100)
    let long = try #require(try volume.entry(atPath: "long.bin"))
    #expect(throws: FormatError.self) { try volume.file(long) }
    let directory = try volume.directory(try #require(try volume.entry(atPath: "efi")))
    #expect(directory.damage != nil && directory.entries.isEmpty)
  }

  @Test("a file longer than its volume is an error before the chain is walked")
  func hugeFile() throws {
    let image = Self.floppy { writer in
      Self.putEntry(&writer, "DATA    BIN", cluster: 2, size: .max, at: Self.root)
    }
    let volume = try FATVolume(image)
    let entry = try #require(try volume.entry(atPath: "data.bin"))
    #expect(throws: FormatError.self) { try volume.file(entry) }
  }

  @Test("a cut-off image says by how much and still lists what is there")
  func truncated() throws {
    let image = Self.floppy { writer in
      Self.putEntry(&writer, "STICK      ", attributes: 0x08, cluster: 0, size: 0, at: Self.root)
    }
    let volume = try FATVolume(Array(image[..<(Self.root + 512)]))
    #expect(volume.truncatedBy == UInt64(image.count - Self.root - 512))
    let directory = try volume.rootDirectory()
    #expect(directory.label == "STICK")
    #expect(directory.damage != nil)
  }

  @Test("a long name counts only with its checksum and all of its pieces")
  func longNames() throws {
    func image(checksum: UInt8) -> [UInt8] {
      Self.floppy { writer in
        writer.put([0x41], at: Self.root)
        for (index, unit) in Array("long.ü".utf16).enumerated() {
          writer.putLittleEndian(unit, at: Self.root + [1, 3, 5, 7, 9, 14][index])
        }
        writer.put([0x0F, 0, checksum], at: Self.root + 11)
        Self.putEntry(&writer, "LONG~1     ", cluster: 0, size: 0, at: Self.root + 32)
      }
    }
    var sum: UInt8 = 0
    for byte in "LONG~1     ".utf8 { sum = (sum >> 1 | sum << 7) &+ byte }
    #expect(try FATVolume(image(checksum: sum)).rootDirectory().entries.map(\.name) == ["long.ü"])
    #expect(try FATVolume(image(checksum: sum &+ 1)).rootDirectory().entries.map(\.name) == ["LONG~1"])
    #expect(try FATVolume(image(checksum: sum)).entry(atPath: "LONG.Ü") != nil)
  }

  @Test("mformat's program, which only reads the first hard disk", arguments: [0x3E, 0x5A])
  func hardDiskStub(_ offset: Int) throws {
    let program: [UInt8] = [
      0xFA, 0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xC0, 0xFC, 0xB9, 0x00, 0x01, 0xBE, 0x00, 0x7C, 0xBF, 0x00,
      0x80, 0xF3, 0xA5, 0xEA, UInt8(offset + 24), 0x00, 0x00, 0x08, 0xB8, 0x01, 0x02, 0xBB, 0x00, 0x7C,
      0xBA, 0x80, 0x00, 0xB9, 0x01, 0x00, 0xCD, 0x13, 0x72, 0x05, 0xEA, 0x00, 0x7C, 0x00, 0x00, 0xCD,
      0x19,
    ]
    #expect(try FATVolume(Self.floppy { $0.put(program, at: offset) }).loader == .hardDiskStub)
    // Many programs begin like it, and another drive may be the one that it was started from.
    let other = Array(program[..<30]) + [0xB2, 0x00] + Array(program[32...])
    #expect(try FATVolume(Self.floppy { $0.put(other, at: offset) }).loader == .unknown)
  }

  @Test(
    "what the boot sector starts",
    arguments: [
      ("This is not a bootable disk", BootSectorLoader.notBootableStub), ("SYSLINUX", .syslinux),
      ("BOOTMGR is missing", .bootmgr), ("NTLDR is missing", .ntldr), ("GRUB ", .grub),
      ("KERNEL  SYS", .freeDOS),
      ("nothing known", .unknown),
    ])
  func loaders(_ text: String, _ loader: BootSectorLoader) throws {
    let volume = try FATVolume(Self.floppy { $0.put(text.utf8, at: 0x100) })
    #expect(volume.loader == loader)
    #expect(volume.hasBootSignature)
  }

  @Test("a program that only shows a text is known by its code, whatever the text")
  func messages() throws {
    let linux: [UInt8] = [
      0x0E, 0x1F, 0xBE, 0x5B, 0x7C, 0xAC, 0x22, 0xC0, 0x74, 0x0B, 0x56, 0xB4, 0x0E, 0xBB, 0x07, 0x00,
      0xCD, 0x10, 0x5E, 0xEB, 0xF0, 0x32, 0xE4, 0xCD, 0x16, 0xCD, 0x19, 0xEB, 0xFE,
    ]
    let freeBSD: [UInt8] = [
      0xFA, 0x31, 0xC0, 0x8E, 0xD0, 0xBC, 0x00, 0x7C, 0xFB, 0x8E, 0xD8, 0xE8, 0x00, 0x00, 0x5E, 0x83,
      0xC6, 0x19, 0xBB, 0x07, 0x00, 0xFC, 0xAC, 0x84, 0xC0, 0x74, 0x06, 0xB4, 0x0E, 0xCD, 0x10, 0xEB,
      0xF5, 0x30, 0xE4, 0xCD, 0x16, 0xCD, 0x19,
    ]
    for code in [linux, freeBSD] {
      for (jump, start) in [(0x3C, 0x3E), (0x58, 0x5A)] as [(UInt8, Int)] {
        func loader(at offset: Int) throws -> BootSectorLoader {
          try FATVolume(
            Self.floppy {
              $0.put([0xEB, jump, 0x90], at: 0)
              $0.put(code + Array("GRUB is not here".utf8), at: offset)
            }
          ).loader
        }
        #expect(try loader(at: start) == .notBootableStub)
        #expect(try loader(at: start + 0x60) == .grub)
      }
    }
  }

  @Test("version 3 of SYSLINUX has the number of its sector at the end of the boot sector")
  func syslinux3() {
    var sector = [UInt8](repeating: 0, count: 512)
    sector.replaceSubrange(
      0x120..<0x133,
      with: [
        0x66, 0xA1, 0xF8, 0x7D, 0xBB, 0x00, 0x7E, 0xE8, 0x0E, 0, 0x66, 0x81, 0x3E, 0x08, 0x7E, 1, 2, 3, 4,
      ])
    sector[0x1F8] = 77
    let found = SYSLINUXBootSector(ByteReader(sector))
    #expect(found?.sector == 77 && found?.markOffset == 8 && found?.mark == 0x0403_0201)
    sector[0x121] = 0xA2
    #expect(SYSLINUXBootSector(ByteReader(sector)) == nil)
  }

  @Test("which file a boot sector starts stands in it, or is not known")
  func loaderFiles() {
    func files(_ loader: BootSectorLoader, _ text: String) -> [String] {
      loader.files(namedIn: ByteReader(Self.floppy { $0.put(text.utf8, at: 0x100) }))
    }
    #expect(files(.bootmgr, "BOOTMGR    ").first == "BOOTMGR")
    #expect(files(.dos, "IBMBIO  COM").first == "IBMBIO.COM")
    #expect(files(.freeDOS, "METAKERNSYS").isEmpty)
    #expect(files(.ntldr, "NTLDR is missing").isEmpty)
    #expect(files(.syslinux, "BOOTMGR    ").isEmpty)
  }
}

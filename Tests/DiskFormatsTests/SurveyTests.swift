import BlockIO
import DiskFormats
import FuzzTargets
import Testing

/// Volumes made by hand, so that every field and every byte of damage is deliberate.
@Suite("Surveys of file systems")
struct SurveyTests {
  @Test("days and seconds agree in both directions, across leap years and before 1970")
  func civilTime() {
    let days: [(Int64, Int, Int, Int)] = [
      (0, 1970, 1, 1), (951_782_400, 2000, 2, 29), (951_868_800, 2000, 3, 1), (-1, 1969, 12, 31),
      (1_709_204_402, 2024, 2, 29), (4_107_542_400, 2100, 3, 1), (-2_082_844_800, 1904, 1, 1),
    ]
    for (seconds, year, month, day) in days {
      let time = CivilTime(secondsSince1970: seconds)
      #expect([time.year, time.month, time.day] == [year, month, day])
    }
    for day in stride(from: Int64(-700_000), to: 2_900_000, by: 97) {
      let time = CivilTime(secondsSince1970: day * 86_400 + 86_399)
      #expect(CivilTime.seconds(year: time.year, month: time.month, day: time.day) == day * 86_400)
    }
    #expect(CivilTime.seconds(dosDate: 0, time: 0) == nil)
    #expect(CivilTime(secondsSince1970: .min).year < 0)
    #expect(CivilTime(secondsSince1970: .max).year > 0)
  }

  @Test("ext: by extents and by block map, down to the second level", arguments: [true, false])
  func ext(hasExtents: Bool) throws {
    let volume = try ExtVolume(SurveyImages.ext(hasExtents: hasExtents))
    #expect(volume.usedByteCount == 14 * 1024)
    #expect(volume.lastWritten == 1_700_000_000)
    let root = try volume.rootEntries()
    #expect(root.map(\.name) == ["DCIM"])
    #expect(try volume.entries(of: try #require(root.first)).map(\.name) == ["a.jpg"])
  }

  @Test("exFAT: the bitmap counts, dates know their zone")
  func exfat() throws {
    let volume = try ExFATVolume(SurveyImages.exfat())
    #expect(volume.usedByteCount == 3 * 512)
    let root = try volume.rootEntries()
    #expect(root.map(\.name) == ["DCIM"])
    #expect(root.map(\.modified) == [1_709_204_402])
    #expect(root.first?.isDirectory == true)
    // Without a bitmap that can be read there is what the boot sector says: 99 percent.
    var image = SurveyImages.exfat()
    image[17 * 512] = 1
    #expect(try ExFATVolume(image).usedByteCount == 16 * 512 / 100 * 99)
  }

  @Test("NTFS: records with their update sequence, resident and not")
  func ntfs() throws {
    let volume = try NTFSVolume(SurveyImages.ntfs())
    #expect(volume.usedByteCount == 12 * 512)
    let root = try volume.rootEntries()
    #expect(root.map(\.name) == ["DCIM"])
    #expect(root.map(\.modified) == [1_709_204_402])
    #expect(try volume.entries(of: try #require(root.first)).map(\.name) == ["a.jpg"])
    // A sector that was not written with the others.
    var image = SurveyImages.ntfs()
    image[4 * 512 + 5 * 1024 + 510] ^= 1
    #expect(throws: FormatError.self) { try NTFSVolume(image).rootEntries() }
  }

  @Test("an extent tree that points to itself ends")
  func extentCircle() throws {
    var image = SurveyImages.ext(hasExtents: true)
    // The root's tree becomes an index whose child, block 7, is an index of itself.
    let map = 3 * 1024 + 128 + 40
    let node: [UInt8] = [0x0A, 0xF3, 1, 0, 4, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0]
    image.replaceSubrange(map..<(map + node.count), with: node)
    image.replaceSubrange(7168..<(7168 + node.count), with: node)
    #expect(throws: FormatError.self) { try ExtVolume(image).rootEntries() }
  }

  @Test("superblocks of HFS+, APFS, XFS and btrfs, by their fields")
  func superblocks() throws {
    func facts(_ make: (inout ByteWriter) -> Void) throws -> SuperblockFacts? {
      var writer = ByteWriter(count: 0x12000)
      make(&writer)
      return try SuperblockFacts(reading: writer.bytes)
    }
    let hfs = try facts {
      $0.put("H+".utf8, at: 1024)
      for (offset, value) in [(20, UInt32(2_082_844_900)), (40, 4096), (44, 100), (48, 90)] {
        $0.putBigEndian(value, at: 1024 + offset)
      }
    }
    #expect(hfs == SuperblockFacts(usedByteCount: 40_960, lastWritten: 100))
    let xfs = try facts {
      $0.put("XFSB".utf8, at: 0)
      $0.putBigEndian(UInt32(4096), at: 4)
      $0.putBigEndian(UInt64(1000), at: 8)
      $0.putBigEndian(UInt64(400), at: 144)
    }
    #expect(xfs == SuperblockFacts(usedByteCount: 600 * 4096))
    for blocks in [UInt64(0), 1] {
      let apfs = try facts {
        $0.put("NXSB".utf8, at: 32)
        $0.putLittleEndian(blocks, at: 1304)
      }
      #expect(apfs == SuperblockFacts(hasKeys: blocks > 0))
    }
    #expect(try facts { _ in } == nil)
  }
}

import BlockIO
import DiskFormats
import FuzzTargets
import Testing

@Suite("El Torito") struct ElToritoTests {
  private func catalog(
    platform: UInt8 = 0, _ slots: [ISOImageBuilder.CatalogSlot]
  ) throws -> ElToritoCatalog {
    var builder = ISOImageBuilder()
    builder.catalogPlatform = platform
    builder.catalog = slots
    builder.add("BOOT.IMG", [UInt8](repeating: 1, count: 2048))
    builder.add("EFI.IMG", [UInt8](repeating: 2, count: 4096))
    let image = builder.build()
    let lba = try #require(try VolumeDescriptorSet(reading: image).bootCatalogLBA)
    return try ElToritoCatalog(reading: image, lba: lba)
  }

  @Test("a BIOS entry and a UEFI section, as every hybrid has them")
  func twoPlatforms() throws {
    let catalog = try catalog([
      .entry(path: "BOOT.IMG"), .header(0x91, platform: 0xEF, count: 1),
      .entry(sectorCount: 8, path: "EFI.IMG"),
    ])
    #expect(catalog.isChecksumValid)
    #expect(catalog.anomalies == [])
    #expect(catalog.entries.map(\.platform) == [.bios, .uefi])
    #expect(catalog.entries.map(\.isBootable) == [true, true])
    #expect(catalog.entries.map(\.sectorCount) == [4, 8])
    #expect(catalog.entries[1].loadLBA == catalog.entries[0].loadLBA + 1)
  }

  @Test("UEFI alone stands in the validation entry")
  func onlyUEFI() throws {
    let catalog = try catalog(platform: 0xEF, [.entry(sectorCount: 0, path: "EFI.IMG")])
    #expect(catalog.entries.map(\.platform) == [.uefi])
  }

  @Test(
    "emulations", arguments: zip([1, 2, 3, 4, 7] as [UInt8], [1_228_800, 1_474_560, 2_949_120, nil, nil]))
  func emulations(_ media: UInt8, _ byteCount: UInt64?) throws {
    let entry = try #require(try catalog([.entry(media: media | 0x40, path: "BOOT.IMG")]).entries.first)
    #expect(entry.emulation.floppyByteCount == byteCount)
    #expect(entry.emulation != .none)
  }

  @Test("a last header that promises another, an entry too many and one too few are told")
  func tolerance() throws {
    let more = try catalog([
      .entry(path: "BOOT.IMG"), .header(0x90, platform: 0xEF, count: 0), .entry(path: "EFI.IMG"),
    ])
    #expect(Set(more.anomalies) == [.missingLastHeader, .wrongEntryCount])
    #expect(more.entries.map(\.platform) == [.bios, .uefi])
    let fewer = try catalog([
      .entry(path: "BOOT.IMG"), .header(0x91, platform: 0xEF, count: 9), .entry(path: "EFI.IMG"),
    ])
    #expect(fewer.anomalies == [.wrongEntryCount])
    #expect(fewer.entries.count == 2)
  }

  @Test("extensions are passed over, entries that are not bootable are kept as such")
  func extensions() throws {
    let catalog = try catalog([
      .entry(indicator: 0, path: "BOOT.IMG"), .header(0x91, platform: 0xEF, count: 2),
      .entry(media: 0x20, path: "EFI.IMG"), .raw([0x44, 0x20]), .raw([0x44, 0]),
      .entry(indicator: 0, path: "BOOT.IMG"),
    ])
    #expect(catalog.entries.map(\.isBootable) == [false, true, false])
    #expect(catalog.anomalies == [])
  }

  @Test("a wrong checksum, a foreign platform and a spoilt validation entry are anomalies")
  func validation() throws {
    var builder = ISOImageBuilder()
    builder.catalogPlatform = 0x80
    builder.catalog = [.entry(path: "20")]
    var image = builder.build()
    image[20 * 2048 + 28] ^= 1
    image[20 * 2048 + 30] = 0
    let catalog = try ElToritoCatalog(reading: image, lba: 20)
    #expect(!catalog.isChecksumValid)
    #expect(Set(catalog.anomalies) == [.badChecksum, .badValidationEntry, .unknownPlatform(0x80)])
  }

  @Test("a catalog behind the end is an error with its place")
  func beyondEnd() {
    #expect(throws: FormatError.outOfBounds(offset: 2048 * 1000, count: 64)) {
      try ElToritoCatalog(reading: [UInt8](repeating: 0, count: 4096), lba: 1000)
    }
  }

  @Test("an endless catalog ends")
  func endless() throws {
    let slots = [ISOImageBuilder.CatalogSlot](repeating: .entry(path: "BOOT.IMG"), count: 40)
    var image = [UInt8](repeating: 0, count: 2048)
    image = image + (0..<4096).flatMap { _ in [0x88] + [UInt8](repeating: 0, count: 31) }
    let catalog = try ElToritoCatalog(reading: image, lba: 1)
    #expect(catalog.entries.count == ElToritoCatalog.entryLimit - 1)
    #expect(catalog.anomalies.contains(.tooManyEntries))
    #expect(try self.catalog(slots).entries.count == 40)
  }
}

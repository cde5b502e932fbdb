import DiskFormats

/// A small image like those of distributions: isolinux's hybrid code, an ESP in the MBR, El Torito for both.
public enum HybridImage {
  /// The pieces, to be changed by tests before they are put together.
  public static func builder(joliet: Bool = true) -> ISOImageBuilder {
    // What the boot info table says does not change where the files lie.
    let block = pieces(joliet: joliet, isolinuxBlock: 0).block(of: "isolinux/isolinux.bin")
    var builder = pieces(joliet: joliet, isolinuxBlock: block)
    builder.systemArea = bootSector(builder)
    return builder
  }

  /// Everything but the boot sector.
  private static func pieces(joliet: Bool, isolinuxBlock: UInt32) -> ISOImageBuilder {
    var builder = ISOImageBuilder()
    builder.hasJoliet = joliet
    builder.catalog = [
      .entry(path: "isolinux/isolinux.bin"), .header(0x91, platform: 0xEF, count: 1),
      .entry(sectorCount: 64, path: "boot/efi.img"),
    ]
    var isolinux = [UInt8](repeating: 0x90, count: 2048)
    isolinux.replaceSubrange(8..<16, with: little(16) + little(isolinuxBlock))
    isolinux.replaceSubrange(64..<68, with: [0xFB, 0xC0, 0x78, 0x70])
    builder.add("isolinux/isolinux.bin", isolinux)
    var volume = FATImageBuilder()
    volume.add("BOOTX64.EFI", program)
    builder.add("boot/efi.img", volume.build())
    builder.add("EFI/BOOT/BOOTX64.EFI", program)
    return builder
  }

  /// The whole image.
  public static func build() -> [UInt8] { builder().build() }

  /// A program for x64 with two signatures.
  public static var program: [UInt8] { FuzzTarget.pe.seeds().first ?? [] }

  private static func bootSector(_ builder: ISOImageBuilder) -> [UInt8] {
    var code = [UInt8](repeating: 0x90, count: 440)
    code.replaceSubrange(0..<2, with: [0x33, 0xED])
    code.replaceSubrange(64..<72, with: Array("isolinux".utf8))
    code.replaceSubrange(432..<436, with: little(builder.block(of: "isolinux/isolinux.bin") * 4))
    let blocks = UInt32(builder.build().count / 512)
    let record = MasterBootRecord(
      bootCode: code,
      entries: [
        MasterBootRecord.Entry(index: 1, status: 0x80, startLBA: 0, sectorCount: blocks),
        MasterBootRecord.Entry(
          index: 2, type: 0xEF, startLBA: builder.block(of: "boot/efi.img") * 4, sectorCount: 64),
      ])
    return record.serialised()
  }
}

import BlockIO
import DiskFormats
import FuzzTargets
import ImageInspector
import TestSupport
import Testing

extension InspectionTests {
  @Test("what boots by the protocol of Linux, like memdisk and vmlinuz, is for a boot loader")
  func kernel() throws {
    var image = [UInt8](repeating: 0, count: 64 << 10)
    // The length of the kernel lies where the fourth entry of a partition table would be.
    image.overwrite(at: 0x1F1, with: [0x27, 0x01, 0x00, 0x20, 0xD8, 0x07])
    image.overwrite(at: 0x1FA, with: [0xFF, 0xFF])
    image.overwrite(at: 510, with: [0x55, 0xAA, 0xEB, 0x6A] + Array("HdrS".utf8))
    for start in [[], Array("MZ".utf8)] as [[UInt8]] {
      image.overwrite(at: 0, with: start)
      let report = try ImageInspector.inspect(image)
      #expect(report.kind == .unknown && report.content == "linux-kernel")
      #expect(report.verdict == .refuse)
      #expect(report.findings.map(\.id) == ["not-an-image"])
      #expect(report.findings[0].text.contains("A boot loader starts it"))
    }
    // memtest86+ has a boot sector of its own in front.
    image.overwrite(at: 0, with: [0xEA, 0x05, 0x00, 0xC0, 0x07])
    image.overwrite(at: 0x1C0, with: Array("Memtest86+".utf8))
    let memtest = try ImageInspector.inspect(image)
    #expect(memtest.kind == .disk && memtest.mbr?.loader == "memtest")
    #expect(memtest.boots.stickBIOS.value == .unknown)
  }

  @Test("a disk whose second block looks like a kernel stays a disk")
  func diskWithKernel() throws {
    var image = mbrDisk(FATImageBuilder(), type: 0x0C)
    image.overwrite(at: 0x202, with: Array("HdrS".utf8))
    #expect(try ImageInspector.inspect(image).kind == .disk)
  }

  @Test("the first file system of a kernel, by itself and compressed, is no image")
  func initrd() throws {
    var archive = Array("070701".utf8) + [UInt8](repeating: 0x30, count: 1018)
    for _ in 0..<2 {
      for file in [archive, gzip(archive)] {
        let report = try ImageInspector.inspect(file)
        #expect(report.content == "cpio" && report.verdict == .refuse)
        #expect(report.findings.map(\.id) == ["not-an-image"])
        #expect(report.findings[0].text.contains("(initrd)"))
      }
      // By chance.
      archive.overwrite(at: 510, with: [0x55, 0xAA])
    }
  }

  @Test("the first part of a zip in several says how to join them")
  func firstPart() throws {
    let part: [UInt8] = [0x50, 0x4B, 7, 8, 0x50, 0x4B, 3, 4] + [UInt8](repeating: 7, count: 1000)
    let report = try ImageInspector.inspect(part)
    #expect(report.kind == .compressed && report.verdict == .decompress)
    #expect(report.findings[0].text.contains("zip -s 0"))
  }

  @Test(
    "a program that unpacks itself is to be unpacked",
    arguments: [
      [0x50, 0x4B, 3, 4], [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], [0x52, 0x61, 0x72, 0x21, 0x1A, 0x07],
      Array(";!@Install@!UTF-8!".utf8) + [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C],
    ] as [[UInt8]])
  func selfExtracting(_ archive: [UInt8]) throws {
    let program = HybridImage.program
    let end = try Int(PortableExecutable.endOfSections(in: program))
    let stub = Array((program + [UInt8](repeating: 0, count: 4096)).prefix(end))
    let report = try ImageInspector.inspect(stub + archive + [UInt8](repeating: 7, count: 1000))
    #expect(report.content == "self-extracting" && report.verdict == .refuse)
    #expect(report.findings.map(\.id) == ["not-an-image"])
    #expect(report.findings[0].text.contains("7z x"))
    #expect(try ImageInspector.inspect(stub + [UInt8](repeating: 7, count: 1000)).content == "pe")
  }

  @Test("an active partition with a partition table and no code has no boot sector")
  func tableWithoutCode() throws {
    let code: [UInt8] = [0x33, 0xC0, 0xFA, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC] + Array("Multiple active".utf8)
    let inside = mbrDisk(FATImageBuilder(), type: 0x0C)
    let image = mbrDisk(holding: inside, status: 0x80, code: code)
    let answer = try ImageInspector.inspect(image).boots.stickBIOS
    #expect(answer.value == .no)
    #expect(answer.evidence.contains("which has no boot sector"))
  }

  @Test("GRUB legacy's stage1 with the next stage behind it, and without")
  func grubLegacy() throws {
    var image = [UInt8](repeating: 0, count: 64 << 10)
    image.overwrite(at: 0, with: [0xEB, 0x48, 0x90])
    image.overwrite(at: 0x3E, with: [3, 2, 0xFF, 0, 0, 0x80, 1, 0, 0, 0])
    image.overwrite(at: 0x17F, with: Array("GRUB \0Geom\0Hard Disk\0Read\0 Error".utf8))
    image.overwrite(at: 510, with: [0x55, 0xAA])
    let bare = try ImageInspector.inspect(image)
    #expect(bare.mbr?.loader == "grub-legacy" && bare.boots.stickBIOS.value == .no)
    image.overwrite(at: 512, with: [0x52] + Array("Loading stage2\0.\0\r\n\0Geom".utf8))
    image.overwrite(at: 1024 - 8, with: [2, 0, 0, 0, 0xE9, 0, 0x20, 8])
    #expect(try ImageInspector.inspect(image).boots.stickBIOS.value == .yes)
  }

  @Test("grub4dos's code with the rest of it and GRLDR, and without one or the other")
  func grub4DOS() throws {
    let code: [UInt8] = [0xEB, 0x5E, 0x90] + [UInt8](repeating: 0, count: 0x93)
    let mark: [UInt8] = [0xBB, 0xFC, 0x1F, 0x66, 0xB8, 0x47, 0x52, 0x55, 0xAA]
    var volume = FATImageBuilder()
    func answer(hasRest: Bool) throws -> ImageReport.BootVerdicts.Answer.Value {
      var image = mbrDisk(
        holding: volume.build(), status: 0x80, type: 0x0C,
        code: code + mark + Array("Missing helper.".utf8))
      if hasRest { image.overwrite(at: 0x1FFC, with: Array(mark.suffix(4))) }
      let report = try ImageInspector.inspect(image)
      #expect(report.mbr?.loader == "grub4dos-mbr")
      return report.boots.stickBIOS.value
    }
    #expect(try answer(hasRest: true) == .unknown)
    volume.addToRoot("GRLDR")
    #expect(try answer(hasRest: true) == .yes)
    #expect(try answer(hasRest: false) == .no)
  }
}

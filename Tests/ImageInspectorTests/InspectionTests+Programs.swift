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
    image.overwrite(at: 1024 - 8, with: [2, 0, 0, 0, 0x40, 0, 0x20, 8])
    let alone = try ImageInspector.inspect(image).boots.stickBIOS
    #expect(alone.value == .no && alone.evidence.contains("nothing but zeroes"))
    image.overwrite(at: 1024, with: [0xEA])
    #expect(try ImageInspector.inspect(image).boots.stickBIOS.value == .yes)
    image.overwrite(at: 1024 - 16, with: [0x66, 0, 0, 0, 0x20, 0, 0x20, 16])
    let astray = try ImageInspector.inspect(image).boots.stickBIOS
    #expect(astray.value == .no && astray.evidence.contains("behind the end"))
  }

  /// GRUB's boot.img, whose core begins at block 1 and goes on with this list.
  private func grubDisk(list: [UInt8]) -> [UInt8] {
    var image = [UInt8](repeating: 0, count: 64 << 10)
    image.overwrite(at: 0, with: [0xEB, 0x63])
    image.overwrite(at: 0x5C, with: [1])
    image.overwrite(at: 0x180, with: Array("GRUB \0Geom\0Hard Disk\0Read\0 Error".utf8))
    image.overwrite(at: 510, with: [0x55, 0xAA, 0x52] + Array("loading\0.\0\r\n\0Geom".utf8))
    image.overwrite(at: 1024 - list.count, with: list)
    return image
  }

  @Test("an installed GRUB whose core is there but for its first sector, and one that looks for it elsewhere")
  func grubCore() throws {
    let first: [UInt8] = [2, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0x20, 8]
    var image = grubDisk(list: first)
    #expect(try ImageInspector.inspect(image).boots.stickBIOS.value == .no)
    image.overwrite(at: 1024, with: [0xEA])
    #expect(try ImageInspector.inspect(image).boots.stickBIOS.value == .yes)
    for start in [[0x7F, 0, 0, 0, 0, 0, 0, 0], [UInt8](repeating: 0xFF, count: 8)] as [[UInt8]] {
      var other = grubDisk(list: start + [2, 0, 0x20, 16] + first)
      other.overwrite(at: 1024, with: [0xEA])
      let answer = try ImageInspector.inspect(other).boots.stickBIOS
      #expect(answer.value == .no && answer.evidence.contains("behind the end"))
    }
  }

  @Test("GRUB in the active partition counts from the beginning of the disk")
  func grubInPartition() throws {
    let content = Array(grubDisk(list: []).prefix(512)) + [UInt8](repeating: 0, count: 63 * 512)
    var image = mbrDisk(holding: content, status: 0x80, code: Self.mbrBin)
    #expect(try ImageInspector.inspect(image).boots.stickBIOS.value == .no)
    image.overwrite(at: 512, with: [1])
    #expect(try ImageInspector.inspect(image).boots.stickBIOS.value == .unknown)
    image.overwrite(at: 512, with: [0x52] + Array("loading\0.\0\r\n\0Geom".utf8))
    #expect(try ImageInspector.inspect(image).boots.stickBIOS.value == .yes)
  }

  /// As much of syslinux's mbr.bin as it is known by.
  private static var mbrBin: [UInt8] {
    [0x33, 0xC0, 0xFA, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC] + Array("Multiple active".utf8)
  }

  /// Windows's program, as much as it is known by.
  private static var windowsCode: [UInt8] {
    [0x33, 0xC0, 0x8E, 0xD0, 0xBC, 0x00, 0x7C] + Array("Invalid partition table".utf8)
  }

  @Test("mbr.bin goes along the logical partitions, and no other program does")
  func activeLogicalPartition() throws {
    func value(_ code: [UInt8], status: UInt8) throws -> ImageReport.BootVerdicts.Answer.Value {
      let logical = MasterBootRecord.Entry(index: 1, status: status, type: 0x83, startLBA: 2, sectorCount: 8)
      var content = MasterBootRecord(entries: [logical]).serialised()
      content += [UInt8](repeating: 0, count: 63 * 512)
      content.overwrite(at: 1024, with: [UInt8](repeating: 0xB8, count: 510) + [0x55, 0xAA])
      return try ImageInspector.inspect(mbrDisk(holding: content, type: 0x05, code: code)).boots.stickBIOS
        .value
    }
    #expect(try value(Self.mbrBin, status: 0x80) == .yes)
    #expect(try value(Self.mbrBin, status: 0) == .no)
    #expect(try value(Self.windowsCode, status: 0x80) == .no)
  }

  @Test("a chain of logical partitions without an end comes to one")
  func endlessLogicalPartitions() throws {
    let link = MasterBootRecord.Entry(index: 1, type: 0x05, startLBA: 0, sectorCount: 8)
    let content = MasterBootRecord(entries: [link, link]).serialised() + [UInt8](repeating: 0, count: 512)
    let report = try ImageInspector.inspect(mbrDisk(holding: content, type: 0x05, code: Self.mbrBin))
    #expect(report.boots.stickBIOS.value == .no)
  }

  @Test("isolinux.bin from version 5 on needs ldlinux.c32, wherever on the disc that is")
  func ldlinux() throws {
    func value(version: String, file: String? = nil) throws -> ImageReport.BootVerdicts.Answer.Value {
      var builder = HybridImage.builder()
      let place = Int(builder.block(of: "isolinux/isolinux.bin")) * 2048
      var image = builder.build()
      if let file {
        builder.add(file, [1])
        image = builder.build()
      }
      image.overwrite(at: place + 0x400, with: Array("ISOLINUX \(version)".utf8))
      return try ImageInspector.inspect(image).boots.stickBIOS.value
    }
    #expect(try value(version: "6.04") == .no)
    #expect(try value(version: "4.05") == .yes)
    #expect(try value(version: "6.04", file: "isolinux/ldlinux.c32") == .yes)
    #expect(try value(version: "6.04", file: "EFI/BOOT/ldlinux.c32") == .yes)
  }

  @Test("mbr.bin does not look at the length of a partition")
  func activeEmptyEntry() throws {
    let content = [UInt8](repeating: 0xB8, count: 510) + [0x55, 0xAA]
    var image = mbrDisk(holding: content, status: 0x80, code: Self.mbrBin)
    image.overwrite(at: 446 + 12, with: [0, 0, 0, 0])
    #expect(try ImageInspector.inspect(image).boots.stickBIOS.value == .yes)
  }

  @Test("an active partition that begins with the boot code itself, or with another copy of such code")
  func againTheSame() throws {
    for code in [Self.mbrBin, Self.windowsCode] {
      var copy = MasterBootRecord(bootCode: Self.mbrBin).serialised()
      copy.overwrite(at: 0x80, with: [0xB8])
      let again = try ImageInspector.inspect(mbrDisk(holding: copy, status: 0x80, code: code))
      #expect(again.boots.stickBIOS.value == .no)
      #expect(again.boots.stickBIOS.evidence.contains("of its own"))
      var image = mbrDisk(holding: copy, status: 0x80, code: code)
      image.overwrite(at: 446 + 8, with: [0])
      let answer = try ImageInspector.inspect(image).boots.stickBIOS
      #expect(answer.value == .no && answer.evidence.contains("for ever"))
    }
  }

  /// A FAT with SYSLINUX's boot sector, which finds ldlinux.sys in sector 60.
  private func syslinuxVolume(hidden: UInt8 = 0) -> [UInt8] {
    var content = FATImageBuilder().build()
    content.overwrite(at: 3, with: Array("SYSLINUX".utf8))
    content.overwrite(at: 28, with: [hidden])
    content.overwrite(
      at: 0x118,
      with: [
        0x66, 0xB8, 60, 0, 0, 0, 0x66, 0xBA, 0, 0, 0, 0, 0xBB, 0, 0x80, 0xE8, 0x0E, 0, 0x66, 0x81, 0x3E, 0x1C,
        0x80, 0x71, 0x0F, 0x74, 0x5E,
      ])
    content.overwrite(at: 60 * 512 + 0x1C, with: [0x71, 0x0F, 0x74, 0x5E])
    return content
  }

  @Test("SYSLINUX's boot sector finds ldlinux.sys, or does not")
  func syslinux() throws {
    var content = syslinuxVolume()
    func values() throws -> [ImageReport.BootVerdicts.Answer.Value] {
      try [content, mbrDisk(holding: content, status: 0x80, type: 0x0C, code: Self.mbrBin)].map {
        try ImageInspector.inspect($0).boots.stickBIOS.value
      }
    }
    #expect(try values() == [.yes, .yes])
    content.overwrite(at: 60 * 512 + 0x1C, with: [0])
    #expect(try values() == [.no, .no])
    content.overwrite(at: 0x11A, with: [0, 0, 1])
    #expect(try values() == [.no, .no])
    // Code that is not known.
    content.overwrite(at: 0x118, with: [0])
    #expect(try values() == [.unknown, .unknown])
  }

  @Test("a partition by itself: SYSLINUX counts from where the partition was, and of others it is not known")
  func partitionAlone() throws {
    let alone = try ImageInspector.inspect(syslinuxVolume(hidden: 64)).boots.stickBIOS
    #expect(alone.value == .no && alone.evidence.contains("block 64"))
    func value(_ content: [UInt8], _ code: [UInt8]) throws -> ImageReport.BootVerdicts.Answer.Value {
      let image = mbrDisk(holding: content, status: 0x80, type: 0x0C, code: code)
      return try ImageInspector.inspect(image).boots.stickBIOS.value
    }
    // mbr.bin tells it where the partition is.
    #expect(try value(syslinuxVolume(hidden: 7), Self.mbrBin) == .yes)
    #expect(try value(syslinuxVolume(hidden: 64), Self.windowsCode) == .yes)
    #expect(try value(syslinuxVolume(hidden: 7), Self.windowsCode) == .unknown)
    var volume = FATImageBuilder()
    volume.addToRoot("BOOTMGR")
    var content = volume.build()
    content.overwrite(at: 38, with: [0x29])
    content.overwrite(at: 0x100, with: Array("BOOTMGR    ".utf8))
    #expect(try value(content, Self.windowsCode) == .unknown)
    #expect(try ImageInspector.inspect(content).boots.stickBIOS.value == .yes)
    content.overwrite(at: 28, with: [64])
    #expect(try value(content, Self.windowsCode) == .yes)
    #expect(try ImageInspector.inspect(content).boots.stickBIOS.value == .unknown)
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

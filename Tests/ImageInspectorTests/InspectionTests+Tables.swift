import BlockIO
import DiskFormats
import FuzzTargets
import ImageInspector
import Synchronization
import SystemPackage
import TestSupport
import Testing

extension InspectionTests {
  /// A disk with one partition from block 64 on, which holds these bytes.
  func mbrDisk(
    holding content: [UInt8], status: UInt8 = 0, type: UInt8 = 0x83, code: [UInt8] = []
  ) -> [UInt8] {
    let entry = MasterBootRecord.Entry(
      index: 1, status: status, type: type, startLBA: 64, sectorCount: UInt32(content.count / 512))
    let record = MasterBootRecord(bootCode: code, entries: [entry]).serialised()
    return record + [UInt8](repeating: 0, count: 63 * 512) + content
  }

  @Test("a partition with a disk or a disc inside, into which EDK2 looks")
  func nested() throws {
    var volume = FATImageBuilder()
    volume.add("BOOTX64.EFI", HybridImage.program)
    let disc = HybridImage.build()
    for content in [mbrDisk(volume, type: 0xEF), try disk(), Array(disc)] {
      let boots = try ImageInspector.inspect(mbrDisk(holding: content)).boots
      #expect(boots.stickUEFI.value == .unknown)
      #expect(boots.stickUEFI.evidence.contains("partition 1 holds"))
      #expect(boots.secureBoot.value == .unknown)
    }
    var bare = HybridImage.builder()
    bare.systemArea = []
    #expect(try ImageInspector.inspect(mbrDisk(holding: bare.build())).boots.stickUEFI.value == .unknown)
    bare.catalog = []
    #expect(try ImageInspector.inspect(mbrDisk(holding: bare.build())).boots.stickUEFI.value == .no)
  }

  @Test("a partition with a GPT of which only the copy is left, and a frame with a disk in place of a chain")
  func nestedOddly() throws {
    var copyOnly = try disk()
    copyOnly.overwrite(at: 512, with: [UInt8](repeating: 0, count: 512))
    for image in [mbrDisk(holding: copyOnly), mbrDisk(holding: try disk(), type: 0x05)] {
      #expect(try ImageInspector.inspect(image).boots.stickUEFI.value == .unknown)
    }
  }

  /// A disk with a GPT of 200 partitions of Linux, but the 150th of this type: it holds a FAT with a loader.
  private func disk(_ type: GUID) -> [UInt8] {
    var volume = FATImageBuilder()
    volume.add("BOOTX64.EFI", HybridImage.program)
    let content = volume.build()
    var entries = (1...200).map { index in
      GPTEntry(
        index: index, typeGUID: .linuxData,
        uniqueGUID: GUID(first: UInt32(index), second: 0, third: 0, rest: 1),
        firstLBA: 2000 + UInt64(index), lastLBA: 2000 + UInt64(index))
    }
    entries[149].typeGUID = type
    entries[149].firstLBA = 1000
    entries[149].lastLBA = 999 + UInt64(content.count / 512)
    let array = entries.flatMap { $0.serialised() }
    let blockCount = 2300
    var header = GPTHeader(
      myLBA: 1, alternateLBA: UInt64(blockCount) - 1, firstUsableLBA: 60,
      lastUsableLBA: UInt64(blockCount) - 60, diskGUID: .linuxData, entriesLBA: 2)
    header.entryCount = 200
    header.entriesChecksum = CRC32.checksum(of: array)
    let protective = MasterBootRecord.Entry(
      index: 1, type: 0xEE, startLBA: 1, sectorCount: UInt32(blockCount) - 1)
    var disk = [UInt8](repeating: 0, count: blockCount * 512)
    disk.overwrite(at: 0, with: MasterBootRecord(entries: [protective]).serialised())
    disk.overwrite(at: 512, with: header.serialised(blockSize: 512))
    disk.overwrite(at: 1024, with: array)
    disk.overwrite(at: 1000 * 512, with: content)
    return disk
  }

  @Test("of more partitions than are opened, those that may be FATs come first, and others stay unknown")
  func manyPartitions() throws {
    for type in [GUID.efiSystem, .basicData] {
      #expect(try ImageInspector.inspect(disk(type)).boots.stickUEFI.value == .yes)
    }
    let left = try ImageInspector.inspect(disk(.linuxData))
    #expect(left.boots.stickUEFI.value == .unknown)
    #expect(left.boots.stickUEFI.evidence.contains("too many partitions"))
  }

  @Test("more logical partitions than are looked at are no broken chain, and may hold a loader")
  func manyLogicalPartitions() throws {
    let count = 260
    var disk = [UInt8](repeating: 0, count: (10 + 3 * count) * 512)
    let frame = MasterBootRecord.Entry(index: 1, type: 0x0F, startLBA: 10, sectorCount: UInt32(3 * count))
    disk.overwrite(at: 0, with: MasterBootRecord(entries: [frame]).serialised())
    for number in 0..<count {
      var entries = [MasterBootRecord.Entry(index: 1, type: 0x83, startLBA: 1, sectorCount: 2)]
      if number + 1 < count {
        entries.append(.init(index: 2, type: 0x05, startLBA: UInt32(3 * number + 3), sectorCount: 3))
      }
      disk.overwrite(at: (10 + 3 * number) * 512, with: MasterBootRecord(entries: entries).serialised())
    }
    let report = try ImageInspector.inspect(disk)
    #expect(report.boots.stickUEFI.value == .unknown)
    #expect(report.findings.contains { $0.id == "partitions-left-out" })
    #expect(!report.findings.contains { $0.id == "logical-chain-broken" })
  }

  @Test("a loader in the first entry of a logical partition's record, or in the third", arguments: [0, 2])
  func logicalLoader(slot: Int) throws {
    var volume = FATImageBuilder()
    volume.add("BOOTX64.EFI", HybridImage.program)
    let content = volume.build()
    var entries = (1...4).map { MasterBootRecord.Entry(index: $0) }
    entries[slot] = .init(index: 1, type: 0xEF, startLBA: 8, sectorCount: UInt32(content.count / 512))
    var frame = MasterBootRecord(entries: entries).serialised()
    frame += [UInt8](repeating: 0, count: 7 * 512) + content
    let report = try ImageInspector.inspect(mbrDisk(holding: frame, type: 0x05))
    #expect(report.boots.stickUEFI.value == (slot == 0 ? .yes : .unknown))
    #expect(report.boots.uefiArchitectures == [.x64])
  }

  @Test("boot code that looks like a packed file or an archive does not hide the disk")
  func weakSignatures() throws {
    var volume = FATImageBuilder()
    volume.add("BOOTX64.EFI", HybridImage.program)
    let content = volume.build()
    let codes: [[UInt8]] = [
      [0, 0, 0, 0, 4], [0x5D, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 1], [0x1F, 0x9D], Array("070701".utf8),
    ]
    for code in codes {
      let report = try ImageInspector.inspect(mbrDisk(holding: content, type: 0xEF, code: code))
      #expect(report.boots.stickUEFI.value == .yes, "\(code)")
    }
  }

  @Test("a boot image that is a disk, with a loader and without one", arguments: [true, false])
  func nestedBootImage(hasLoader: Bool) throws {
    var volume = FATImageBuilder()
    if hasLoader { volume.add("BOOTX64.EFI", HybridImage.program) }
    var disc = ISOImageBuilder()
    disc.catalog = [.entry(path: "boot/disk.img")]
    disc.add("boot/disk.img", mbrDisk(volume, type: 0xEF))
    let boots = try ImageInspector.inspect(disc.build()).boots
    #expect(boots.stickUEFI.value == (hasLoader ? .unknown : .no))
    #expect(boots.discUEFI.value == (hasLoader ? .unknown : .no))
  }

  @Test("bytes that EDK2 takes for a partition table, and nobody else")
  func takenForTable() throws {
    var volume = FATImageBuilder()
    volume.add("BOOTX64.EFI", HybridImage.program)
    let content = volume.build()
    #expect(
      try ImageInspector.inspect(mbrDisk(holding: content, status: 0x13, type: 0x41)).boots.stickUEFI.value
        == .unknown)
    var beyond = mbrDisk(holding: content, status: 0x13, type: 0x41)
    beyond.overwrite(at: 446 + 15, with: [0x41])
    #expect(try ImageInspector.inspect(beyond).boots.stickUEFI.value == .no)
  }

  @Test("a boot sector is no table inside a partition")
  func notNested() throws {
    var sector = [UInt8](repeating: 0, count: 64 * 512)
    sector.overwrite(at: 0, with: [0xFA, 0xFC])
    sector.overwrite(at: 510, with: [0x55, 0xAA])
    #expect(try ImageInspector.inspect(mbrDisk(holding: sector)).boots.stickUEFI.value == .no)
    sector.overwrite(at: 400, with: [UInt8](repeating: 0xB8, count: 110))
    #expect(try ImageInspector.inspect(mbrDisk(holding: sector)).boots.stickUEFI.value == .no)
    // FreeBSD's boot1 has a table of its own by design, whose partition begins with it.
    let entry = MasterBootRecord.Entry(index: 1, status: 0x80, type: 0xA5, sectorCount: 50)
    sector.overwrite(at: 0, with: MasterBootRecord(bootCode: [0xFA], entries: [entry]).serialised())
    #expect(try ImageInspector.inspect(mbrDisk(holding: sector)).boots.stickUEFI.value == .no)
    #expect(
      try ImageInspector.inspect(mbrDisk(holding: FATImageBuilder().build())).boots.stickUEFI.value == .no)
  }

  /// A disk with Windows's code, whose active partition has this content.
  private func windowsDisk(holding content: [UInt8], type: UInt8 = 0x0C) -> [UInt8] {
    let code: [UInt8] = [0x33, 0xC0, 0x8E, 0xD0, 0xBC, 0x00, 0x7C] + Array("Invalid partition table".utf8)
    return mbrDisk(holding: content, status: 0x80, type: type, code: code)
  }

  @Test(
    "a known boot sector starts nothing where its file is not in the root directory",
    arguments: zip(
      ["BOOTMGR    ", "NTLDR      ", "KERNEL  SYS", "IO      SYS"],
      ["BOOTMGR", "NTLDR", "KERNEL.SYS", "IO.SYS"]))
  func loaderFile(_ name: String, _ file: String) throws {
    var volume = FATImageBuilder()
    func content() -> [UInt8] {
      var content = volume.build()
      content.overwrite(at: 0x100, with: Array(name.utf8))
      return content
    }
    for image in [content(), windowsDisk(holding: content())] {
      let report = try ImageInspector.inspect(image)
      #expect(report.boots.stickBIOS.value == .no)
      #expect(report.boots.stickBIOS.evidence.contains("looks for \(file) in the root directory, where none"))
      #expect(report.verdict == .notBootable)
      #expect(report.findings.map(\.id).contains("data-only"))
    }
    // The root directory is the fifth sector.
    let cut = Array(windowsDisk(holding: content()).prefix(68 * 512 + 256))
    let answer = try ImageInspector.inspect(cut).boots.stickBIOS
    #expect(answer.value == .unknown && answer.evidence.contains("which cannot be read"))
    volume.addToRoot(file)
    for image in [content(), windowsDisk(holding: content())] {
      let report = try ImageInspector.inspect(image)
      #expect(report.boots.stickBIOS.value == .yes)
      #expect(report.findings.map(\.id).contains("bios-only"))
    }
  }

  @Test("where the name of a boot sector's file is not known, none is missing")
  func otherLoaderFile() throws {
    var content = FATImageBuilder().build()
    content.overwrite(at: 0x100, with: Array("NTLDR is missing".utf8))
    #expect(try ImageInspector.inspect(windowsDisk(holding: content)).boots.stickBIOS.value == .yes)
  }

  @Test("NTFS: the file is named in the second sector")
  func loaderFileOfNTFS() throws {
    var content = SurveyImages.ntfs()
    content.overwrite(at: 28, with: [64])
    content.overwrite(at: 0x180, with: Array("BOOTMGR is missing".utf8))
    content.overwrite(at: 510, with: [0x55, 0xAA])
    #expect(try ImageInspector.inspect(windowsDisk(holding: content, type: 7)).boots.stickBIOS.value == .yes)
    content.overwrite(at: 512, with: [7, 0] + Array("B\0O\0O\0T\0M\0G\0R\0".utf8))
    let answer = try ImageInspector.inspect(windowsDisk(holding: content, type: 7)).boots.stickBIOS
    #expect(answer.value == .no && answer.evidence.contains("BOOTMGR"))
    // A sector of the root directory's record that was not written with the other.
    content[4 * 512 + 5 * 1024 + 510] ^= 1
    #expect(
      try ImageInspector.inspect(windowsDisk(holding: content, type: 7)).boots.stickBIOS.value == .unknown)
  }

  @Test("UEFI does not look at the status byte of a partition", arguments: [0x01, 0x81, 0xFF] as [UInt8])
  func oddStatus(_ status: UInt8) throws {
    var volume = FATImageBuilder()
    volume.add("BOOTX64.EFI", HybridImage.program)
    var content = volume.build()
    let code: [UInt8] = [0x33, 0xC0, 0xFA, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC] + Array("Multiple active".utf8)
    content.overwrite(at: 0x100, with: Array("SYSLINUX".utf8))
    let report = try ImageInspector.inspect(
      mbrDisk(holding: content, status: status, type: 0xEF, code: code))
    #expect(report.kind == .disk)
    #expect(report.boots.stickUEFI.value == .yes)
    #expect(report.boots.stickBIOS.value == .unknown)
  }
}

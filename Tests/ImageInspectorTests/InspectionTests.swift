import BlockIO
import DiskFormats
import FuzzTargets
import ImageInspector
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("Inspection of whole images") struct InspectionTests {
  @Test("a hybrid image: all of the report is filled, and it boots everywhere")
  func hybrid() throws {
    let report = try ImageInspector.inspect(HybridImage.build())
    #expect(report.kind == .iso9660)
    #expect(report.volume?.identifier == "BURIN")
    #expect(report.volume?.joliet == 3)
    #expect(report.elTorito?.entries.map(\.platform) == [.bios, .uefi])
    #expect(report.mbr?.loader == "isolinux-isohybrid")
    #expect(report.mbr?.entries.map(\.type) == [0, 0xEF])
    #expect(report.gpt == nil)
    #expect(report.efi.map(\.place) == [.esp, .iso])
    #expect(report.efi.allSatisfy { $0.architecture == .x64 && $0.signed })
    #expect(report.truncatedBy == 0)
    #expect(report.boots.stickBIOS.value == .yes)
    #expect(report.boots.stickUEFI.value == .yes)
    #expect(report.boots.uefiArchitectures == [.x64])
    #expect(report.boots.discBIOS.value == .yes)
    #expect(report.boots.discUEFI.value == .yes)
    #expect(report.boots.secureBoot.value == .yes)
    #expect(report.verdict == .raw)
    #expect(report.findings.map(\.id) == ["mbr-only-esp"])
  }

  @Test("on a larger stick the same image gives the same answers")
  func largerMedium() throws {
    let image = HybridImage.build()
    let small = try ImageInspector.inspect(image)
    let large = try ImageInspector.inspect(image + [UInt8](repeating: 0, count: 8 << 20))
    #expect(large.boots == small.boots)
    #expect(large.truncatedBy == 0)
    #expect(large.findings == small.findings)
  }

  /// A disk of 64 MiB whose ESP, a FAT with a loader, begins at block 40.
  func disk(blockSize: Int = 512) throws -> [UInt8] {
    var volume = FATImageBuilder()
    volume.add("BOOTX64.EFI", HybridImage.program)
    let esp = GPTEntry(
      index: 1, typeGUID: .efiSystem, uniqueGUID: .basicData, firstLBA: 40, lastLBA: 119, name: "ESP")
    let layout = try #require(
      GPTLayout(blockSize: blockSize, blockCount: 256, diskGUID: .linuxData, entries: [esp]))
    var disk = [UInt8](repeating: 0, count: 256 * blockSize)
    disk.overwrite(at: 0, with: layout.head)
    disk.overwrite(at: Int(layout.tailOffset), with: layout.tail)
    disk.overwrite(at: 40 * blockSize, with: volume.build())
    return disk
  }

  @Test("a GPT image: whole, on a larger stick, cut off, and made for 4096-byte blocks")
  func gpt() throws {
    let whole = try ImageInspector.inspect(disk())
    #expect(whole.boots.stickUEFI.value == .yes)
    #expect(whole.verdict == .raw)
    #expect(whole.gpt?.backup == .ok)
    #expect(whole.findings.map(\.id) == ["uefi-only"])
    let large = try ImageInspector.inspect(disk() + [UInt8](repeating: 0, count: 1 << 20))
    #expect(large.boots == whole.boots)
    #expect(large.truncatedBy == 0)
    #expect(large.findings.map(\.id) == ["uefi-only", "gpt-backup-misplaced"])
    let cut = try ImageInspector.inspect(Array(disk().prefix(100 * 512)))
    #expect(cut.truncatedBy == 156 * 512)
    #expect(cut.verdict == .refuse)
    let other = try ImageInspector.inspect(disk(blockSize: 4096))
    #expect(other.boots.stickUEFI.value == .no)
    #expect(other.findings.map(\.id) == ["gpt-4096"])
    #expect(other.verdict == .notBootable)
  }

  @Test("attribute bit 1 takes a partition from UEFI, and longer entries do not")
  func gptForUEFI() throws {
    var hidden = try disk()
    try GPTDisk.change(&hidden) { $0[48] |= 2 }
    let report = try ImageInspector.inspect(hidden)
    #expect(report.boots.stickUEFI.value == .no)
    #expect(report.boots.stickUEFI.evidence.contains("attributes"))
    var long = try disk()
    try GPTDisk.change(&long, entrySize: 256) { _ in }
    let other = try ImageInspector.inspect(long)
    #expect(other.boots.stickUEFI.value == .yes)
    #expect(other.findings.first { $0.id == "gpt-entries-invalid" }?.text.contains("256 bytes") == true)
    #expect(other.gpt?.headerValid == true && other.gpt?.entriesValid == true && other.gpt?.backup == .ok)
    #expect(!other.findings.contains { $0.id == "gpt-backup-invalid" })
  }

  /// A disk with one partition from block 40 on, which holds a FAT.
  func mbrDisk(_ volume: FATImageBuilder, type: UInt8) -> [UInt8] {
    let content = volume.build()
    let entry = MasterBootRecord.Entry(
      index: 1, type: type, startLBA: 40, sectorCount: UInt32(content.count / 512))
    let record = MasterBootRecord(entries: [entry]).serialised()
    return record + [UInt8](repeating: 0, count: 39 * 512) + content
  }

  @Test("a protective entry without a GPT overlaps like any other")
  func protectiveOverlap() throws {
    var volume = FATImageBuilder()
    volume.add("BOOTX64.EFI", HybridImage.program)
    var image = mbrDisk(volume, type: 0xEF)
    #expect(try ImageInspector.inspect(image).boots.stickUEFI.value == .yes)
    let protective = MasterBootRecord.Entry(
      index: 2, type: 0xEE, startLBA: 1, sectorCount: UInt32(image.count / 512 - 1))
    image.overwrite(at: 446 + 16, with: protective.serialised())
    let report = try ImageInspector.inspect(image)
    #expect(report.boots.stickUEFI.value == .unknown)
    #expect(report.findings.contains { $0.id == "partitions-overlap" })
  }

  @Test("a directory with a loader's name is no loader, and no damage")
  func loaderDirectory() throws {
    var volume = FATImageBuilder()
    volume.add("BOOTX64.EFI", HybridImage.program)
    var image = mbrDisk(volume, type: 0xEF)
    // The first entry of EFI/BOOT, in the volume's sector 6.
    image[(40 + 6) * 512 + 11] = 0x10
    let report = try ImageInspector.inspect(image)
    #expect(report.boots.stickUEFI.value == .no)
    #expect(!report.findings.contains { $0.id == "fat-damaged" })
  }

  @Test("isolinux.bin without its boot info table does not start from a stick")
  func bootInfoTable() throws {
    let place = Int(HybridImage.builder().block(of: "isolinux/isolinux.bin")) * 2048
    var image = HybridImage.build()
    image.overwrite(at: place + 12, with: little(0))
    let answer = try ImageInspector.inspect(image).boots.stickBIOS
    #expect(answer.value == .no)
    #expect(answer.evidence.contains("-boot-info-table"))
  }

  /// The texts by which GRUB's boot.img is known.
  private static let grub = Array("GRUB \0Geom\0Hard Disk\0Read".utf8)

  @Test("GRUB's hybrid code over isolinux.bin, and over GRUB with and without the place of its core")
  func grubHybrid() throws {
    let block = HybridImage.builder().block(of: "isolinux/isolinux.bin")
    let place = Int(block) * 2048
    var image = HybridImage.build()
    image.overwrite(at: 0, with: [0xEB, 0x63])
    image.overwrite(at: 64, with: [UInt8](repeating: 0x90, count: 8))
    image.overwrite(at: 0x180, with: Self.grub)
    image.overwrite(at: 0x1B0, with: little(block * 4 + 4) + little(0))
    #expect(try ImageInspector.inspect(image).boots.stickBIOS.value == .no)
    image.overwrite(at: place + 64, with: little(0))
    #expect(try ImageInspector.inspect(image).boots.stickBIOS.value == .unknown)
    image.overwrite(at: place + 2048, with: [0x52] + Array("Geom".utf8))
    image.overwrite(at: place + 2548, with: little(2) + little(0))
    #expect(try ImageInspector.inspect(image).boots.stickBIOS.value == .no)
    image.overwrite(at: place + 2548, with: little(block * 4 + 5) + little(0))
    #expect(try ImageInspector.inspect(image).boots.stickBIOS.value == .yes)
  }

  @Test("GRUB's boot.img whose core a GPT has replaced")
  func grubOverGPT() throws {
    var image = try disk()
    image.overwrite(at: 0, with: [0xEB, 0x63])
    image.overwrite(at: 0x5C, with: little(1) + little(0))
    image.overwrite(at: 0x180, with: Self.grub)
    let answer = try ImageInspector.inspect(image).boots.stickBIOS
    #expect(answer.value == .no)
    #expect(answer.evidence.contains("header of the GPT"))
    image.overwrite(at: 512, with: [0x53])
    #expect(try ImageInspector.inspect(image).boots.stickBIOS.value == .unknown)
  }

  @Test("mbr.bin counts a mark on an empty entry")
  func markedEmptyEntry() throws {
    var volume = FATImageBuilder()
    volume.addToRoot("LDLINUX.SYS")
    var content = volume.build()
    content.overwrite(at: 0x100, with: Array("SYSLINUX".utf8))
    content.overwrite(at: 510, with: [0x55, 0xAA])
    let code: [UInt8] = [0x33, 0xC0, 0xFA, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC] + Array("Multiple active".utf8)
    let first = MasterBootRecord.Entry(
      index: 1, status: 0x80, type: 0x0C, startLBA: 40, sectorCount: UInt32(content.count / 512))
    func value(_ entries: [MasterBootRecord.Entry]) throws -> ImageReport.BootVerdicts.Answer.Value {
      let record = MasterBootRecord(bootCode: code, entries: entries).serialised()
      let image = record + [UInt8](repeating: 0, count: 39 * 512) + content
      return try ImageInspector.inspect(image).boots.stickBIOS.value
    }
    #expect(try value([first]) == .yes)
    #expect(try value([first, MasterBootRecord.Entry(index: 2, status: 0x80)]) == .no)
  }

  @Test(
    "a FAT in the MBR is looked at whatever its type says", arguments: [0x0C, 0x1B, 0x83, 0xEF] as [UInt8])
  func typesOfFAT(_ type: UInt8) throws {
    var volume = FATImageBuilder()
    volume.add("BOOTX64.EFI", HybridImage.program)
    let report = try ImageInspector.inspect(mbrDisk(volume, type: type))
    #expect(report.boots.stickUEFI.value == .yes)
    #expect(report.verdict == .raw)
  }

  @Test(
    "a FAT in the frame of logical partitions depends on the firmware", arguments: [0x05, 0x85] as [UInt8])
  func extendedFAT(_ type: UInt8) throws {
    var volume = FATImageBuilder()
    volume.add("BOOTX64.EFI", HybridImage.program)
    #expect(try ImageInspector.inspect(mbrDisk(volume, type: type)).boots.stickUEFI.value == .unknown)
  }

  @Test("a program with 55 AA at the end of its first sector is no disk image")
  func programWithSignature() throws {
    var program = HybridImage.program
    #expect(try ImageInspector.inspect(program).kind == .unknown)
    program.overwrite(at: 510, with: [0x55, 0xAA])
    let report = try ImageInspector.inspect(program)
    #expect(report.kind == .unknown)
    #expect(report.findings.map(\.id) == ["not-an-image"])
  }

  @Test("an active partition whose boot sector has only a little code")
  func shortCode() throws {
    let code: [UInt8] = [0x33, 0xC0, 0xFA, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC] + Array("Multiple active".utf8)
    func value(_ start: [UInt8]) throws -> ImageReport.BootVerdicts.Answer.Value {
      var content = [UInt8](repeating: 0, count: 64 * 512)
      content.overwrite(at: 0, with: start)
      content.overwrite(at: 510, with: [0x55, 0xAA])
      let image = mbrDisk(holding: content, status: 0x80, code: code)
      return try ImageInspector.inspect(image).boots.stickBIOS.value
    }
    #expect(try value([0xB8, 0x01, 0x02, 0xCD, 0x13]) == .unknown)
    #expect(try value([0xEB, 0x10] + [UInt8](repeating: 0, count: 16) + [0xCD, 0x18]) == .unknown)
    #expect(try value([0xEB, 0x3C, 0x90] + Array("mkfs.fat".utf8)) == .no)
    #expect(try value([]) == .no)
  }

  @Test("gptmbr.bin goes by a damaged GPT in block 1 although another is valid")
  func twoGPTs() throws {
    var image = try disk(blockSize: 4096)
    let other = try disk()
    image.overwrite(at: 512, with: other[512..<1024])
    image[512 + 16] ^= 0xFF
    let code: [UInt8] = [0x33, 0xC0, 0xFA, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC] + Array("Missing OS".utf8)
    image.overwrite(at: 0, with: code)
    #expect(try ImageInspector.inspect(image).boots.stickBIOS.value == .unknown)
    image.overwrite(at: 512, with: [UInt8](repeating: 0, count: 512))
    #expect(try ImageInspector.inspect(image).boots.stickBIOS.value == .no)
  }

  @Test(
    "a card for a Raspberry Pi has its firmware, or from the Pi 5 on, only a kernel and its configuration",
    arguments: [
      (["BOOTCODE.BIN"], true), (["START4X.ELF"], true), (["CONFIG.TXT", "KERNEL8.IMG"], true),
      (["CONFIG.TXT", "BCM2712.DTB"], true), (["KERNEL8.IMG"], false), (["CONFIG.TXT"], false),
    ] as [([String], Bool)])
  func raspberryPi(_ names: [String], _ isForIt: Bool) throws {
    var volume = FATImageBuilder()
    names.forEach { volume.addToRoot($0) }
    let report = try ImageInspector.inspect(mbrDisk(volume, type: 0x0C))
    #expect(report.findings.map(\.id) == [isForIt ? "raspberry-pi" : "data-only"])
    #expect(report.verdict == (isForIt ? .raw : .notBootable))
  }

  @Test("a volume as Windows has it: UDF is looked at first, and its files are to be copied")
  func windows() throws {
    let image = UDFImage.build([
      ("bootmgr", [1]), ("sources/boot.wim", [2]), ("sources/install.wim", [3]),
    ])
    let report = try ImageInspector.inspect(image)
    #expect(report.kind == .udf)
    #expect(report.volume?.udf == "1.02")
    #expect(report.verdict == .fileCopy)
    #expect(report.findings.map(\.id) == ["windows"])
  }

  @Test("the same with the ISO 9660 tree of a bridge in front, which holds a README only")
  func windowsBridge() throws {
    var bridge = ISOImageBuilder()
    bridge.add("README.TXT", [1])
    var image = UDFImage.build([("bootmgr", [1]), ("sources/install.esd", [2])])
    // The UDF recognition sequence moves behind the ISO 9660 descriptors.
    let descriptors = bridge.build()
    image.overwrite(at: 16 * 2048, with: descriptors[(16 * 2048)..<(20 * 2048)])
    image.overwrite(at: 16 * 2048 + 80, with: both(UInt32(image.count / 2048)))
    for (index, name) in ["BEA01", "NSR02", "TEA01"].enumerated() {
      image.overwrite(at: (20 + index) * 2048, with: [0] + Array(name.utf8) + [1])
    }
    image.overwrite(at: 23 * 2048, with: descriptors[(21 * 2048)..<(23 * 2048)])
    image.overwrite(at: 16 * 2048 + 156 + 2, with: both(23))
    let report = try ImageInspector.inspect(image)
    #expect(report.kind == .iso9660)
    #expect(report.verdict == .fileCopy)
    #expect(report.findings.contains { $0.id == "windows" })
  }

  @Test(
    "a bridge mastered by genisoimage, whose other trees hide all but a README",
    .enabled(if: ScratchDirectory.hasTool("genisoimage")))
  func masteredWindowsBridge() throws {
    let scratch = try ScratchDirectory()
    try scratch.run(
      """
      mkdir -p tree/sources && echo 1 > tree/bootmgr && echo 2 > tree/README.TXT
      echo 3 > tree/sources/boot.wim && echo 4 > tree/sources/install.wim
      genisoimage -quiet -udf -hide bootmgr -hide sources -o image.iso tree
      """)
    let bytes = try FileBytes(opening: FilePath("\(scratch.path)/image.iso"))
    let report = try ImageInspector.inspect(bytes)
    #expect(report.volume?.joliet == nil)
    #expect(report.volume?.udf == "1.02")
    #expect(report.verdict == .fileCopy)
    #expect(report.findings.map(\.id) == ["windows"])
  }

  @Test("a tree with a loader but nothing in front is copied; without a loader it is for discs")
  func notHybrid() throws {
    var builder = HybridImage.builder()
    builder.systemArea = []
    builder.catalog = []
    let report = try ImageInspector.inspect(builder.build())
    #expect(report.verdict == .fileCopy)
    #expect(report.findings.map(\.id) == ["not-hybrid"])
  }

  @Test("a loader of another machine than its name is told")
  func mismatch() throws {
    var volume = FATImageBuilder()
    volume.add("BOOTAA64.EFI", HybridImage.program)
    volume.add("BOOTIA32.EFI", [1, 2, 3])
    let report = try ImageInspector.inspect(volume.build())
    #expect(report.kind == .superfloppy)
    #expect(report.boots.stickUEFI.value == .no)
    #expect(Set(report.findings.map(\.id)) == ["data-only", "loader-mismatch", "loader-broken"])
  }

  @Test(
    "short and empty files, zeroes and text",
    arguments: [
      ([], "empty"), ([UInt8](repeating: 1, count: 511), "too-short"),
      ([UInt8](repeating: 0, count: 1 << 20), "all-zeroes"),
      (Array("<html><body>404</body></html>".utf8), "not-an-image"),
      ([0x50, 0x4B, 7, 8] + [UInt8](repeating: 7, count: 1000), "compressed"),
      ([0x50, 0x4B, 7, 8, 0x50, 0x4B, 3, 4] + [UInt8](repeating: 7, count: 1000), "packed-unsupported"),
      ([0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3] + [UInt8](repeating: 7, count: 1000), "container-unsupported"),
      ([0x4D, 0x53, 0x57, 0x49, 0x4D, 0, 0, 0] + [UInt8](repeating: 7, count: 1000), "container"),
    ] as [([UInt8], String)])
  func noImages(_ bytes: [UInt8], _ id: String) throws {
    #expect(try ImageInspector.inspect(bytes).findings.map(\.id) == [id])
  }

  @Test("random damage never traps and never takes long")
  func mutations() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of the damage: \(seed)")
    var generator = SeededGenerator(seed: seed)
    let images = [HybridImage.build(), UDFImage.build(), try disk()]
    for round in 0..<150 {
      var image = images[round % images.count]
      // Structures lie in the first blocks, so half of the damage goes there.
      for _ in 0..<Int.random(in: 1...40, using: &generator) {
        let reach = Bool.random(using: &generator) ? image.count : min(image.count, 90_000)
        image[Int.random(in: 0..<reach, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      if round % 5 == 0 { image.removeLast(Int.random(in: 0..<image.count, using: &generator)) }
      let start = threadTime()
      _ = try ImageInspector.inspect(image)
      #expect(threadTime() - start < .seconds(4), "seed \(seed), round \(round)")
    }
  }

  /// Bytes whose reading fails in some way.
  private struct Failing: RandomAccessBytes {
    var byteCount: UInt64
    var content: [UInt8]
    var error: ByteReadError
    func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
      guard offset + UInt64(count) <= UInt64(content.count) else { throw error }
      return Array(content[Int(offset)..<(Int(offset) + count)])
    }
  }

  @Test("a medium that cannot be read throws, with the place")
  func unreadable() {
    let call = SystemCallError(call: "pread", errno: .ioError)
    let bytes = Failing(byteCount: 1 << 20, content: [], error: .system(call, offset: 4096))
    #expect(throws: InspectionError.unreadable(call, offset: 4096)) { try ImageInspector.inspect(bytes) }
  }

  @Test("a file that shrinks and a budget that ends are findings")
  func obstacles() throws {
    let image = HybridImage.build()
    var bytes = Failing(
      byteCount: UInt64(image.count), content: Array(image.prefix(49_152)),
      error: .outOfBounds(offset: 49_152, count: 1, available: 49_152))
    let shrunk = try ImageInspector.inspect(bytes)
    #expect(shrunk.findings.first?.id == "shrunk")
    #expect(shrunk.findings.first?.offset == 49_152)
    #expect(shrunk.verdict == .refuse)
    bytes.error = .budgetExhausted
    let exhausted = try ImageInspector.inspect(bytes)
    #expect(exhausted.findings.map(\.id).prefix(1) == ["too-complex"])
    #expect(exhausted.verdict == .refuse)
  }

  /// Nothing but holes, of any size.
  private struct Holes: RandomAccessBytes {
    let byteCount: UInt64
    func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
      try requireInBounds(offset: offset, count: count)
      return [UInt8](repeating: 0, count: count)
    }
  }

  // A time limit of the framework would count what a test waits for other tests.
  @Test("16 EiB of nothing")
  func huge() throws {
    let start = threadTime()
    let report = try ImageInspector.inspect(Holes(byteCount: .max))
    #expect(threadTime() - start < .seconds(20))
    #expect(report.findings.map(\.id) == ["all-zeroes"])
  }

  /// A hybrid image whose directories all lie in one heap of zeroes, each as long as allowed.
  @Test("directories without end")
  func endlessDirectories() throws {
    var builder = ISOImageBuilder()
    builder.add("A", [1])
    var image = builder.build() + [UInt8](repeating: 0, count: 24 << 20)
    let root = Int(builder.block(of: "A") - 2) * 2048
    image.overwrite(at: 16 * 2048 + 156 + 2, with: both(UInt32(root / 2048)) + both(8 << 20))
    image.overwrite(at: 16 * 2048 + 80, with: both(UInt32(image.count / 2048)))
    var place = root
    for number in 0..<UInt32(4000) {
      if place % 2048 + 40 > 2048 { place = (place / 2048 + 1) * 2048 }
      let name = Array("D\(number)".utf8)
      let record = ISOImageBuilder.record(name, block: 400 + number, count: 8 << 20, flags: 2)
      image.overwrite(at: place, with: record)
      place += record.count
    }
    let start = threadTime()
    let report = try ImageInspector.inspect(image)
    #expect(report.verdict == .refuse)
    // Without optimisation; a release build takes a tenth of it.
    #expect(threadTime() - start < .seconds(20))
  }
}

import Documents
import FuzzTargets
import TestSupport
import Testing

@testable import Commands
@testable import ImageInspector
@testable import Terminal

/// A report with everything in it.
private let hybrid: ImageReport = {
  var report = ImageReport(byteCount: 6_881_280)
  report.kind = .iso9660
  report.verdict = .raw
  report.volume = ImageReport.Volume(
    identifier: "MT86PLUS_64", systemIdentifier: "LINUX", publisher: "", created: "2026-01-31T12:00:00Z",
    blocks: 3360, joliet: 3, rockRidge: true, udf: nil)
  report.elTorito = ImageReport.ElToritoSummary(
    catalogLBA: 33, checksumValid: true,
    entries: [
      ImageReport.ElToritoSummary.Entry(
        platform: .bios, bootable: true, emulation: .none, loadSegment: 0, sectorCount: 4, lba: 34),
      ImageReport.ElToritoSummary.Entry(
        platform: .uefi, bootable: true, emulation: .none, loadSegment: 0, sectorCount: 0, lba: 40),
    ])
  report.mbr = ImageReport.MBRSummary(
    loader: "isolinux-isohybrid",
    entries: [
      ImageReport.MBRSummary.Entry(index: 1, active: true, type: 0x17, startLBA: 0, sectors: 13440),
      ImageReport.MBRSummary.Entry(index: 2, active: false, type: 0xEF, startLBA: 160, sectors: 2880),
    ])
  report.gpt = ImageReport.GPTSummary(
    headerValid: true, entriesValid: true, backup: .misplaced, sectorSize: 512,
    partitions: [
      ImageReport.GPTSummary.Partition(
        index: 2, typeGUID: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", name: "Appended\u{202E}2", firstLBA: 160,
        lastLBA: 3039)
    ])
  report.apm = ImageReport.APMSummary(
    blockSize: 2048,
    partitions: [
      ImageReport.APMSummary.Partition(name: "Apple", type: "Apple_partition_map", start: 1, blocks: 2)
    ])
  report.efi = [
    ImageReport.EFILoader(path: "EFI/BOOT/BOOTX64.EFI", place: .esp, architecture: .x64, signed: false),
    ImageReport.EFILoader(path: "EFI/BOOT/BOOTIA32.EFI", place: .iso, architecture: .ia32, signed: true),
  ]
  report.boots.stickBIOS = .init(.yes, "the boot code of isolinux starts the El Torito image")
  report.boots.stickUEFI = .init(.yes, "the EFI system partition at byte 81920 holds EFI/BOOT/BOOTX64.EFI")
  report.boots.uefiArchitectures = [.x64, .ia32]
  report.boots.discBIOS = .init(.yes, "El Torito has an entry for a BIOS")
  report.boots.discUEFI = .init(.unknown, "the entry for UEFI has no length")
  report.boots.secureBoot = .init(.no, "EFI/BOOT/BOOTX64.EFI is not signed")
  report.findings = [
    ImageReport.Finding(
      "gpt-backup", .warning, "The backup of the partition table is not at the end.", offset: 6_880_768),
    ImageReport.Finding("label", .note, "The label is \u{1B}[31mred."),
  ]
  return report
}()

@Suite("burin inspect")
struct InspectTests {
  @Test("as text", arguments: [nil, 60])
  func text(width: Int?) throws {
    let capabilities = Capabilities(isTerminal: width != nil, width: width)
    let text = hybrid.lines(path: "memtest\u{7F}.iso", for: capabilities).map { $0.string + "\n" }.joined()
    #expect(try Golden.difference(of: text, from: "inspect\(width.map { "-\($0)" } ?? "").text") == nil)
    #expect(text.unicodeScalars.allSatisfy { $0.isPlain || $0 == "\n" })
  }

  @Test("as JSON")
  func json() throws {
    let text = hybrid.json(path: "memtest.iso").indented.string + "\n"
    #expect(try Golden.difference(of: text, from: "inspect.json") == nil)
    #expect(try JSONOracle.accepts(text))
  }

  /// The same, packed, with the end not looked at.
  private static let packed: ImageReport = {
    var report = hybrid
    report.byteCount = 2_000_000
    report.kind = .compressed
    report.compression = "xz"
    report.unpacked = .init(kind: .iso9660, byteCount: 6_881_280_000, seenByteCount: 32 << 20)
    report.verdict = .decompress
    report.gpt?.backup = .unseen
    report.elTorito?.checksumValid = nil
    return report
  }()

  @Test("R49: what is packed, as text and as JSON")
  func packed() throws {
    let text = Self.packed.lines(path: "memtest.iso.xz", for: Capabilities()).map { $0.string + "\n" }
      .joined()
    #expect(try Golden.difference(of: text, from: "inspect-packed.text") == nil)
    let json = Self.packed.json(path: "memtest.iso.xz").indented.string + "\n"
    #expect(try Golden.difference(of: json, from: "inspect-packed.json") == nil)
    #expect(try JSONOracle.accepts(json))
  }

  @Test("what packed images say of their length, and where they boot")
  func packedLines() {
    func text(_ change: (inout ImageReport) -> Void) -> String {
      var report = Self.packed
      change(&report)
      return report.lines(path: "x", for: Capabilities()).map(\.string).joined(separator: "\n")
    }
    let exact = text { $0.unpacked?.byteCount = 32 << 20 }
    #expect(exact.contains("33.6 MB (33 554 432 bytes)\n"))
    let unknown = text { $0.unpacked?.byteCount = nil }
    #expect(unknown.contains("more than 33.6 MB; the first 33.6 MB"))
    let damaged = text { $0.unpacked?.seenByteCount = 0 }
    #expect(!damaged.contains("  unpacked "))
    let maybe = text {
      $0.boots.stickBIOS.value = .unknown
      $0.boots.stickUEFI.value = .unknown
    }
    #expect(maybe.contains("It may boot when what is inside is written"))
    let archive = text { $0.unpacked = nil }
    #expect(archive.contains("Decompress or unpack it first."))
  }

  @Test("a name that promises what is not there is told of, as it is where the image is written")
  func names() {
    func text(_ path: String, _ change: (inout ImageReport) -> Void) -> String {
      var report = hybrid
      change(&report)
      return report.lines(path: path, for: Capabilities()).map(\.string).joined(separator: "\n")
    }
    let lost = "It has lost its end, or is no VHD in spite of its name: do not write it."
    for verdict: ImageReport.Verdict in [.raw, .fileCopy, .notBootable] {
      #expect(text("disk.VHD") { $0.verdict = verdict }.contains(lost))
      #expect(!text("disk.img") { $0.verdict = verdict }.contains(lost))
    }
    #expect(!text("disk.vhd") { $0.compression = "vhd" }.contains(lost))
    let unknown = text("mac.dmg") { ($0.kind, $0.verdict) = (.unknown, .notBootable) }
    #expect(unknown.contains("It is nothing that is known, in spite of its name: do not write it."))
  }

  @Test("it boots only where an answer says so, and no system partition is named where none is")
  func perhaps() {
    func text(_ change: (inout ImageReport) -> Void) -> String {
      var report = hybrid
      change(&report)
      return report.lines(path: "x", for: Capabilities()).map(\.string).joined(separator: "\n")
    }
    #expect(text { _ in }.contains("It boots when its bytes are written"))
    let maybe = text {
      $0.boots.stickBIOS.value = .no
      $0.boots.stickUEFI.value = .unknown
    }
    #expect(maybe.contains("It may boot when its bytes are written to a stick: `burin write x TARGET`."))
    #expect(text { $0.gpt = nil }.contains("BOOTX64.EFI in the EFI system partition,"))
    let superfloppy = text {
      $0.gpt = nil
      $0.mbr = nil
    }
    #expect(superfloppy.contains("BOOTX64.EFI in the FAT file system,"))
  }

  @Test("absent parts are null or say that they are absent, never left out")
  func absentParts() throws {
    let json = ImageReport(byteCount: 4096).json(path: "x")
    for key in [
      "image", "unpacked", "volume", "elTorito", "mbr", "gpt", "apm", "efi", "truncatedBy", "boots",
      "verdict",
      "findings",
    ] {
      #expect(json[key] != nil, "\(key)")
    }
    #expect(json["volume"] == .null)
    #expect(json["unpacked"] == .null)
    #expect(json["gpt"]?["present"] == .bool(false))
    #expect(json["boots"]?["stick"]?["uefiArchitectures"] == .array([]))
  }

  @Test("something that is not there is 7, in JSON with an object")
  func missing() async throws {
    let world = FakeWorld()
    #expect(await world.run("inspect", "/nonexistent/a.iso", "--json") == 7)
    #expect(try JSONOracle.accepts(world.stdout.text))
    #expect(world.stdout.text.contains(#""id":"image-not-found""#))
    #expect(world.stderr.text.contains("[image-not-found]"))
  }

  @Test("having looked is a success whatever was found, as the manual says, and JSON has the verdict")
  func exitStatus() async throws {
    let directory = try ScratchDirectory()
    let image = HybridImage.build()
    try directory.write(Array(image.prefix(image.count / 2)), to: "cut.iso")
    let world = FakeWorld()
    #expect(await world.run("inspect", "\(directory.path)/cut.iso", "--json") == 0)
    #expect(world.stdout.text.contains(#""verdict": "refuse""#))
    #expect(await FakeWorld().run("check", "\(directory.path)/cut.iso") == 3)
  }

  @Test("random bytes are no image and no error")
  func randomBytes() async throws {
    let directory = try ScratchDirectory()
    try directory.write([UInt8](repeating: 7, count: 5000), to: "noise")
    let world = FakeWorld()
    #expect(await world.run("inspect", "\(directory.path)/noise") == 0)
    #expect(world.stdout.text.contains("BIOS"))
  }
}

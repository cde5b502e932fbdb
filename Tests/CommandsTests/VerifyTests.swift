import FuzzTargets
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import ImageInspector
@testable import Terminal
@testable import Writer

@Suite("burin verify")
struct VerifyTests {
  private func bench(_ change: (inout [UInt8]) -> Void) throws -> ScratchDirectory {
    let directory = try ScratchDirectory()
    var bytes = [UInt8](repeating: 0x42, count: 2_500_000)
    try directory.write(bytes, to: "image")
    change(&bytes)
    // A stick is longer than its image; what follows is not compared.
    try directory.write(bytes + [UInt8](repeating: 0x55, count: 4_194_304 - bytes.count), to: "stick")
    return directory
  }

  private func verify(_ directory: ScratchDirectory, _ options: String...) async -> (Int32, FakeWorld) {
    let world = FakeWorld()
    let arguments = ["verify", "\(directory.path)/image", "file:\(directory.path)/stick"] + options
    return (await Burin.run(arguments, in: world.context).rawValue, world)
  }

  @Test("the same is 0")
  func same() async throws {
    let (status, world) = await verify(try bench { _ in })
    #expect(status == 0)
    #expect(world.stdout.text.contains("all equal"))
  }

  @Test("a result that cannot be printed is none, whatever it was", arguments: [[], ["--json"]])
  func fullOutput(options: [String]) async throws {
    let directory = try bench { _ in }
    let world = FakeWorld(outputFailure: .noSpace)
    let arguments = ["verify", "\(directory.path)/image", "file:\(directory.path)/stick"] + options
    #expect(await Burin.run(arguments, in: world.context).rawValue == 70)
    #expect(world.stderr.text.contains("[output-failed]"), "\(world.stderr.text)")
  }

  @Test("one flipped bit is 1, with its offset", arguments: [0, 511, 1_048_576, 2_499_999])
  func flipped(offset: Int) async throws {
    let directory = try bench { $0[offset] ^= 0x10 }
    let (status, world) = await verify(directory)
    #expect(status == 1)
    #expect(world.stderr.text.contains("byte \(offset);"))
    let (code, json) = await verify(directory, "--json")
    #expect(code == 1)
    #expect(
      json.stdout.text.contains(#""firstDifference":\#(offset),"differingBytes":1,"differingRanges":1"#))
  }

  @Test("R42: what is there instead is told, and where it comes from")
  func damage() async throws {
    let directory = try ScratchDirectory()
    let image = [UInt8].random(2_500_096, seed: 0xDA)
    try directory.write(image, to: "image")
    var bytes = image
    bytes.replaceSubrange(4096..<5120, with: repeatElement(0, count: 1024))
    bytes[600_000] ^= 0x40
    bytes.replaceSubrange(1_024_000..<1_032_192, with: image[512_000..<520_192])
    try directory.write(bytes, to: "stick")
    let (status, world) = await verify(directory)
    #expect(status == 1)
    let text = world.stderr.text
    #expect(
      text.contains("2 of 19 differing blocks of 512 bytes that were looked at read as zeros"), "\(text)")
    #expect(text.contains("differ in single bits, 1 in all"), "\(text)")
    #expect(text.contains("8 of 8 that were looked for belong 512000 bytes before"), "\(text)")
    let (_, json) = await verify(directory, "--json")
    #expect(
      json.stdout.text.contains(#""blocks":19,"zeros":2,"ones":0,"singleBits":1,"flippedBits":1,"other":16"#))
    #expect(
      json.stdout.text.contains(
        #""displacement":{"bytes":512000,"belongs":"before","found":8,"sought":8,"wraps":false}"#))
  }

  @Test("the file that differs is named, in the image and not on the stick, and made visible")
  func files() async throws {
    let directory = try ScratchDirectory()
    var builder = ISOImageBuilder()
    builder.add("BOOT/K\u{1B}RNEL", [UInt8](repeating: 0x41, count: 5000))
    let image = builder.build()
    try directory.write(image, to: "image")
    var bytes = image
    let start = Int(builder.block(of: "BOOT/K\u{1B}RNEL")) * 2048
    bytes[start + 100] ^= 1
    // The directories of the stick lead nowhere.
    for place in (16 * 2048)..<(17 * 2048) { bytes[place] = 0 }
    try directory.write(bytes, to: "stick")
    let (status, world) = await verify(directory)
    #expect(status == 1)
    #expect(world.stderr.text.contains("is in the file /BOOT/K\\x1bRNEL (ISO 9660)"), "\(world.stderr.text)")
    let (_, json) = await verify(directory, "--json")
    #expect(
      json.stdout.text.contains(#""path":"/BOOT/K\u001bRNEL","directory":false,"fileSystem":"ISO 9660""#))
  }

  /// A FAT image, and a stick on which its flag of a mounted file system is set and more is changed.
  private func mountedBench(_ change: (inout [UInt8]) -> Void) throws -> ScratchDirectory {
    let directory = try ScratchDirectory()
    var builder = FATImageBuilder()
    builder.add("A.TXT", [UInt8](repeating: 0x41, count: 5000))
    var bytes = builder.build()
    try directory.write(bytes, to: "image")
    bytes[37] ^= 1
    change(&bytes)
    try directory.write(bytes, to: "stick")
    return directory
  }

  @Test("R46: a stick that was mounted is not to blame, and what it holds is told all the same")
  func mounted() async throws {
    let (status, world) = await verify(try mountedBench { _ in })
    let text = world.stderr.text
    #expect(status == 1 && text.contains("not to blame"), "\(text)")
    #expect(text.contains("differ in single bits, 1 in all") && !text.contains("worn-out"), "\(text)")
    let lost = try mountedBench {
      $0.replaceSubrange(($0.count - 4096)..<$0.count, with: repeatElement(0xFF, count: 4096))
    }
    let (_, blamed) = await verify(lost)
    #expect(!blamed.stderr.text.contains("not to blame"), "\(blamed.stderr.text)")
    #expect(
      blamed.stderr.text.contains("8 of 9 differing blocks of 512 bytes that were looked at read as 0xFF"))
  }

  @Test("R42: no mount has a medium read differently each time, or begin anew")
  func unstable() throws {
    let directory = try mountedBench { _ in }
    let image = try directory.contents("image")
    let report = try ImageInspector.inspect(image)
    let medium = try MediumReader(opening: "\(directory.path)/stick", expecting: nil, diskSequence: nil)
    var differences = Differences()
    differences.addMissing(0..<512)
    let (steady, shifted) = (
      differences.mounted(in: report, on: medium),
      Displacement(
        distance: 1 << 20, isBehind: true, blockCount: 1, soughtCount: 1, isWrap: true)
    )
    #expect(steady.map(\.kind) == ["FAT12"])
    differences.damage.displacement = shifted
    let wrapped = differences.mounted(in: report, on: medium)
    #expect(wrapped.isEmpty)
    differences.damage.displacement = nil
    differences.damage.unstableBlockCount = 1
    let unstable = differences.mounted(in: report, on: medium)
    #expect(unstable.isEmpty)
  }

  @Test("a stick that is too small is another one")
  func tooSmall() async throws {
    let directory = try bench { _ in }
    try directory.write([UInt8](repeating: 0, count: 1 << 20), to: "stick")
    let (status, world) = await verify(directory)
    #expect(status == 1)
    #expect(world.stderr.text.contains("[medium-too-small]"))
  }

  @Test("differences are named after the partitions that they fall in")
  func areas() {
    var report = ImageReport(byteCount: 64 << 20)
    report.mbr = ImageReport.MBRSummary(loader: nil, entries: [])
    report.gpt = ImageReport.GPTSummary(
      headerValid: true, entriesValid: true, backup: .ok, sectorSize: 512,
      partitions: [
        ImageReport.GPTSummary.Partition(index: 1, typeGUID: "", name: "EFI", firstLBA: 2048, lastLBA: 4095),
        ImageReport.GPTSummary.Partition(
          index: 2, typeGUID: "", name: "\u{1B}x", firstLBA: 4096, lastLBA: .max),
      ])
    let names = report.areas(before: report.byteCount).map(\.name.string)
    #expect(
      names == [
        "the master boot record", "the partition table (GPT)", "partition 1 \"EFI\"",
        "partition 2 \"\\x1bx\"",
      ])
    #expect(report.areas(before: report.byteCount).allSatisfy { $0.range.upperBound <= 64 << 20 })
  }
}

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

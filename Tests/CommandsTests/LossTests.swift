import DeviceProbe
import DeviceSafety
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

@Suite("R25: what is lost is told first")
struct LossTests {
  private func device(_ name: String) throws -> BlockDevice {
    try #require(Machines.workstation.devices.first { $0.name == name })
  }

  private func entry(_ device: BlockDevice) -> DeviceEntry {
    let snapshot = DeviceSnapshot(devices: [device])
    return DeviceEntry(device, in: snapshot, assessment: SafetyPolicy.assess(device, in: snapshot))
  }

  @Test("in plain words, with label, bytes in use and the day of the newest file, the weightiest first")
  func words() throws {
    #expect(
      entry(try device("sdb")).lossTexts.map(\.string) == [
        "photos in \"root\" on partition 2, 4.2 GB in use, last written 2025-10-09",
        "data in \"EFI\" on partition 1, 34.0 MB in use, last written 2022-04-15",
      ])
    #expect(
      entry(try device("mmcblk0")).lossTexts.map(\.string) == ["nothing: zeroes wherever it was looked"])
    let hostile = entry(try device("sdc")).lossTexts.map(\.string)
    #expect(hostile.count == 1)
    #expect(hostile.first?.hasPrefix("an installed Linux, backups (restic) in ") == true)
    #expect(hostile.joined().unicodeScalars.allSatisfy { $0.isPlain })
  }

  @Test("every state has its words, and none but blank says that nothing is lost")
  func states() throws {
    for state in ContentEvidence.State.allCases {
      var device = try device("sdb")
      var contents = Contents(table: .none)
      contents.evidence = ContentEvidence(state)
      device.contents = contents
      let text = entry(device).lossTexts.map(\.string).joined()
      #expect(text.contains("nothing") == (state == .blank), "\(state): \(text)")
      #expect(!text.isEmpty)
    }
    var unread = try device("sdb")
    unread.contents = nil
    #expect(entry(unread).lossTexts.map(\.string) == ["something that could not be looked at"])
  }

  @Test("a hundred partitions are told in a few lines, and dates that no clock has shown not at all")
  func bounded() throws {
    var device = try device("sdb")
    let partitions = (1...100).map { number in
      var partition = Contents.Partition(number: number, start: 0, byteCount: 1, type: "0x83")
      partition.evidence = ContentEvidence(
        .data, usedBytes: UInt64(number) << 30, newest: number % 2 == 0 ? .max : 0)
      return partition
    }
    device.contents = Contents(table: .gpt, partitions: partitions)
    let texts = entry(device).lossTexts.map(\.string)
    #expect(texts.count == 5)
    #expect(texts.first == "data on partition 100, \(SanitizedText(size: 100 << 30).string) in use")
    #expect(texts.last == "and what is on 96 more partitions")
  }

  @Test("a rehearsal tells it, and is refused where the write would be, option by option")
  func rehearsal() async throws {
    let scratch = try ScratchDirectory()
    try scratch.run("head -c 1300000 /dev/zero | tr '\\0' '\\245' >image")
    func rehearse(_ name: String, _ options: String...) async throws -> (Int32, String) {
      let world = FakeWorld(Machines.workstation)
      let id = entry(try device(name)).id.description
      let status = await Burin.run(
        ["write", "\(scratch.path)/image", id, "--dry-run"] + options, in: world.context)
      return (status.rawValue, world.stdout.text + world.stderr.text)
    }
    let plain = try await rehearse("sdb")
    #expect(plain.0 == 0)
    #expect(plain.1.contains("  holds   photos in \"root\" on partition 2"))
    let refused = try await rehearse("sdc")
    #expect(refused.0 == 2)
    for word in ["[target-holds-more]", "Linux", "restic", "--allow-system --allow-backup"] {
      #expect(refused.1.contains(word), "\(refused.1)")
    }
    #expect(try await rehearse("sdc", "--allow-system").0 == 2)
    #expect(try await rehearse("sdc", "--allow-system", "--allow-backup").0 == 0)
  }
}

import FuzzTargets
import ImageInspector
import Testing

@Suite("Areas of a medium, for verify") struct AreaTests {
  @Test("on a hybrid image: boot sector, system area, volume, partition and what lies behind")
  func hybrid() throws {
    let builder = HybridImage.builder()
    let image = builder.build()
    let report = try ImageInspector.inspect(image + [UInt8](repeating: 0, count: 4096))
    let esp = UInt64(builder.block(of: "boot/efi.img")) * 2048
    #expect(report.area(containing: 0).words == "the boot sector")
    #expect(report.area(containing: 600).words == "partition 1, the system area of the ISO")
    #expect(report.area(containing: 40_000).words == "partition 1, the ISO volume")
    #expect(report.area(containing: esp).words == "partition 2, the ISO volume")
    #expect(report.area(containing: esp + 32_768).words == "partition 1, the ISO volume")
    #expect(report.area(containing: UInt64(image.count)).words == "behind the ISO volume")
    #expect(report.area(containing: .max).region == .behindImage)
  }

  @Test("on a GPT disk: table, partitions by number and name, gaps")
  func gpt() {
    var facts = SyntheticFacts.disk()
    facts.gpt?.summary.partitions[0].name = "EFI"
    let report = ImageInspector.report(on: facts)
    #expect(report.area(containing: 511).region == .bootSector)
    #expect(report.area(containing: 512).region == .partitionTable)
    #expect(report.area(containing: 34 * 512).words == "outside all partitions")
    let partition = report.area(containing: 2048 * 512).partition
    #expect(partition?.number == 1)
    #expect(partition?.name == "EFI")
    #expect(report.area(containing: 2048 * 512).words == "partition 1")
  }

  @Test("on a superfloppy there is the file system")
  func superfloppy() throws {
    let report = try ImageInspector.inspect(FATImageBuilder().build())
    #expect(report.area(containing: 0).region == .bootSector)
    #expect(report.area(containing: 5000).words == "the file system")
  }
}

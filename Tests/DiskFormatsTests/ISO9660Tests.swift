import BlockIO
import DiskFormats
import FuzzTargets
import Testing

@Suite("ISO 9660") struct ISO9660Tests {
  private func open(_ image: [UInt8]) throws -> ISO9660Volume {
    let descriptors = try VolumeDescriptorSet(reading: image)
    return try #require(try ISO9660Volume(image, descriptors: descriptors))
  }

  private func builder() -> ISOImageBuilder {
    var builder = ISOImageBuilder()
    builder.add("EFI/BOOT/BOOTX64.EFI", Array("MZ loader".utf8))
    builder.add("README.TXT", Array(repeating: 7, count: 5000))
    return builder
  }

  @Test("a plain volume gives its descriptors, its tree and the bytes of its files")
  func plain() throws {
    let volume = try open(builder().build())
    #expect(volume.primary.volumeIdentifier == "BURIN")
    #expect(volume.primary.created?.description == "2026-01-31T12:00:00+02:00")
    #expect(volume.primary.byteOrdersAgree)
    #expect(volume.descriptors.isTerminated)
    #expect(!volume.hasRockRidge)
    let tree = try #require(volume.bestTree)
    #expect(tree.naming == .plain)
    let loader = try #require(try tree.node(at: "efi/boot/bootx64.efi"))
    let contents = tree.contents(of: loader)
    #expect(try contents.bytes(at: 0, count: Int(contents.byteCount)) == Array("MZ loader".utf8))
    #expect(try tree.node(at: "efi/boot/nothing") == nil)
    #expect(try tree.node(at: "readme.txt/below") == nil)
  }

  @Test("Joliet names are taken where there is no Rock Ridge")
  func joliet() throws {
    var builder = builder()
    builder.hasJoliet = true
    builder.add("Ein längerer Name.txt", [1])
    let volume = try open(builder.build())
    #expect(volume.descriptors.jolietLevel == 3)
    #expect(volume.descriptors.joliet?.volumeIdentifier == "BURIN")
    let tree = try #require(volume.bestTree)
    #expect(tree.naming == .joliet)
    #expect(try tree.node(at: "ein längerer name.txt")?.byteCount == 1)
  }

  @Test("a missing terminator, and none of the descriptors at all")
  func terminator() throws {
    var image = builder().build()
    image[19 * 2048 + 1] = 0
    #expect(try !VolumeDescriptorSet(reading: image).isTerminated)
    #expect(try VolumeDescriptorSet(reading: image).primary != nil)
    #expect(try VolumeDescriptorSet(reading: [UInt8](repeating: 0, count: 100_000)).primary == nil)
    #expect(try VolumeDescriptorSet(reading: [UInt8]()).count == 0)
  }

  @Test("High Sierra and CD-i are recognised and not read")
  func relatives() throws {
    var image = [UInt8](repeating: 0, count: 65_536)
    image.overwrite(at: 32_768 + 9, with: Array("CDROM".utf8))
    #expect(try VolumeDescriptorSet(reading: image).relative == .highSierra)
    image.overwrite(at: 32_768 + 1, with: Array("CD-I ".utf8) + [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(try VolumeDescriptorSet(reading: image).relative == .cdInteractive)
  }

  @Test("one hundred descriptors are enough")
  func descriptorLimit() throws {
    var image = [UInt8](repeating: 0, count: 32_768 + 200 * 2048)
    for index in 0..<200 { image.overwrite(at: 32_768 + index * 2048, with: [3] + Array("CD001".utf8) + [1]) }
    #expect(try VolumeDescriptorSet(reading: image).count == 100)
  }

  @Test("byte orders that disagree are an anomaly, and the little-endian one is taken")
  func byteOrders() throws {
    var image = builder().build()
    image[16 * 2048 + 84] ^= 0xFF
    let root = 21 * 2048
    // The third record of the root is EFI; its big-endian length is at byte 14.
    image[root + 68 + 14] ^= 0xFF
    let volume = try open(image)
    #expect(!volume.primary.byteOrdersAgree)
    let tree = try #require(volume.bestTree)
    #expect(try tree.listing(of: tree.root).anomalies.map(\.kind) == [.byteOrdersDisagree])
    #expect(try tree.node(at: "EFI/BOOT/BOOTX64.EFI") != nil)
  }

  @Test("a directory that contains itself ends the walk")
  func cycle() throws {
    var image = builder().build()
    let root = 21 * 2048
    image.overwrite(at: root + 68 + 2, with: both(21))
    let tree = try #require(try open(image).bestTree)
    var count = 0
    let anomalies = try TreeWalk().visit(tree) { _, _ in count += 1 }
    #expect(anomalies.map(\.kind) == [.cycle])
    #expect(count == 2)
  }

  @Test("a record of a wrong length ends its block", arguments: [1, 33])
  func recordLength(_ length: UInt8) throws {
    var image = builder().build()
    image[21 * 2048 + 68] = length
    let tree = try #require(try open(image).bestTree)
    #expect(try tree.listing(of: tree.root).anomalies.contains { $0.kind == .badRecordLength })
  }

  @Test("a record does not cross the end of its block")
  func recordAcrossBlock() throws {
    var builder = ISOImageBuilder()
    builder.add("A", [1])
    var image = builder.build()
    let root = 21 * 2048
    image.overwrite(at: root + 68, with: [UInt8](repeating: 0, count: 2048 - 68))
    var position = 68
    while position < 2048 {
      let record = ISOImageBuilder.record([0x42], block: 30, count: 1, flags: 0)
      let fitting = record.prefix(2048 - position)
      image.overwrite(at: root + position, with: fitting)
      position += record.count
    }
    let tree = try #require(try open(image).bestTree)
    #expect(try tree.listing(of: tree.root).anomalies.map(\.kind) == [.badRecordLength])
  }

  @Test("a file of several extents is one file")
  func multiExtent() throws {
    var image = builder().build()
    let root = 21 * 2048
    var records: [UInt8] = []
    records += ISOImageBuilder.record(Array("BIG;1".utf8), block: 24, count: 4096, flags: 0x80)
    records += ISOImageBuilder.record(Array("BIG;1".utf8), block: 26, count: 100, flags: 0)
    records += ISOImageBuilder.record(Array("BIG;1".utf8), block: 26, count: 100, flags: 0)
    image.overwrite(at: root + 68, with: records + [0])
    let tree = try #require(try open(image).bestTree)
    let nodes = try tree.listing(of: tree.root).nodes
    #expect(nodes.map(\.byteCount) == [4196, 100])
    #expect(try tree.contents(of: nodes[0]).bytes(at: 4000, count: 196).count == 196)
  }

  @Test("an extent behind the end is an anomaly and its bytes an error")
  func beyondEnd() throws {
    var image = builder().build()
    image.overwrite(
      at: 21 * 2048 + 68, with: ISOImageBuilder.record([0x41], block: .max, count: .max, flags: 0))
    let tree = try #require(try open(image).bestTree)
    let listing = try tree.listing(of: tree.root)
    #expect(listing.anomalies.map(\.kind).contains(.extentBeyondEnd))
    let contents = tree.contents(of: try #require(listing.nodes.first))
    #expect(contents.isTruncated)
    #expect(throws: ByteReadError.self) { try contents.bytes(at: 0, count: 1) }
  }

  @Test("versions and the dots of empty extensions are not shown")
  func names() throws {
    var builder = ISOImageBuilder()
    builder.add("KERNEL.", [1])
    builder.add("A;B", [2])
    let tree = try #require(try open(builder.build()).bestTree)
    #expect(try tree.listing(of: tree.root).nodes.map(\.name) == ["KERNEL", "A;B"])
  }

  @Test(
    "dates",
    arguments: [
      ("0000000000000000", 0, nil), ("2026023112000000", 0, "2026-02-31T12:00:00Z"),
      ("2026133112000000", 0, nil), ("1999123123595999", -20, "1999-12-31T23:59:59-05:00"),
      ("2026 13112000000", 0, nil), ("2026013112000000", 127, "2026-01-31T12:00:00Z"),
    ] as [(String, Int8, String?)])
  func dates(_ digits: String, _ quarters: Int8, _ expected: String?) {
    let date = ISO9660Date(parsing: Array(digits.utf8) + [UInt8(bitPattern: quarters)])
    #expect(date?.description == expected)
  }
}

import BlockIO
import DiskFormats
import FuzzTargets
import Testing

@Suite("UDF") struct UDFTests {
  private func tree(_ image: [UInt8]) throws -> UDFTree {
    let recognition = try #require(try UDFRecognition(reading: image))
    let volume = try #require(try UDFVolume(image, recognition: recognition))
    return try #require(try volume.tree())
  }

  @Test("a volume as Windows media have it gives its names and its files")
  func plain() throws {
    let large = [UInt8](repeating: 9, count: 5000)
    let image = UDFImage.build([("bootmgr", [1, 2, 3]), ("sources/install.wim", large)])
    let recognition = try #require(try UDFRecognition(reading: image))
    let volume = try #require(try UDFVolume(image, recognition: recognition))
    #expect(volume.revision == "1.02")
    #expect(volume.volumeIdentifier == "BURIN")
    #expect(volume.byteCount == UInt64(image.count))
    let tree = try tree(image)
    let node = try #require(try tree.node(at: "SOURCES/INSTALL.WIM"))
    let contents = try tree.contents(of: node)
    #expect(try contents.bytes(at: 0, count: 5000) == large)
    #expect(try tree.node(at: "bootmgr") != nil)
    #expect(try tree.node(at: "bootmgr/x") == nil)
  }

  @Test("without recognition or anchor there is no volume")
  func missing() throws {
    #expect(try UDFRecognition(reading: [UInt8](repeating: 0, count: 100_000)) == nil)
    var image = UDFImage.build()
    image[256 * 2048 + 4] ^= 1
    let recognition = try #require(try UDFRecognition(reading: image))
    #expect(recognition.anchorOffset == nil)
    #expect(try UDFVolume(image, recognition: recognition) == nil)
  }

  @Test("wrong tags make anomalies or errors, never traps", arguments: [1, 2])
  func tags(_ block: Int) throws {
    var image = UDFImage.build()
    image[(257 + block) * 2048 + 4] ^= 1
    let tree = try tree(image)
    #expect(try tree.listing(of: tree.root).anomalies.map(\.kind) == [.badTag])
  }

  @Test("a directory that contains itself ends the walk")
  func cycle() throws {
    var image = UDFImage.build([("a/b", [1])])
    // The root's first record names the directory; let it name the root.
    let record = (257 + 2) * 2048
    image[record + 24] = 1
    let anomalies = try TreeWalk().visit(try tree(image)) { _, _ in }
    #expect(anomalies.map(\.kind) == [.cycle])
  }

  @Test("allocation that goes on for ever is an error")
  func endlessAllocation() throws {
    var image = UDFImage.build([("file", [1])])
    let entry = (257 + 3) * 2048
    // The upper two bits: the list goes on in block 4, where the list goes on in block 4.
    image.overwrite(at: entry + 176, with: little(3 << 30 | 2048) + little(4))
    var chain = [UInt8](repeating: 0, count: 32)
    chain.overwrite(at: 0, with: [2, 1, 2, 0])
    chain.overwrite(at: 20, with: little(8) + little(3 << 30 | 2048) + little(4))
    chain[4] = (0..<16).reduce(UInt8(0)) { $1 == 4 ? $0 : $0 &+ chain[$1] }
    image.overwrite(at: (257 + 4) * 2048, with: chain)
    let tree = try tree(image)
    let node = try #require(try tree.node(at: "file"))
    #expect(throws: FormatError.self) { try tree.contents(of: node) }
  }
}

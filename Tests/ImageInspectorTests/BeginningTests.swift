import BlockIO
import FuzzTargets
import TestSupport
import Testing

@testable import ImageInspector

@Suite("What the beginning of an image says of the rest")
struct BeginningTests {
  private static let images = [HybridImage.build(), UDFImage.build(), FATImageBuilder().build()]

  @Test("R44: the least length is where nothing is missing any more, to the block", arguments: images.indices)
  func least(index: Int) throws {
    let image = Self.images[index]
    let least = try #require(try ImageInspector.inspect(image).leastByteCount)
    try #require(least > 512 && least <= image.byteCount)
    #expect(try ImageInspector.inspect(Array(image.prefix(Int(least)))).truncatedBy == 0)
    #expect(try ImageInspector.inspect(Array(image.prefix(Int(least) - 512))).truncatedBy > 0)
  }

  @Test("the beginning promises what the whole does, and is not called cut off", arguments: images.indices)
  func promises(index: Int) throws {
    let image = Self.images[index] + [UInt8](repeating: 0, count: 1 << 20)
    let whole = try ImageInspector.inspect(image)
    let beginning = Array(image.dropLast(1 << 19))
    let report = try ImageInspector.inspect(beginning: beginning)
    #expect(report.seenByteCount == beginning.byteCount && report.byteCount == beginning.byteCount)
    #expect(report.truncatedBy == 0 && report.kind == whole.kind)
    #expect(report.leastByteCount == whole.leastByteCount)
  }

  @Test("a packed beginning is looked at like a packed file that goes on")
  func packed() throws {
    let image = HybridImage.build() + [UInt8].random(1 << 20, seed: 6)
    let file = gzip(image)
    let report = try ImageInspector.inspect(beginning: Array(file.dropLast(5000)))
    #expect(report.compression == "gzip" && report.unpacked?.kind == .iso9660)
    #expect(report.verdict == .decompress && report.seenByteCount == UInt64(file.count - 5000))
    #expect(report.leastByteCount == (try ImageInspector.inspect(image).leastByteCount))
  }

  @Test("the beginning of a disk container is no beginning of the disk in it, and is told as what it is")
  func container() throws {
    let magic: [UInt8] = [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3]
    let report = try ImageInspector.inspect(beginning: magic + [UInt8].random(1 << 16, seed: 8))
    #expect(report.kind == .container && report.unpacked == nil)
    #expect(report.findings.map(\.id).contains(FindingID.container.rawValue))
  }

  @Test("nothing but noise promises nothing")
  func noise() throws {
    let report = try ImageInspector.inspect(beginning: [UInt8].random(1 << 16, seed: 7))
    #expect(report.leastByteCount == 0)
  }
}

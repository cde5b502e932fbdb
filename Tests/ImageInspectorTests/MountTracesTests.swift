import FuzzTargets
import ImageInspector
import Testing

@Suite("R46: traces of a mount")
struct MountTracesTests {
  private func traces(_ image: [UInt8]) throws -> MountTraces {
    MountTraces(of: try ImageInspector.inspect(image), in: image)
  }

  private func block(_ offset: Int) -> Range<UInt64> { UInt64(offset)..<UInt64(offset + 512) }

  /// An MBR disk of 8 MiB whose second partition, 4 MiB from 2 MiB on, looks like ext4.
  private var extDisk: [UInt8] {
    var image = [UInt8](repeating: 0, count: 8 << 20)
    image[510] = 0x55
    image[511] = 0xAA
    for (place, first) in [(446, 2048), (462, 4096)] {
      image[place + 4] = 0x83
      for index in 0..<4 {
        image[place + 8 + index] = UInt8(first >> (8 * index) & 0xFF)
        image[place + 12 + index] = UInt8((place == 446 ? 2048 : 8192) >> (8 * index) & 0xFF)
      }
    }
    image[(2 << 20) + 1024 + 0x38] = 0x53
    image[(2 << 20) + 1024 + 0x39] = 0xEF
    return image
  }

  @Test("FAT: the boot sector, the tables and the root directory are explained, a file's bytes are not")
  func fat() throws {
    var builder = FATImageBuilder()
    builder.add("README.TXT", [UInt8](repeating: 0x41, count: 5000))
    let image = builder.build()
    let traces = try traces(image)
    #expect(traces.fileSystems.count == 1)
    // In the middle of the run of bytes that only the file has.
    let last = try #require(image.start(ofRun: 1024, of: 0x41)) + 512
    #expect(traces.explaining([block(0)])?.first?.kind.hasPrefix("FAT") == true)
    #expect(traces.explaining([block(0), block(512)]) != nil)
    #expect(traces.explaining([block(last / 512 * 512)]) == nil)
    #expect(traces.explaining([block(0), block(last / 512 * 512)]) == nil)
  }

  @Test("ext: a new time in the superblock explains the whole file system, and nothing outside of it")
  func ext() throws {
    let traces = try traces(extDisk)
    let superblock = (2 << 20) + 1024
    #expect(traces.explaining([block(superblock)])?.map(\.partition) == [2])
    #expect(traces.explaining([block(superblock), block(5 << 20)]) != nil)
    #expect(traces.explaining([block(5 << 20)]) == nil)
    #expect(traces.explaining([block(superblock), block(1 << 20)]) == nil)
    #expect(traces.explaining([block(0), block(superblock)]) == nil)
    #expect(traces.explaining([block(superblock), block(7 << 20)]) == nil)
  }

  @Test("nothing is explained where nothing differs, and where no file system is")
  func nothing() throws {
    #expect(try traces(extDisk).explaining([]) == nil)
    #expect(try traces([UInt8](repeating: 0x42, count: 1 << 20)).explaining([block(0)]) == nil)
  }

  @Test("tables whose numbers lead anywhere are survived", arguments: 0..<64)
  func hostile(seed: Int) throws {
    var image = extDisk
    for index in 0..<64 { image[446 + index] ^= UInt8(truncatingIfNeeded: (seed &* 37) &* (index &+ 11)) }
    let traces = try traces(image)
    #expect(traces.explaining([UInt64.max - 512..<UInt64.max]) == nil)
  }
}

extension [UInt8] {
  /// Where the first run of so many equal bytes begins.
  fileprivate func start(ofRun count: Int, of byte: UInt8) -> Int? {
    indices.dropLast(count).first { start in self[start..<(start + count)].allSatisfy { $0 == byte } }
  }
}

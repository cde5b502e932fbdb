import DiskFormats
import Testing

@Suite("Apple partition maps")
struct ApplePartitionMapTests {
  struct Part {
    var start: UInt32
    var count: UInt32
    var type: String
  }

  static func disk(
    blockSize: UInt16, stride: Int, parts: [Part], stated: UInt32? = nil, byteCount: Int = 1 << 20
  ) -> [UInt8] {
    var writer = ByteWriter(count: byteCount)
    if blockSize != 0 {
      writer.put("ER".utf8, at: 0)
      writer.putBigEndian(blockSize, at: 2)
    }
    for (index, part) in parts.enumerated() {
      let place = (index + 1) * stride
      writer.put("PM".utf8, at: place)
      writer.putBigEndian(stated ?? UInt32(parts.count), at: place + 4)
      writer.putBigEndian(part.start, at: place + 8)
      writer.putBigEndian(part.count, at: place + 12)
      writer.put("name".utf8, at: place + 16)
      writer.put(part.type.utf8, at: place + 48)
    }
    return writer.bytes
  }

  static let parts = [
    Part(start: 1, count: 4, type: "Apple_partition_map"), Part(start: 100, count: 300, type: "Apple_HFS"),
  ]

  @Test("entries and unit of an ISO's map", arguments: [512, 2048])
  func plain(_ size: Int) throws {
    let disk = Self.disk(blockSize: UInt16(size), stride: size, parts: Self.parts)
    let map = try #require(try ApplePartitionMap(in: disk))
    #expect(map.statedBlockSize == size)
    #expect(map.unit == size)
    #expect(map.entries.map(\.type) == ["Apple_partition_map", "Apple_HFS"])
    #expect(map.offset(of: map.entries[1]) == UInt64(100 * size))
    #expect(map.defects == [])
  }

  @Test("syslinux's isohybrid counts in 512 bytes although Block0 says 2048")
  func isohybrid() throws {
    let disk = Self.disk(
      blockSize: 2048, stride: 2048,
      parts: [Self.parts[0], Part(start: 1000, count: 1000, type: "Apple_HFS")])
    let map = try #require(try ApplePartitionMap(in: disk))
    #expect(map.statedBlockSize == 2048)
    #expect(map.unit == 512)
    #expect(map.defects == [])
  }

  @Test("a count that no entries follow ends at the last one, however large")
  func counts() throws {
    let disk = Self.disk(blockSize: 512, stride: 512, parts: Self.parts, stated: .max)
    let map = try #require(try ApplePartitionMap(in: disk))
    #expect(map.entries.count == 2)
    #expect(map.defects == [.entriesMissing(stated: .max, found: 2)])
  }

  @Test("a partition beyond the end is told")
  func beyondEnd() throws {
    let part = Part(start: .max, count: .max, type: "Apple_HFS")
    let map = try #require(try ApplePartitionMap(in: Self.disk(blockSize: 512, stride: 512, parts: [part])))
    #expect(map.defects == [.beyondEnd(index: 1, endOffset: 2 * 0xFFFF_FFFF * 512)])
  }

  @Test("without Block0 two letters are no map, unless it describes itself")
  func withoutBlock0() throws {
    #expect(try ApplePartitionMap(in: Self.disk(blockSize: 0, stride: 512, parts: [Self.parts[1]])) == nil)
    let map = try ApplePartitionMap(in: Self.disk(blockSize: 0, stride: 512, parts: Self.parts))
    #expect(map?.defects == [.block0Missing])
    #expect(try ApplePartitionMap(in: [UInt8]()) == nil)
  }
}

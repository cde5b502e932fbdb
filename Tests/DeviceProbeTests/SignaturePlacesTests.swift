import TestSupport
import Testing

@testable import DeviceProbe

@Suite("what is read ahead of libblkid")
struct SignaturePlacesTests {
  @Test("almost every block that libblkid reads of a blank disk", arguments: [16, 1000, 65_537])
  func oracle(mebibytes: UInt64) throws {
    let scratch = try ScratchDirectory()
    try scratch.run(
      "truncate -s \(mebibytes)M disk; strace -o trace -e trace=lseek blkid -p disk || test $? = 2")
    let trace = String(decoding: try scratch.contents("trace"), as: UTF8.self)
    let places = trace.split(separator: "\n").compactMap {
      $0.split(separator: " ").last.flatMap { UInt64($0) }
    }
    let ranges = SignaturePlaces.ranges(in: mebibytes << 20)
    let waitedFor = places.filter { place in !ranges.contains { $0.contains(place) } }
    #expect(places.count > 30)
    #expect(waitedFor.count <= 4, "\(waitedFor)")
  }

  @Test(
    "whole pages within the disk, each once, of disks of any size",
    arguments: [0, 1, 512, 4096, 262_144, 270_336, 270_848, 274_944, 1 << 20, 4_194_304, 4_198_912, 1 << 42])
  func bounds(byteCount: UInt64) {
    let ranges = SignaturePlaces.ranges(in: byteCount)
    #expect(ranges.allSatisfy { $0.upperBound <= byteCount && $0.lowerBound % 4096 == 0 })
    #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
    #expect(ranges.first?.lowerBound == 0 && ranges.last?.upperBound == byteCount)
    #expect(ranges.map(\.count).reduce(0, +) <= 340 << 10)
  }
}

import BlockIO
import BlockMap
import DeviceProbe
import DeviceSafety
import ImageSource
import ImageSupport
import TestSupport
import Testing

@testable import Writer

extension LoopDeviceTests {
  /// What a map leaves out, on a real device.
  @Suite("A write by a block map")
  struct BlockMapTests {
    @Test(
      "R37: what is mapped arrives, what is not keeps what it had, and old signatures in holes are gone",
      arguments: [512, 4096])
    func mapped(blockSize: Int) async throws {
      let capacity = 12 * mebibyte
      let loop = try LoopDevice(byteCount: capacity, blockSize: blockSize, fill: 0xEE)
      try loop.run("mkfs.ext4 -q -F $D")
      let before = try loop.contents()
      let content = [UInt8].random(9 * mebibyte + 777, seed: UInt64(blockSize))
      let ranges: [Range<UInt64>] = [
        0..<8192, 2_097_152..<2_101_248, 6_291_456..<8_388_608, 9_437_184..<UInt64(content.count),
      ]
      let shape = BlockMap(
        imageByteCount: UInt64(content.count), blockByteCount: 4096,
        ranges: ranges.map { MappedRange($0) })
      let map = shape.described(by: content)
      try loop.scratch.write(content, to: "image")
      let image = try RawImage(opening: loop.scratch.path + "/image", acceptsDevice: false)
      let pending = try loop.open(lifting: [.unknownContent, .backup])
      let plan = try WritePlan(
        imageLength: image.length, geometry: pending.identity.geometry,
        staleSignatures: try pending.staleSignatures() + [3_145_728..<3_145_736], digest: .sha256, map: map)
      let id = pending.consent.id
      let target = try pending.approve(confirming: .typed(id: id))
      _ = try await ImageWriter.write(image, plan: plan, to: target, progress: ProgressMeter())
      let after = try loop.contents()
      for range in map.ranges.map(\.bytes) {
        let place = Int(range.lowerBound)..<Int(range.upperBound)
        #expect(after[place] == content[place])
      }
      let layout = try #require(plan.layout)
      for range in layout.emptyRanges {
        #expect(after[Int(range.lowerBound)..<Int(range.upperBound)].holdsOnly(0))
      }
      let written = [0..<UInt64(layout.headByteCount)] + layout.bodyPieces.map(\.self)
      let kept = [0..<UInt64(capacity)].subtracting(written).subtracting(plan.erasedRanges)
      #expect(!kept.isEmpty)
      for range in kept {
        let place = Int(range.lowerBound)..<Int(range.upperBound)
        #expect(after[place] == before[place])
      }
      #expect(try loop.run("blkid -p $D || test $? = 2").isEmpty, "nothing old is recognised any more")
      let reader = try MediumReader(opening: loop.path, expecting: nil, diskSequence: nil, of: loop)
      let report = try await MediumVerifier.verify(
        image, against: reader, map: map, progress: ProgressMeter())
      #expect(report.differences.isEmpty && report.differences.comparedByteCount == map.mappedByteCount)
    }
  }
}

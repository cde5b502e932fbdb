import BlockIO
import ImageSupport
import TestSupport
import Testing

@testable import BlockMap

@Suite("The files of block maps")
struct BlockMapTests {
  @Test("every version of the format is read, with what it says of its ranges")
  func versions() throws {
    let sha1 = String(repeating: "ab", count: 20)
    let sha256 = String(repeating: "Cd", count: 32)
    var file = MapFile(ranges: "<Range chksum=\"\(sha256)\"> 0 </Range>\n<Range>2-2</Range>")
    for version in ["2.0", "1.4", "2.1"] {
      file.version = version
      let map = try file.parsed()
      #expect(map.imageByteCount == 10_000 && map.blockByteCount == 4096 && map.mappedByteCount == 5904)
      #expect(map.algorithm == .sha256)
      #expect(map.ranges.map(\.bytes) == [0..<4096, 8192..<10_000], "the last block ends with the image")
      #expect(map.ranges.map(\.digest) == [[UInt8](repeating: 0xCD, count: 32), nil])
    }
    file = MapFile(
      version: "1.3", algorithm: nil, ownChecksum: "BmapFileSHA1",
      ranges: "<Range sha1='\(sha1)'> 0 - 0 </Range><Range> 2 </Range>")
    #expect(try file.parsed().ranges.first?.digest == [UInt8](repeating: 0xAB, count: 20))
    file.version = "1.2"
    file.ownChecksum = nil
    #expect(try file.parsed().algorithm == .sha1)
    file.ranges = "<Range> 0 </Range> <Range> 2 </Range>"
    #expect(try file.parsed().algorithm == nil)
    for version in ["3.0", "1.5", "0.9", "2", "2.", "2.x", "two", ""] {
      #expect(MapFile(version: version).reason == .version, "\(version)")
    }
  }

  @Test(
    "every digest that Python knows by a name of its own is understood", arguments: DigestAlgorithm.allCases)
  func digests(algorithm: DigestAlgorithm) throws {
    var file = MapFile(algorithm: algorithm.pythonName)
    #expect(file.reason == nil)
    file.algorithm = algorithm.pythonName.uppercased()
    #expect(file.reason == nil)
  }

  @Test("R50: one changed byte anywhere in the file is noticed")
  func ownChecksum() throws {
    let file = MapFile().bytes
    for index in file.indices {
      var other = file
      other[index] ^= 1
      #expect(throws: BlockMapError.self, "byte \(index)") { try BlockMap(parsing: other) }
    }
    #expect(MapFile(ownChecksum: nil).reason == .missing(.ownChecksum))
    #expect(MapFile(algorithm: nil).reason == .missing(.checksumType))
    #expect(MapFile(algorithm: "crc32").reason == .value(.checksumType))
  }

  @Test("what does not fit together is refused")
  func senseless() {
    #expect(MapFile(blocks: "4").reason == .blockCount)
    #expect(MapFile(mapped: "3").reason == .mappedBlockCount)
    #expect(MapFile(imageByteCount: "0").reason == .value(.imageSize))
    #expect(MapFile(imageByteCount: "18446744073709551615").reason == .value(.imageSize))
    #expect(MapFile(imageByteCount: "99999999999999999999").reason == .value(.imageSize))
    #expect(MapFile(imageByteCount: "-1").reason == .value(.imageSize))
    #expect(MapFile(blockByteCount: "0").reason == .value(.blockSize))
    #expect(MapFile(blockByteCount: "511").reason == .value(.blockSize))
    #expect(MapFile(more: "<ImageSize> 1 </ImageSize>").reason == .repeated(.imageSize))
    #expect(MapFile(ranges: "<Range>2</Range><Range>0</Range>").reason == .order)
    #expect(MapFile(ranges: "<Range>0-1</Range><Range>1-2</Range>").reason == .order)
    #expect(MapFile(ranges: "<Range>0</Range><Range>3</Range>").reason == .bounds)
    #expect(MapFile(ranges: "<Range>18446744073709551615</Range>").reason == .bounds)
    for text in ["", " ", "x", "1-", "-1", "2-1", "0x1", "1 1", "1-2-3", "99999999999999999999"] {
      #expect(MapFile(ranges: "<Range>\(text)</Range>").reason == .range, "\(text)")
    }
    for checksum in ["", "ab", String(repeating: "g", count: 64), String(repeating: "a", count: 40)] {
      #expect(MapFile(ranges: "<Range chksum='\(checksum)'>0</Range>").reason == .rangeChecksum)
    }
    #expect(MapFile(mapped: "0", ranges: "").reason == nil, "nothing of an image may matter")
    #expect(MapFile(more: "<Later a='1'> words <Deep/> </Later>").reason == nil, "a later minor version")
  }

  @Test("what maps never hold is refused before it is understood")
  func forbidden() {
    #expect(MapFile(prologue: "<!DOCTYPE bmap [<!ENTITY a 'b'>]>").reason == .documentType)
    #expect(MapFile(more: "<A>&a;</A>").reason == .entity)
    #expect(MapFile(more: "<A>&#49;</A>").reason == .entity)
    #expect(MapFile(more: "<A>&lt;&gt;&amp;&quot;&apos;</A>").reason == nil)
    #expect(MapFile(prologue: "<?php ?>").reason == .construct)
    #expect(MapFile(more: "<A><![CDATA[1]]></A>").reason == .construct)
    #expect(MapFile(more: "<A><B><C><D/></C></B></A>").reason == .tooDeep)
    #expect(MapFile(more: "text").reason == .syntax)
    #expect(MapFile(more: "<A a='1' a='2'/>").reason == .syntax)
    #expect(MapFile(more: "<A a='<'/>").reason == .syntax)
    #expect(MapFile(more: "<A></B>").reason == .syntax)
    #expect(MapFile(more: "<A>\u{0}</A>").reason == .syntax)
    #expect(MapFile(more: "<!-- a -- b -->").reason == .syntax)
    #expect(MapFile(more: "<!-- never ends").reason == .syntax)
    #expect(MapFile(prologue: "text").reason == .syntax)
    #expect(MapFile(more: "<A>\(String(repeating: "1", count: 5000))</A>").reason == .syntax)
    #expect(MapFile(more: "<\(String(repeating: "a", count: 99))/>").reason == .syntax)
    #expect(throws: BlockMapError(.noMap, at: 0)) { try BlockMap(parsing: Array("<html/>".utf8)) }
    #expect(throws: BlockMapError(.syntax, at: 0)) { try BlockMap(parsing: []) }
    #expect(throws: BlockMapError(.syntax, at: 0)) { try BlockMap(parsing: MapFile().bytes.suffix(3) + [32]) }
    #expect(throws: BlockMapError.self) { try BlockMap(parsing: MapFile().bytes + Array("<bmap/>".utf8)) }
    #expect(throws: BlockMapError.self) { try BlockMap(parsing: MapFile().bytes, rangeLimit: 1) }
    #expect(throws: Never.self) { try BlockMap(parsing: MapFile().bytes, rangeLimit: 2) }
    let long = [UInt8](repeating: 0x20, count: BlockMap.largestFile + 1)
    #expect(throws: BlockMapError(.tooLarge, at: BlockMap.largestFile)) { try BlockMap(parsing: long) }
  }

  @Test("what is written is read back, whatever the map")
  func roundTrip() throws {
    for seed in 0..<60 as Range<UInt64> {
      let map = BlockMap.random(seed: seed)
      let file = try #require(map.serialised())
      #expect(try BlockMap(parsing: file) == map, "seed \(seed)")
    }
  }

  @Test("mapped parts and gaps of any part of an image are what a list of all bytes says")
  func parts() {
    for seed in 0..<40 as Range<UInt64> {
      let map = BlockMap.random(seed: seed, blockByteCount: 512, blocks: 24)
      var generator = SeededGenerator(seed: seed)
      let start = UInt64.random(in: 0...map.imageByteCount, using: &generator)
      let part = start..<(start + UInt64.random(in: 0...6000, using: &generator))
      let (mapped, gaps) = (map.mapped(in: part), map.gaps(in: part))
      for offset in part {
        let matters = map.ranges.contains { $0.bytes.contains(offset) }
        #expect(mapped.contains { $0.contains(offset) } == matters)
        #expect(gaps.contains { $0.contains(offset) } == !matters)
      }
      for (one, next) in zip(mapped, mapped.dropFirst()) { #expect(one.upperBound < next.lowerBound) }
    }
  }

  @Test("R50: a range is checked over exactly its bytes, however they come")
  func checking() throws {
    for seed in 0..<40 as Range<UInt64> {
      let map = BlockMap.random(seed: seed, blockByteCount: 512, blocks: 40, hasDigests: true)
      let image = [UInt8].random(Int(map.imageByteCount), seed: seed)
      let honest = map.described(by: image)
      #expect(Self.mismatch(of: image, with: honest, seed: seed) == nil)
      for range in honest.ranges {
        var other = image
        other[Int(range.bytes.upperBound) - 1] ^= 0x80
        guard case .range(range.bytes, .sha256, _, _) = Self.mismatch(of: other, with: honest, seed: seed)
        else {
          Issue.record("seed \(seed), \(range.bytes)")
          continue
        }
      }
      for gap in honest.gaps(in: 0..<honest.imageByteCount) {
        var other = image
        other[Int(gap.lowerBound)] ^= 1
        #expect(Self.mismatch(of: other, with: honest, seed: seed) == nil, "what does not matter")
      }
    }
  }

  private static func mismatch(of image: [UInt8], with map: BlockMap, seed: UInt64) -> MapMismatch? {
    let checker = MapChecker(map)
    var generator = SeededGenerator(seed: seed)
    var position = 0
    while position < image.count {
      let count = min(Int.random(in: 1...3000, using: &generator), image.count - position)
      // Safe: every byte of a UInt8 is initialised.
      let bytes = unsafe image.span.extracting(position..<(position + count)).bytes
      do throws(MapMismatch) { try checker.add(bytes) } catch { return error }
      position += count
    }
    return nil
  }

  @Test("a map is built of what comes by, block by block")
  func building() {
    for seed in 0..<40 as Range<UInt64> {
      let map = BlockMap.random(seed: seed, blockByteCount: 512, blocks: 40, hasDigests: true)
      let image = [UInt8].random(Int(map.imageByteCount), seed: seed)
      var builder = MapBuilder(blockByteCount: 512)
      for start in stride(from: 0, to: map.imageByteCount, by: 512) {
        let block = start..<min(start + 512, map.imageByteCount)
        guard map.gaps(in: block).isEmpty else {
          builder.skip(UInt64(block.count))
          continue
        }
        // Safe: every byte of a UInt8 is initialised.
        builder.add(unsafe image.span.extracting(Int(block.lowerBound)..<Int(block.upperBound)).bytes)
      }
      let built = builder.finish()
      #expect(built == map.described(by: image), "seed \(seed)")
    }
  }
}

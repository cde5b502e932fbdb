import BlockIO
import Decompression
import TestSupport
import Testing

@testable import Unpacking

/// Archives as small as they may be, of every kind.
private let small: [(name: String, script: String)] = [
  ("zip", "zip -q -X a.zip image; cat a.zip"), ("zip, streamed", "cat image | zip -q -X - -"),
  ("zip, stored", "zip -q -X -0 a.zip image; cat a.zip"),
  ("zip64", "zip -q -X -fz a.zip image; cat a.zip"), ("7z", "7z a -bd a.7z image >/dev/null; cat a.7z"),
  ("7z, plain", "7z a -bd -mhc=off -m0=Copy a.7z image >/dev/null; cat a.7z"),
]

@Suite("R49: archives that somebody has changed")
struct ForgedArchiveTests {
  private let content: [UInt8] = .random(600, seed: 5)

  @Test("no flipped bit gives another image", arguments: small.indices)
  func flips(index: Int) throws {
    let packed = try archive(content, small[index].script)
    #expect(try unpack(packed).content == content)
    var (refused, same) = (0, 0)
    for place in packed.indices {
      var forged = packed
      forged[place] ^= 1 << UInt8(place % 8)
      guard let unpacked = try? unpack(forged) else {
        refused += 1
        continue
      }
      #expect(unpacked.content == content, "a flip at \(place) of \(small[index].name)")
      same += 1
    }
    // Times, versions and attributes are all that may differ.
    #expect(refused > content.count && same < 120, "\(small[index].name): \(same) of \(packed.count)")
  }

  @Test("every shorter file is refused, and so is a longer one", arguments: small.indices)
  func lengths(index: Int) throws {
    let packed = try archive(content, small[index].script)
    for count in 0..<packed.count {
      #expect(unpackingError(Array(packed.prefix(count))) != nil, "\(count) bytes of \(small[index].name)")
    }
    let end = UInt64(packed.count)
    for garbage in [[0], [UInt8](repeating: 0, count: 4096), .random(100, seed: 1)] as [[UInt8]] {
      #expect(unpackingError(packed + garbage) == .decoding(.trailingGarbage(offset: end), layer: 0))
    }
  }

  @Test("a tar file that is cut off, goes on or has a wrong header is refused")
  func tar() throws {
    let packed = try archive(content, "tar c image")
    let end = 512 + 1024
    for count in stride(from: 512, to: end + 1024, by: 100) {
      let error = unpackingError(Array(packed.prefix(count)))
      #expect(error == .decoding(.truncated(offset: UInt64(count)), layer: 0), "\(count) bytes")
    }
    #expect(try unpack(Array(packed.prefix(end + 1024))).content == content)
    #expect(unpackingError(packed + [7]) == .decoding(.trailingGarbage(offset: packed.byteCount), layer: 0))
    #expect(unpackingError(packed.replacing(at: end + 700, with: [1])) != nil)
    for place in 0..<512 where place != 156 {
      let forged = packed.replacing(at: place, with: [packed[place] ^ 0x04])
      #expect(unpackingError(forged) != nil, "a header with a flip at \(place)")
    }
    let gzip = try archive(content, "tar c image | gzip")
    #expect(
      unpackingError(Array(gzip.dropLast())) == .decoding(.truncated(offset: gzip.byteCount - 1), layer: 0))
  }

  @Test("maps of sparse files that overlap, leave the file or do not add up are refused")
  func sparse() {
    let good = [TarFragment(offset: 0, byteCount: 512), TarFragment(offset: 1024, byteCount: 512)]
    #expect(TarContent(good, byteCount: 2048, stored: 1024) != nil)
    #expect(TarContent(good, byteCount: 1500, stored: 1024) == nil)
    #expect(TarContent(good, byteCount: 2048, stored: 1000) == nil)
    #expect(TarContent(good.reversed(), byteCount: 2048, stored: 1024) == nil)
    let wide = [TarFragment(offset: .max, byteCount: 2)]
    #expect(TarContent(wide, byteCount: .max, stored: 2) == nil)
  }

  @Test("members of a zip file that lie in each other are refused")
  func overlap() throws {
    let packed = try archive(content, "zip -q -X -0 a.zip image; cat a.zip")
    let directory = try #require(packed.lastIndex(of: [0x50, 0x4B, 1, 2]))
    let end = try #require(packed.lastIndex(of: [0x50, 0x4B, 5, 6]))
    let entry = Array(packed[directory..<end])
    let twice = entry + entry.replacing(at: 46, with: Array("other".utf8))
    let tail = Array(packed[end...]).replacing(at: 8, with: [2, 0, 2, 0])
      .replacing(at: 12, with: UInt32(twice.count).littleEndianBytes)
    let forged = Array(packed[..<directory]) + twice + tail
    #expect(unpackingError(forged) == .decoding(.corrupt(offset: 0), layer: 0))
  }

  @Test("a dictionary that no honest image needs is refused before it is there")
  func dictionary() throws {
    let packed = try archive(content, "7z a -bd -mhc=off a.7z image >/dev/null; cat a.7z")
    let place = try #require(packed.lastIndex(of: [0x21, 0x21, 1]))
    // The property of a gibibyte.
    let forged = Self.resummed(packed.replacing(at: place + 3, with: [36]))
    guard case .decoding(.memoryLimit(let needed, let allowed), 0) = unpackingError(forged) else {
      Issue.record("it was decoded")
      return
    }
    #expect(try #require(needed) > 1 << 30)
    #expect(allowed == DecodingLimits.usualMemory)
  }

  @Test("a directory of 7z that stands for more than it may is refused before that is in memory")
  func hugeDirectory() {
    // 600 000 files of no length in each of two folders, and 70 000 folders.
    let files: [UInt8] = [0xC9, 0xC0, 0x27]
    let folders: [UInt8] = [0xC1, 0x70, 0x11]
    let copy: [UInt8] = [1, 1, 0]
    let many =
      [6, 0, 2, 9, 0, 0, 0, 7, 11, 2, 0] + copy + copy + [12, 0, 0, 0, 8, 13] + files + files + [9]
      + [UInt8](repeating: 0, count: 2 * 599_999) + [0, 0]
    let wide = [7, 11] + folders + [0] + (0..<70_000).flatMap { _ in copy }
    for directory in [many, wide] {
      var reader = SevenZipReader(directory)
      #expect {
        try reader.folders(before: 1000)
      } throws: { error in
        if case SevenZipReader.Fault.unsupported(.options) = error { true } else { false }
      }
    }
  }

  @Test("a disk whose first sector has zeros where tar has its sum, and adds up to none, is no tar file")
  func sectorWithoutSum() {
    var sector = [UInt8](repeating: 0, count: 512)
    // Eight blanks for the sum itself, and as much below zero, as signed numbers.
    sector.replaceSubrange(0..<2, with: [0x80, 0x80])
    #expect(!TarHeader.isHeader(sector))
    #expect(PackedFormat(prefix: sector) == nil)
  }

  @Test(
    "a tar file whose first header is damaged is a damaged one, and no disk",
    arguments: ["gnu", "ustar", "pax"])
  func damagedFirstHeader(dialect: String) throws {
    let packed = try archive(content, "tar c --format=\(dialect) image")
    for place in [0, 5, 124, 150, 400] {
      let damaged = packed.replacing(at: place, with: [packed[place] ^ 0x20])
      #expect(PackedFormat(prefix: damaged) == .archive(.tar), "a flip at \(place)")
      #expect(unpackingError(damaged) == .decoding(.corrupt(offset: 0), layer: 0))
    }
  }

  /// A 7z file with the checksums of its directory and its start made right again.
  private static func resummed(_ file: [UInt8]) -> [UInt8] {
    let start = 32 + Int(file[12...].number(0, 8))
    let directory = ContentSum(of: Array(file[start...])).value.littleEndianBytes
    let file = file.replacing(at: 28, with: directory)
    return file.replacing(at: 8, with: ContentSum(of: Array(file[12..<32])).value.littleEndianBytes)
  }

  @Test("behind a tar archive the index of pixz is passed, and nothing that is not one to its last byte")
  func pixz() throws {
    let tar = try archive(sample, "tar c image")
    func index(_ entries: [(name: String, place: Int)]) -> [UInt8] {
      var index: [UInt8] = [0xA6, 0x4C, 0x32, 0x2E, 0xD6, 0x14, 0xAE, 0xDB]
      for entry in entries { index += Array(entry.name.utf8) + [0] + UInt64(entry.place).littleEndianBytes }
      return index
    }
    let whole = index([("image", 0), ("", tar.count)])
    #expect(try unpack(tar + whole).content == sample)
    let zipped = try archive(tar + whole, "xz -0c image")
    #expect(try unpack(zipped).content == sample)
    #expect(try unpack(zipped, inOrder: true, by: 777).content == sample)
    var others = (0..<whole.count).map { Array(whole.prefix($0)) }.dropFirst() + [whole + [0], whole + whole]
    others += [
      index([("image", 0)]), index([("image", 0), ("", tar.count - 512)]),
      index([("image", tar.count), ("", tar.count)]), index([("b", 512), ("a", 0), ("", tar.count)]),
      index([("image", 0), ("", tar.count)]).replacing(at: 0, with: [0xA7]),
      index([(String(repeating: "a", count: 4 << 20), 0), ("", tar.count)]),
    ]
    for other in others {
      #expect(
        unpackingError(tar + other) == .decoding(.trailingGarbage(offset: UInt64(tar.count)), layer: 0),
        "\(other.prefix(64))")
    }
  }

  @Test("a long frame without data in front does not hide the format, and frames are added up")
  func frames() throws {
    let long: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 0, 4, 0, 0] + [UInt8](repeating: 9, count: 1024)
    for tool in ["zstd -qc image", "lz4 -q --content-size -c image"] {
      let frame = try archive(sample, tool)
      let file = long + frame + long + frame
      let format = try #require(try PackedFormat(of: file))
      #expect(format.statedByteCount(in: file) == UInt64(2 * sample.count))
      #expect(format.statedByteCount(in: file + [1]) == nil)
      #expect(try PackedFormat(of: long) == .compressed(.zstd))
    }
  }
}

import Decompression
import Foundation
import TestSupport
import Testing

@testable import Unpacking

/// How a tool packs the file `image`.
private struct Tool: CustomTestStringConvertible, Sendable {
  let script: String
  var formats: [String]
  var isChecked = true
  var testDescription: String { script }

  private static func zip(_ script: String) -> Tool { Tool(script: script, formats: ["zip"]) }
  private static func sevenZip(_ options: String) -> Tool {
    Tool(script: "7z a -bd \(options) a.7z image >/dev/null; cat a.7z", formats: ["7z"])
  }
  private static func tar(_ script: String) -> Tool {
    Tool(script: script, formats: ["tar"], isChecked: false)
  }

  static let all: [Tool] = [
    zip("zip -q a.zip image; cat a.zip"), zip("zip -q -0 a.zip image; cat a.zip"),
    zip("zip -q -Z bzip2 a.zip image; cat a.zip"), zip("cat image | zip -q - -"),
    zip("zip -q -fz a.zip image; cat a.zip"), zip("zip -q -fd a.zip image; cat a.zip"),
    zip("bsdtar --format zip -cf a.zip image; cat a.zip"),
    zip("python3 -m zipfile -c a.zip image; cat a.zip"),
    zip("7z a -bd -tzip -mm=LZMA a.zip image >/dev/null; cat a.zip"),
    zip("echo comment | zip -q -z a.zip image >/dev/null; cat a.zip"),
    sevenZip("-mx=5"), sevenZip("-m0=LZMA"), sevenZip("-m0=Copy"), sevenZip("-m0=BZip2"),
    sevenZip("-m0=Deflate"), sevenZip("-m0=Delta:4 -m1=LZMA2"), sevenZip("-m0=BCJ -m1=LZMA2"),
    sevenZip("-mhc=off"),
    Tool(script: "bsdtar --format 7zip -cf a.7z image; cat a.7z", formats: ["7z"]),
    tar("tar c image"), tar("tar c --format=v7 image"), tar("tar c --format=ustar image"),
    tar("tar c --format=posix image"), tar("tar cS --format=gnu image"),
    tar("tar cS --format=posix --sparse-version=0.0 image"),
    tar("tar cS --format=posix --sparse-version=0.1 image"),
    tar("tar cS --format=posix --sparse-version=1.0 image"), tar("bsdtar cf - image"),
    tar("d=$(printf 'a%.0s' {1..90}); mkdir -p $d/$d; cp image $d/$d/image; tar c $d"),
    Tool(script: "tar c image | gzip", formats: ["gzip", "tar"]),
    Tool(script: "tar c image | xz -0 --check=none", formats: ["xz", "tar"], isChecked: false),
    Tool(script: "xz -0k image; zip -q a.zip image.xz; cat a.zip", formats: ["zip", "xz"]),
    Tool(script: "zstd -q image; tar c image.zst | bzip2", formats: ["bzip2", "tar", "zstd"]),
    Tool(script: "lz4 -q image i.lz4; 7z a -bd a.7z i.lz4 >/dev/null; cat a.7z", formats: ["7z", "lz4"]),
  ]
}

@Suite("R49: archives with one image in them")
struct ArchiveTests {
  @Test("give its bytes, whatever has packed them", arguments: Tool.all)
  fileprivate func whole(tool: Tool) throws {
    var content = sample
    // A hole that a file system can have.
    if tool.script.contains("tar cS") || tool.script.contains("bsdtar cf") {
      content = sample.replacing(at: 8192, with: [UInt8](repeating: 0, count: 32_768))
    }
    let script = tool.script.contains("tar") ? "cp --sparse=always image i; mv i image; " : ""
    let packed = try archive(content, script + tool.script)
    let unpacked = try unpack(packed)
    #expect(unpacked.content == content)
    #expect(unpacked.formats == tool.formats)
    #expect(unpacked.isChecked == tool.isChecked)
    if tool.formats.count == 1 { #expect(unpacked.statedByteCount == UInt64(content.count)) }
    if tool.formats[0] != "zip" && tool.formats[0] != "7z" {
      #expect(try unpack(packed, inOrder: true, by: 777).content == content)
      #expect(try unpack(packed, inOrder: true, by: 777, ahead: true).content == content)
    }
    #expect(try unpack(packed, ahead: true).content == content)
  }

  @Test(
    "threads that decode are ahead of whoever takes the image, whatever lies around it",
    arguments: [
      "xz -T2 -c --block-size=200000 image", "tar c image | xz -T2 --block-size=200000",
      "xz -T2 -k --block-size=200000 image; zip -q -0 a.zip image.xz; cat a.zip",
    ])
  func ahead(script: String) throws {
    let content = [UInt8].random(4 << 20, seed: 5)
    let packed = try archive(content, script)
    let format = try #require(PackedFormat(prefix: Array(packed.prefix(PackedFormat.prefixByteCount))))
    let watch = UnpackingWatch { _ in }
    let unpacker = try Unpacker(
      MemoryInput(content: packed), as: format, member: nil, limits: DecodingLimits(processors: 4),
      watch: watch)
    var (found, piece) = ([UInt8](), [UInt8](repeating: 0, count: 10_000))
    var aheadByteCount: UInt64 = 0
    while found.count < content.count {
      let before = watch.consumedByteCount
      try unpacker.workAhead()
      aheadByteCount += watch.consumedByteCount - before
      var elements = piece.mutableSpan
      // Safe: every byte pattern is a valid UInt8.
      var room = unsafe elements.mutableBytes
      let count = try unpacker.read(into: &room)
      found += piece.prefix(count)
    }
    #expect(aheadByteCount > 0 && found == content)
  }

  @Test("a fourth layer stays what it is")
  func depth() throws {
    let packed = try archive(sample, "gzip -c image | gzip -c | gzip -c | gzip -c")
    let unpacked = try unpack(packed)
    #expect(unpacked.formats == ["gzip", "gzip", "gzip"])
    #expect(CompressionFormat(prefix: unpacked.content) == .gzip)
  }

  @Test("an archive whose directory is at its end is refused inside of another, and where it comes in order")
  func nested() throws {
    #expect(
      unpackingError(try archive(sample, "zip -q a.zip image; gzip -c a.zip"))
        == .archive(.notSeekable(.zip)))
    let sevenZip = try archive(sample, "7z a -bd a.7z image >/dev/null; cat a.7z")
    #expect(unpackingError(sevenZip, inOrder: true) == .archive(.notSeekable(.sevenZip)))
  }

  @Test("what needs a password says so", arguments: ["zip -q -P x", "7z a -bd -px", "7z a -bd -px -mhe=on"])
  func encrypted(tool: String) throws {
    let packed = try archive(sample, "\(tool) a image >/dev/null; cat a*")
    #expect(unpackingError(packed) == .archive(.encrypted))
  }

  private static let packers = [
    "zip -q a.zip *; cat a.zip", "7z a -bd a.7z * >/dev/null; cat a.7z", "tar c *", "tar c * | gzip",
  ]

  @Test("notes beside it are no images, and neither are folders, links and checksums", arguments: packers)
  func notes(packer: String) throws {
    let others =
      "mkdir d; yes text | head -c 200000 >d/README; echo x >sum; head -c 600 image >key; ln -s image l; "
    let unpacked = try unpack(try archive(sample, others + packer.replacing("zip -q", with: "zip -qry")))
    #expect(unpacked.content == sample && unpacked.member == "image")
  }

  @Test("of several images one has to be named", arguments: packers)
  func several(packer: String) throws {
    let packed = try archive(sample, "head -c 66000 image >image2; echo note >note; " + packer)
    guard case .archive(.severalImages(let listing)) = unpackingError(packed) else {
      Issue.record("it was not refused")
      return
    }
    #expect(listing.members.map(\.name) == ["image", "image2"] && listing.count == 2)
    #expect(try unpack(packed, member: "image").content == sample)
    #expect(try unpack(packed, member: "image2").content == Array(sample.prefix(66_000)))
    #expect(try unpack(packed, member: "note").content == Array("note\n".utf8))
    guard case .archive(.noSuchMember(let names)) = unpackingError(packed, member: "imag") else {
      Issue.record("a part of a name was taken")
      return
    }
    #expect(names.count == 3)
    #expect(unpackingError(try archive(sample, "gzip -c image"), member: "image") == .archive(.noArchive))
  }

  @Test("the only file is the image, however small; without one there is none", arguments: packers)
  func small(packer: String) throws {
    #expect(try unpack(try archive([1, 2, 3], packer)).content == [1, 2, 3])
    let error = unpackingError(try archive([], "mkdir d; " + packer.replacing("-q", with: "-qr")))
    guard case .archive(.noImage) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("a name that occurs twice says nothing")
  func twice() throws {
    let packed = try archive(sample, "tar cf a image; tar rf a image; cat a")
    for order in [false, true] {
      guard case .archive(.severalImages) = unpackingError(packed, member: "image", inOrder: order) else {
        Issue.record("one of them was taken")
        continue
      }
    }
  }
}

extension String {
  fileprivate func replacing(_ part: String, with other: String) -> String {
    replacingOccurrences(of: part, with: other)
  }
}

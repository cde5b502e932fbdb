import BlockIO
import Decompression
import FuzzTargets
import TestSupport
import Testing
import Unpacking

@testable import ImageInspector

@Suite("R49: what is inside a packed image, as it would lie on a stick") struct PackedImageTests {
  /// The report on an image, as it must be once that is packed.
  private func expected(_ image: [UInt8], _ format: String, _ packed: [UInt8]) throws -> ImageReport {
    var report = try ImageInspector.inspect(image)
    let count = UInt64(image.count)
    report.unpacked = .init(kind: report.kind, byteCount: count, seenByteCount: count)
    report.byteCount = UInt64(packed.count)
    report.compression = format
    report.kind = .compressed
    if report.verdict == .raw { report.verdict = .decompress }
    return report
  }

  @Test("every fact, verdict and finding is that of the image", arguments: packings.indices)
  func same(index: Int) throws {
    let (format, script) = packings[index]
    for image in [HybridImage.build(), UDFImage.build(), FATImageBuilder().build()] {
      let file = try packed(image, script)
      #expect(try ImageInspector.inspect(file) == expected(image, format, file))
    }
  }

  @Test("one byte less than the limit, exactly as many, and one more")
  func limit() throws {
    let image = HybridImage.build() + [UInt8](repeating: 0, count: 4 << 20)
    let file = gzip(image)
    for room in [image.count + 1, image.count] {
      let report = try ImageInspector.inspect(file, limits: UnpackingLimits(imageByteCount: room))
      #expect(report == (try expected(image, "gzip", file)))
    }
    let cut = try ImageInspector.inspect(file, limits: UnpackingLimits(imageByteCount: image.count - 1))
    #expect(cut.unpacked == .init(kind: .iso9660, byteCount: nil, seenByteCount: UInt64(image.count - 1)))
    #expect(cut.findings.map(\.id) == ["partly-seen", "mbr-only-esp"])
    #expect(cut.boots == (try ImageInspector.inspect(image).boots))
    #expect(cut.verdict == .decompress)
  }

  @Test("of what is slow to unpack and does not become smaller, less is looked at")
  func slowFormats() throws {
    // Further apart than bzip2 sees.
    let noise = Array(repeating: [UInt8].random(1 << 20, seed: 3), count: 20).flatMap(\.self)
    // However slow the machine is: what is tried here is not the time.
    let report = try ImageInspector.inspect(
      packed(HybridImage.build() + noise, "bzip2 -1c image"),
      limits: UnpackingLimits(imageByteCount: UnpackingLimits.usual.imageByteCount, time: .seconds(600)))
    let seen = try #require(report.unpacked?.seenByteCount)
    #expect((14 << 20..<17 << 20).contains(seen))
    #expect(report.boots.stickUEFI.value == .yes)
    #expect(report.findings.contains { $0.id == "partly-seen" })
  }

  @Test("what a file says of its length is told, and never believed")
  func statedLength() throws {
    let image = HybridImage.build() + [UInt8](repeating: 0, count: 4 << 20)
    let limits = UnpackingLimits(imageByteCount: 1 << 20)
    let file = try packed(image, "zstd -qc image")
    let report = try ImageInspector.inspect(file, limits: limits)
    #expect(report.unpacked?.byteCount == UInt64(image.count))
    // The frame's header names its length in four bytes from the sixth on; nothing but zeroes is a lie.
    let lying = Array(file[..<6]) + [0, 0, 1, 0] + Array(file[10...])
    let other = try ImageInspector.inspect(lying, limits: limits)
    #expect(other.unpacked?.byteCount != UInt64(image.count))
    #expect(other.truncatedBy == 0)
  }

  @Test("damage is an error at its place in the file, and nothing boots")
  func damage() throws {
    let image = HybridImage.build()
    for (_, script) in packings {
      let file = try packed(image, script)
      for damaged in [Array(file.dropLast()), Array(file.prefix(file.count / 2)), file + [1, 2, 3, 4]] {
        let report = try ImageInspector.inspect(damaged)
        #expect(report.verdict == .refuse, "\(script)")
        let id = try #require(report.findings.first?.id)
        #expect(["packed-damaged", "packed-truncated", "packed-trailing"].contains(id), "\(script): \(id)")
        #expect(report.findings.count == 1, "\(script)")
        let offset = try #require(report.findings.first?.offset)
        #expect(offset <= UInt64(damaged.count) && offset > 0)
        #expect(report.boots.stickBIOS.value == .no && report.boots.stickUEFI.value == .no)
        #expect(report.kind == .compressed && report.byteCount == UInt64(damaged.count))
      }
    }
  }

  private static let errors: [DecodingError] =
    [
      DecodingError.corrupt(offset: 1), DecodingError.checksumWrong(offset: 2),
      DecodingError.truncated(offset: 3), DecodingError.trailingGarbage(offset: 4),
      DecodingError.memoryLimit(needed: 5, allowed: 6), DecodingError.memoryLimit(needed: nil, allowed: 6),
      DecodingError.windowTooLarge(needed: 7, allowed: 8), DecodingError.empty, DecodingError.outOfMemory,
    ] + UnsupportedFeature.allCases.map { DecodingError.unsupported($0, offset: 9) }

  @Test("every kind of failure has its words", arguments: errors)
  func words(error: DecodingError) {
    let finding = PackedFindings.damaged(error)
    #expect(finding.severity == .error)
    #expect(finding.text.hasSuffix(".") && finding.text.allSatisfy(\.isASCII))
  }

  @Test("too much memory and too large a window are refused as in a write")
  func tooLarge() throws {
    // A dictionary of 1 GiB, of an image of unknown length.
    let lzma: [UInt8] =
      [0x5D, 0, 0, 0, 0x40] + [UInt8](repeating: 0xFF, count: 8) + [UInt8](repeating: 0, count: 99)
    let memory = try #require(try ImageInspector.inspect(lzma).findings.first)
    #expect(memory.text.contains("memory"))
    let zstd = try packed([UInt8](repeating: 1, count: 1000), "zstd -qc --ultra -22 --long=30 <image")
    let window = try #require(try ImageInspector.inspect(zstd).findings.first)
    #expect(window.text.contains("window"))
  }

  @Test("nothing inside, and less than a sector inside")
  func short() throws {
    #expect(try ImageInspector.inspect(gzip([])).findings.map(\.id) == ["empty"])
    let one = try ImageInspector.inspect(gzip([1]))
    #expect(one.findings.map(\.id) == ["too-short"])
    #expect(one.verdict == .refuse)
    #expect(one.unpacked?.byteCount == 1)
  }

  @Test("a small file may hold a large image")
  func bomb() throws {
    let scratch = try ScratchDirectory()
    let scripts = ["gzip -c", "xz -0c", "zstd -qc", "bzip2 -c", "lz4 -qc"]
    for script in scripts {
      try scratch.run("head -c 200000000 /dev/zero | \(script) >packed")
      let packed = try scratch.contents("packed")
      let start = threadTime()
      let report = try ImageInspector.inspect(packed)
      #expect(threadTime() - start < .seconds(20))
      #expect(report.unpacked?.seenByteCount == 32 << 20, "\(script)")
      #expect(report.boots.stickBIOS.value == .no && report.boots.stickUEFI.value == .no)
      #expect(report.verdict == .notBootable)
      #expect(report.findings.map(\.id) == ["unknown-content", "partly-seen"])
    }
  }

  @Test("neither members without content nor time without end keep it")
  func endless() throws {
    let file = (0..<10_000).flatMap { _ in gzip([]) } + gzip(HybridImage.build())
    let few = UnpackingLimits(imageByteCount: 1 << 20, fileByteCount: 65_536)
    for limits in [few, UnpackingLimits(imageByteCount: 1 << 20, time: .zero)] {
      let report = try ImageInspector.inspect(file, limits: limits)
      #expect(report.unpacked == .init(kind: .unknown, byteCount: nil, seenByteCount: 0))
      let boots = report.boots
      for answer in [boots.stickBIOS, boots.stickUEFI, boots.discBIOS, boots.discUEFI, boots.secureBoot] {
        #expect(answer.value == .unknown)
      }
      #expect(report.findings.map(\.id) == ["partly-seen"])
      #expect(report.verdict == .decompress)
    }
  }

  @Test("what is packed four times, an archive or a container inside does not boot, and is named")
  func nested() throws {
    let hybrid = HybridImage.build()
    var tar = [UInt8](repeating: 0, count: 10_240)
    tar.overwrite(at: 257, with: Array("ustar".utf8))
    // Three layers are unpacked; and a header without its checksum is none of an archive.
    for (inside, name) in [(gzip(gzip(gzip(hybrid))), "gzip"), (tar, "tar")] {
      let report = try ImageInspector.inspect(gzip(inside))
      #expect(report.unpacked?.kind == .compressed)
      #expect(report.compression == "gzip" && report.content == name)
      #expect(report.verdict == .notBootable)
      #expect(report.findings.map(\.id) == ["packed-inside"])
      #expect(report.boots.stickBIOS.value == .no && report.boots.stickUEFI.value == .no)
    }
    let container = try ImageInspector.inspect(
      gzip([0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3] + [UInt8](repeating: 7, count: 1000)))
    #expect(container.verdict == .convert)
    #expect(container.content == "qcow2")
  }

  @Test("written as it is, a packed image does not boot, whatever is inside")
  func asItIs() throws {
    let image = HybridImage.build()
    let report = try ImageInspector.inspect(gzip(image)).asItIs
    #expect(report.kind == .compressed && report.compression == "gzip" && report.unpacked == nil)
    #expect(report.verdict == .decompress)
    #expect(report.findings.map(\.id) == ["compressed"])
    #expect(report.boots.stickBIOS.value == .no && report.boots.stickUEFI.value == .no)
    #expect(report.mountTraces.fileSystems.isEmpty)
    let raw = try ImageInspector.inspect(image)
    #expect(raw.asItIs == raw)
  }

  @Test("what begins like compressed data is taken for it, as a write takes it")
  func disc() throws {
    var image = HybridImage.build()
    image.overwrite(at: 0, with: gzip([1, 2, 3]))
    let report = try ImageInspector.inspect(image)
    #expect(report.compression == "gzip")
    #expect(report.findings.map(\.id) == ["packed-trailing"])
    image.overwrite(at: 0, with: [0x50, 0x4B, 7, 8])
    #expect(try ImageInspector.inspect(image).kind == .iso9660, "nobody unpacks one of several volumes")
  }

  @Test("R46: areas and the traces of mounts are those of the image inside")
  func verify() throws {
    let image = HybridImage.build()
    let (raw, inside) = (try ImageInspector.inspect(image), try ImageInspector.inspect(gzip(image)))
    for offset in [0, 600, 40_000, UInt64(image.count), .max] {
      #expect(raw.area(containing: offset) == inside.area(containing: offset))
    }
    #expect(raw.mountTraces == inside.mountTraces)
    #expect(!inside.mountTraces.fileSystems.isEmpty)
    let cut = try ImageInspector.inspect(
      gzip(image + [UInt8](repeating: 0, count: 4 << 20)), limits: UnpackingLimits(imageByteCount: 2 << 20))
    #expect(cut.area(containing: UInt64(image.count) + (4 << 20)).words == "behind the ISO volume")
  }

  @Test("an image in an archive, and compressed in an archive, is looked at as it will be on a stick")
  func archives() throws {
    let image = HybridImage.build()
    let scripts = [
      ("zip", "image", "zip -q a.zip image; cat a.zip"),
      ("7z", "image", "7z a -bd a.7z image >/dev/null; cat a.7z"),
      ("tar", "image", "tar c image"), ("gzip", "image", "tar c image | gzip"),
      ("zip", "image.xz", "xz -0k image; zip -q a.zip image.xz; cat a.zip"),
    ]
    for (format, member, script) in scripts {
      let file = try packed(image, "{ \(script); }")
      var report = try expected(image, format, file)
      report.unpacked?.member = member
      #expect(try ImageInspector.inspect(file) == report, "\(script)")
    }
  }

  @Test("an archive in which no member is the image is refused, with the names that there are")
  func choice() throws {
    let image = HybridImage.build()
    let file = try packed(image, "{ cp image other; tar c image other; }")
    let report = try ImageInspector.inspect(file)
    #expect(report.verdict == .refuse && report.unpacked?.seenByteCount == 0)
    #expect(report.findings.map(\.id) == ["archive-ambiguous"])
    #expect(report.findings[0].text.contains("--member: image, other."))
    #expect(try ImageInspector.inspect(file, member: "other").unpacked?.kind == .iso9660)
    let listing = MemberListing([.init(name: "a", byteCount: 1)], count: 3)
    let errors: [ArchiveError] = [
      .noImage(MemberListing()), .severalImages(listing), .noSuchMember(MemberListing()), .encrypted,
      .notSeekable(.zip), .noArchive,
    ]
    for error in errors {
      let finding = PackedFindings.noMember(error)
      #expect(finding.severity == .error && finding.text.hasSuffix("."))
    }
    let inside = PackedFindings.damaged(.corrupt(offset: 7), layer: 1)
    #expect(inside.offset == nil && inside.text.contains("inside"))
  }
}

import DiskFormats
import TestSupport
import Testing

@Suite("what bytes are by their magic numbers")
struct ContentSignatureTests {
  private func ids(_ bytes: [UInt8]) throws -> [String] { try ContentSignature.all(in: bytes).map(\.id) }

  @Test(
    "compressed streams as their own tools write them",
    arguments: ["gzip", "xz", "zstd", "bzip2", "lz4"])
  func compressors(_ tool: String) throws {
    try #require(ScratchDirectory.hasTool(tool), "install the package of \(tool)")
    let scratch = try ScratchDirectory()
    try scratch.run("head -c 100000 /dev/urandom >plain; \(tool) -c plain >packed")
    let found = try ContentSignature.all(in: scratch.contents("packed"))
    #expect(found == [ContentSignature(id: tool, category: .compressed, offset: 0)])
  }

  @Test(
    "file systems as their own tools write them",
    arguments: ["mkfs.ext4 -q", "mkfs.vfat -F 16 -s 1", "mkswap"])
  func fileSystems(_ command: String) throws {
    let tool = String(command.prefix { $0 != " " })
    try #require(ScratchDirectory.hasTool(tool), "install e2fsprogs, dosfstools, util-linux")
    let scratch = try ScratchDirectory()
    try scratch.run("truncate -s 8M disk; \(command) disk")
    let expected = ["mkfs.ext4": "ext", "mkfs.vfat": "fat16", "mkswap": "swap"][tool]
    #expect(try ids(scratch.contents("disk")) == [expected])
  }

  @Test("trailers: a fixed VHD and a macOS disk image look like raw disks from the front")
  func trailers() throws {
    var bytes = [UInt8](repeating: 1, count: 10_240)
    bytes.replaceSubrange(9728..<9736, with: Array("conectix".utf8))
    #expect(try ContentSignature.all(in: bytes) == [.init(id: "vhd", category: .container, offset: 9728)])
    bytes.replaceSubrange(9728..<9736, with: Array("koly\0\0\0\u{4}".utf8))
    #expect(try ids(bytes) == ["dmg"])
  }

  @Test(
    "text of every kind",
    arguments: [
      ("<!DOCTYPE html>\n<html>", "html"), ("  \n<HTML><body>404", "html"),
      ("<?xml version='1.0'?><a/>", "xml"),
      ("0123abcd  debian.iso\n", "text"), ("größe", "text"), ("%PDF-1.7", "pdf"),
      ("!<arch>\ndebian-binary   ", "deb"), ("!<arch>\na.o/            ", "ar"),
      ("# Disk DescriptorFile\nversion=1", "vmdk-descriptor"),
      ("FILE \"a.bin\" BINARY\n  TRACK 01 MODE1/2352", "cue"),
    ])
  func text(_ content: String, _ id: String) throws { #expect(try ids(Array(content.utf8)) == [id]) }

  @Test("LZMA by its header, unless it says that nothing was packed")
  func lzma() throws {
    var bytes = [UInt8](repeating: 0, count: 1024)
    bytes.replaceSubrange(0..<6, with: [0x5D, 0, 0, 0, 4, 1])
    #expect(try ids(bytes) == ["lzma"])
    bytes[5] = 0
    #expect(try ids(bytes) == [])
  }

  @Test("a character that the look at the first 4096 bytes cuts in two is still text")
  func cutCharacter() throws {
    #expect(try ids(Array((String(repeating: "a", count: 4095) + "ü and more").utf8)) == ["text"])
  }

  @Test("nothing and zeroes")
  func empty() throws {
    #expect(try ids([]) == ["empty"])
    #expect(try ids([0]) == ["zeroes"])
    #expect(try ids([UInt8](repeating: 0, count: 3 << 20)) == ["zeroes"])
    var late = [UInt8](repeating: 0, count: 3 << 20)
    late[500_000] = 1
    #expect(try ids(late) == [])
  }

  @Test("random bytes are next to never anything")
  func random() throws {
    let seed = UInt64.random(in: 0 ... .max)
    // Some magic numbers have two bytes, and turn up once in 65,536 times.
    let found = try (UInt64(0)..<200).flatMap { try ids(.random(3000, seed: seed &+ $0)) }
    #expect(found.count <= 2, "seed: \(seed)")
  }

  @Test("a program is no image, an MZ alone is no program")
  func programs() throws {
    #expect(try ids(PortableExecutableTests.file()) == ["pe"])
    var bytes = [UInt8](repeating: 0x90, count: 512)
    bytes.replaceSubrange(0..<2, with: Array("MZ".utf8))
    bytes.replaceSubrange(0x3C..<0x40, with: [0x40, 0, 0, 0])
    #expect(try ids(bytes) == [])
  }

  @Test("a kernel by its header, where its first sector does not boot by itself")
  func kernels() throws {
    var bytes = [UInt8](repeating: 0, count: 4096)
    bytes.replaceSubrange(510..<518, with: [0x55, 0xAA, 0xEB, 0x65] + Array("HdrS".utf8))
    #expect(try ids(bytes) == ["linux-kernel"])
    // memtest86+, and the kernels of long ago.
    bytes.replaceSubrange(0..<5, with: [0xEA, 0x05, 0x00, 0xC0, 0x07])
    #expect(try ids(bytes) == [])
    let text = Array("Use a boot loader.".utf8)
    bytes.replaceSubrange(0x40..<(0x40 + text.count), with: text)
    #expect(try ids(bytes) == ["linux-kernel"])
    bytes.replaceSubrange(0..<5, with: Array("MZ".utf8) + [0, 0, 0])
    #expect(try ids(bytes).first == "linux-kernel")
    bytes[510] = 0
    #expect(try !ids(bytes).contains("linux-kernel"))
  }

  @Test("cpio archives, and the first part of several of a zip", arguments: ["070701", "070702", "070707"])
  func archives(_ magic: String) throws {
    let found = try ContentSignature.all(in: Array(magic.utf8) + [UInt8](repeating: 0, count: 600))
    #expect(found == [ContentSignature(id: "cpio", category: .notAnImage, offset: 0)])
    let part: [UInt8] = [0x50, 0x4B, 7, 8, 0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 600)
    #expect(try ids(part).first == "zip-part")
  }
}

import BlockIO
import TestSupport
import Testing

@testable import ImageTrust

@Suite("R50: files of checksums")
struct ChecksumFileTests {
  private static let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  private static let other = "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d"
  private static let sha512 = String(repeating: "0f", count: 64)
  private static let md5 = "900150983cd24fb0d6963f7d28e17f72"

  private static var names: ImageNames {
    var names = ImageNames()
    names.add("a.iso.xz", .file)
    names.add("a.iso", .image)
    return names
  }

  private func listed(
    _ text: String, hint: DigestName? = nil, whole: ChecksumSubject? = nil
  ) throws(ChecksumFileError) -> [ListedChecksum] {
    try ChecksumFile.checksums(of: Self.names, in: Array(text.utf8), hint: hint, whole: whole)
  }

  @Test(
    "a line of any tool gives the checksum of the name in it",
    arguments: [
      "\(sha256)  a.iso", "\(sha256) *a.iso", "\(sha256.uppercased())  a.iso\r\n", "\(sha256)  ./a.iso",
      "\(sha256)  images/amd64/a.iso", "\(sha256)\ta.iso", "\u{FEFF}\(sha256)  a.iso", "\(sha256) a.iso",
      "SHA256 (a.iso) = \(sha256)", "SHA2-256(a.iso)= \(sha256)", "SHA256 (./a.iso) = \(sha256)\r\n",
      "# a.iso: 3000001 bytes\nSHA256 (a.iso) = \(sha256)\n", "  \(sha256)  a.iso  ",
      "\(other)  b.iso\n\n\(sha256)  a.iso\n\(other)  za.iso\n", "sha256:\(sha256)  a.iso",
      "\(sha256)  a.iso\n\(sha256) *a.iso\n", "\\\(sha256)  a\\\\b.iso\n\(sha256)  a.iso",
      "\(sha256)  a.iso\r\(other)  b.iso", "CRC (a.iso) = 1234\n\(sha256)  a.iso",
    ])
  func spellings(text: String) throws {
    let found = try listed(text)
    #expect(found.map(\.checksum.bytes.hexadecimal) == [Self.sha256])
    #expect(found.first?.checksum.algorithm == .sha256)
    #expect(found.first?.subject == .image && found.first?.otherName == nil)
  }

  @Test("names that are written in escapes are read as they are")
  func escapes() throws {
    var names = ImageNames()
    names.add("a\nb\\c.iso", .image)
    for text in ["\\\(Self.sha256)  a\\nb\\\\c.iso", "\\SHA256 (a\\nb\\\\c.iso) = \(Self.sha256)"] {
      let found = try ChecksumFile.checksums(of: names, in: Array(text.utf8), hint: nil, whole: nil)
      #expect(found.count == 1)
    }
  }

  @Test("the compressed file and what is in it are told apart by their names, and several digests are kept")
  func subjects() throws {
    let found = try listed(
      "\(Self.sha256)  a.iso.xz\n\(Self.other)  a.iso\n\(Self.md5)  a.iso\n\(Self.sha512)  a.iso\n")
    #expect(found.map(\.subject) == [.file, .image, .image, .image])
    #expect(found.map(\.checksum.algorithm) == [.sha256, .sha256, .md5, .sha512])
  }

  @Test(
    "what names another file, or no digest, says nothing",
    arguments: [
      "", "\n\n", "# \(sha256)  a.iso", "\(sha256)  A.ISO", "\(sha256)  a.iso.zsync", "\(sha256)  xa.iso",
      "\(sha256)", "\(sha256)  -", "\(sha256.dropLast())  a.iso", "\(sha256)0  a.iso", "zz\(sha256)  a.iso",
      "SHA1 (a.iso) = \(sha256)", "SHA256 (a.iso) \(sha256)", "SHA256 (a.iso) = ",
      "WHIRLPOOL (a.iso) = \(sha512)",
      "\\\(sha256)  a.iso\\x", "a.iso  \(sha256)", "<html>a.iso \(sha256)</html>",
    ])
  func silent(text: String) throws {
    #expect(try listed(text).isEmpty)
  }

  @Test("a line for the image that cannot be used is told from none")
  func unusable() {
    func hasLine(_ text: String, _ whole: ChecksumSubject? = nil) -> Bool {
      ChecksumFile.hasLine(for: Self.names, in: Array(text.utf8), whole: whole)
    }
    for text in [
      "\(Self.sha256.dropLast())  a.iso", "\(Self.sha256.dropLast(2)) *./x/a.iso",
      "MD5 (a.iso) = \(Self.sha256)",
      "WHIRLPOOL (a.iso) = \(Self.sha512)", "SHA256 (a.iso) = ",
    ] { #expect(hasLine("\(Self.sha256)  b.iso\n\(text)\n"), "\(text)") }
    for text in ["", "# \(Self.sha256)  a.iso", "\(Self.sha256)  xa.iso", "a.iso", Self.md5] {
      #expect(!hasLine(text), "\(text)")
    }
    #expect(hasLine("# x\n\(Self.sha256.dropLast())\n", .image) && !hasLine("x\ny\n", .image))
  }

  @Test("of two files with the image's name, the one that lies in no directory of the list is meant")
  func directories() throws {
    for text in [
      "\(Self.other)  old/a.iso\n\(Self.sha256)  a.iso",
      "\(Self.sha256)  ./a.iso\n\(Self.other)  ./gtk/a.iso",
    ] {
      #expect(try listed(text).map(\.checksum.bytes.hexadecimal) == [Self.sha256], "\(text)")
    }
    // As Debian's installer has it, where nobody can tell which one somebody has taken.
    let several = "\(Self.other)  ./netboot/a.iso\n\(Self.sha256)  ./netboot/gtk/a.iso\n"
    #expect(throws: ChecksumFileError.ambiguous) { try listed(several) }
    #expect(try listed(several + "\(Self.sha256)  a.iso").map(\.checksum.bytes.hexadecimal) == [Self.sha256])
    #expect(throws: ChecksumFileError.self) { try listed("\(Self.other)  x/a.iso\n\(Self.sha256)  x/a.iso") }
  }

  @Test("a list in an image names its files by their paths, and knows digests by their length")
  func tree() {
    let text = "\(Self.md5)  ./a/b c.img\n\(Self.sha256) *d\n# x\n\(Self.md5)\n\(Self.md5)  dir/\n"
    let lines = TreeList.lines(in: Array(text.utf8))
    #expect(lines.map { String(decoding: $0.path, as: UTF8.self) } == ["a/b c.img", "d"])
    #expect(lines.map(\.checksum.algorithm) == [.md5, .sha256])
  }

  @Test("two digests of one kind for one name are refused, whatever the order")
  func conflicts() throws {
    for text in [
      "\(Self.sha256)  a.iso\n\(Self.other)  a.iso",
      "\(Self.sha256)  x/a.iso\nSHA256 (y/a.iso) = \(Self.other)",
    ] {
      #expect(throws: ChecksumFileError.self) { try listed(text) }
    }
    #expect(throws: ChecksumFileError.notText) { try listed("\(Self.sha256)  a.iso\n\0") }
  }

  @Test(
    "a file called after the image may leave its name out, or have another one, but only for one checksum")
  func whole() throws {
    for text in [
      Self.sha256, "\(Self.sha256)\n", "\(Self.sha256)  -", "SHA256:\(Self.sha256)", "# x\n\(Self.sha256)\n",
    ] {
      let found = try listed(text, whole: .file)
      #expect(found.count == 1 && found.first?.subject == .file && found.first?.otherName == nil, "\(text)")
    }
    let renamed = try listed("\(Self.sha256)  snapshot-20251118.iso", whole: .image)
    #expect(renamed.first?.otherName == "snapshot-20251118.iso" && renamed.first?.subject == .image)
    #expect(try listed("\(Self.sha256)  b.iso\n\(Self.other)  c.iso", whole: .image).isEmpty)
    let named = try listed("\(Self.other)  b.iso\n\(Self.sha256)  a.iso", whole: .file)
    #expect(named.map(\.subject) == [.image])
  }

  @Test("a length that several digests have is told by the heading, or by what the file is called after")
  func methods() throws {
    func algorithms(_ text: String, _ hint: DigestName?) throws -> [DigestAlgorithm] {
      try listed(text, hint: hint).map(\.checksum.algorithm)
    }
    let line = "\(Self.sha512)  a.iso\n"
    #expect(try algorithms(line, nil) == [.sha512])
    #expect(try algorithms(line, .known(.blake2b)) == [.blake2b])
    #expect(try algorithms(line, .known(.sha256)) == [.sha512])
    #expect(try algorithms("\(Self.sha256)  a.iso", .known(.blake2b)).isEmpty)
    #expect(try algorithms("\(Self.sha256)  a.iso", .known(.sha3x256)) == [.sha3x256])
    let other = String(repeating: "10", count: 64)
    let gentoo =
      "# BLAKE2B HASH\n\(line)# SHA512 HASH\n\(other)  a.iso\n# WHIRLPOOL HASH\n\(Self.sha512)  a.iso\n"
    #expect(try algorithms(gentoo, nil) == [.blake2b, .sha512])
  }

  @Test("bytes that somebody has damaged crash nothing, and never make a digest of another length")
  func damaged() {
    var random = SeededGenerator(seed: 52)
    let text = Array("\\SHA256 (x/a.iso) = \(Self.sha256)\r\n# SHA512 HASH\n\(Self.sha256) *a.iso\n".utf8)
    for _ in 0..<2000 {
      var bytes = text
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...127, using: &random)
      }
      let found = try? ChecksumFile.checksums(of: Self.names, in: bytes, hint: nil, whole: .image)
      for listed in found ?? [] {
        #expect(listed.checksum.bytes.count == listed.checksum.algorithm.byteCount)
      }
    }
  }
}

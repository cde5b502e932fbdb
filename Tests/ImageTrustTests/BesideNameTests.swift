import BlockIO
import Testing

@testable import ImageTrust

@Suite("the names of checksum files")
struct BesideNameTests {
  private static var names: ImageNames {
    var names = ImageNames()
    names.add("a-1.0.iso.xz", .file)
    names.add("a-1.0.iso", .image)
    return names
  }

  private func file(_ name: String) -> BesideName.ChecksumFile? {
    BesideName.checksumFiles(among: [name], of: Self.names).first
  }

  @Test(
    "are those of every project, whatever their case",
    arguments: [
      "SHA256SUMS", "SHA512SUMS", "SHA256SUM", "sha256sum.txt", "sha256sums.txt", "MD5SUMS", "md5sum.txt",
      "md5sums", "MD5SUM", "SHA1SUMS", "sha1sum.txt", "sha512sum.txt", "sha512sums.txt", "B2SUMS",
      "b2sums.txt",
      "CHECKSUM", "CHECKSUMS", "checksum.txt", "checksums.txt", "Fedora-43-1.6-CHECKSUM",
      "Fedora-Workstation-43-1.6-x86_64-CHECKSUM", "CHECKSUMS.md5",
      "CHECKSUM.SHA256-FreeBSD-14.3-RELEASE-amd64",
      "CHECKSUM.SHA512-FreeBSD-14.3-RELEASE-amd64", "SHA256", "SHA512", "MD5", "SHASUMS256.txt", "shasums512",
      "ubuntu-24.04-SHA256SUMS", "sha3-256sums", "SHA256SUMS.txt", "sha256sums.asc", "SHA256.sig",
      "sha224sums", "SHA256SUMS.gpg", "SHA256SUMS.sign", "sha256sums.txt.minisig", "B3SUMS", "blake3sums.txt",
      "SHA256SUMS.SIG",
      "OPNsense-25.7-checksums-amd64.sha256", "signed-hashes.txt", "sha384sum.txt", "DIGESTS", "blake2sums",
    ])
  func general(name: String) {
    let file = file(name)
    #expect(file != nil && file?.whole == nil)
    let isSignature = BesideName.signatureSuffixes.contains { name.lowercased().hasSuffix($0) }
    #expect(file?.mustBeSigned == isSignature)
  }

  @Test("are those that are called after the image, or after what is in it")
  func own() {
    let suffixes = [
      ".sha256", ".sha512", ".sha1", ".md5", ".sha224", ".sha384", ".b2", ".blake2b", ".sha256sum", ".md5sum",
      ".sha512sum", ".sha256.txt", ".sha256sum.txt", "-CHECKSUM", ".CHECKSUM", ".DIGESTS", ".SHA256",
      "_sha256sum",
      ".sha3-512", ".hash", ".sha",
    ]
    for suffix in suffixes {
      #expect(file("a-1.0.iso.xz" + suffix)?.whole == .file, "\(suffix)")
      #expect(file("a-1.0.iso" + suffix)?.whole == .image, "\(suffix)")
    }
    let stem = file("a-1.0.sha256")
    #expect(stem != nil && stem?.whole == nil)
    #expect(file("A-1.0.Iso.SHA256")?.whole == .image)
    #expect(file("a-1.0.iso.b2")?.hint == .known(.blake2b))
    #expect(file("B2SUMS")?.hint == .known(.blake2b))
    #expect(file("CHECKSUM.SHA512-x")?.hint == .known(.sha512))
  }

  @Test(
    "are no others",
    arguments: [
      "a-1.0.iso", "a-1.0.iso.xz", "a-1.0.iso.sig", "a-1.0.iso.asc", "b.iso.sha256", "notes.txt",
      "summary.txt",
      "SHA256SUMS.gpg2", "notes.gpg", "a-1.0.iso.gpg", "checksums.py", "sha256sums.iso", "resum",
      "a-1.0.iso.torrent",
      "a-1.0.isoxsha256", "", ".", "md5deep", "sums.ods",
    ])
  func others(name: String) { #expect(file(name) == nil) }

  @Test("of what is compressed: the name without its ending")
  func packing() {
    #expect(BesideName.withoutPacking("a.iso.xz") == "a.iso")
    #expect(BesideName.withoutPacking("a.img.ZST") == "a.img")
    #expect(BesideName.withoutPacking("a.iso") == nil)
    #expect(BesideName.withoutPacking(".gz") == nil)
  }
}

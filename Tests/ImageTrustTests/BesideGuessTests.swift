import Testing

@testable import ImageTrust

@Suite("What a server is asked for beside an image")
struct BesideGuessTests {
  @Test("is what would be recognised in a directory, and little of it")
  func recognised() {
    for (image, isPacked) in [("image.iso", false), ("image.img.xz", true), ("x", false)] {
      let names = BesideGuess.names(for: [image], isPacked: isPacked)
      let known = ImageNames([image], isPacked: isPacked)
      let lists = BesideName.checksumFiles(among: names, of: known).map(\.name)
      for name in names {
        let isSignature = BesideName.signatureSuffixes.contains(where: name.hasSuffix)
        #expect(lists.contains(name) != isSignature, "\(name)")
      }
      #expect(names.count <= (isPacked ? 27 : 17) && Set(names).count == names.count)
    }
  }

  @Test("names of the packed file and of what is in it")
  func packed() {
    let names = BesideGuess.names(for: ["a.img.xz", "a.img.xz"], isPacked: true)
    for name in ["a.img.xz.sha256", "a.img.sha256", "a.img.xz.sig", "SHA256SUMS"] {
      #expect(names.contains(name))
    }
  }

  @Test("what is in a compressed archive has no name that is known")
  func archives() {
    #expect(!BesideGuess.names(for: ["a.tar.gz"], isPacked: true).contains("a.tar.sha256"))
  }

  @Test(
    "lists that are called after a release",
    arguments: [
      ("Fedora-Server-netinst-x86_64-43-1.6.iso", "Fedora-Server-43-1.6-x86_64-CHECKSUM"),
      ("Fedora-Workstation-Live-43-1.6.x86_64.iso", "Fedora-Workstation-43-1.6-x86_64-CHECKSUM"),
      ("Fedora-KDE-Desktop-Live-43-1.6.aarch64.iso", "Fedora-KDE-43-1.6-aarch64-CHECKSUM"),
      ("FreeBSD-14.3-RELEASE-amd64-memstick.img", "CHECKSUM.SHA256-FreeBSD-14.3-RELEASE-amd64"),
    ])
  func releases(image: String, list: String) {
    #expect(BesideGuess.names(for: [image], isPacked: false).contains(list))
  }

  @Test(
    "a name that only begins like one of those names no release",
    arguments: ["Fedora-x", "FreeBSD-1.iso", "Fedora-a-b-x86_64.iso"])
  func others(image: String) {
    #expect(BesideGuess.names(for: [image], isPacked: false).count == 17)
  }

  @Test("signatures over the lists that are there and have a word about the image")
  func signatures() {
    let line = Array("00 *image.iso\n".utf8)
    let files = [
      "SHA256SUMS": line, "sha256sums.txt": line, "SHA512SUMS": Array("00 *other.iso\n".utf8),
      "image.iso.sha256": [], "image.iso.sig": line,
    ]
    let names = BesideGuess.signatures(over: files, for: ["image.iso"], isPacked: false)
    #expect(names.count == 20)
    for name in ["SHA256SUMS.gpg", "sha256sums.txt.sig", "sha256sums.asc", "image.iso.sha256.asc"] {
      #expect(names.contains(name), "\(name)")
    }
  }
}

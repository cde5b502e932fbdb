import BlockIO
import SystemPackage
import TestSupport
import Testing

@testable import ImageTrust

@Suite("what lies beside an image")
struct BesideSearchTests {
  private static let one = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  private static let two = "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d"

  private func found(
    _ files: [String: String], image: String = "a.iso", isPacked: Bool = false, before script: String = ":"
  ) throws -> FoundTrust {
    let directory = try ScratchDirectory()
    for (name, text) in files { try directory.write(Array(text.utf8), to: name) }
    try directory.run("touch a.iso a.iso.xz; \(script)")
    var search = BesideSearch(
      image: FilePath("\(directory.path)/\(image)"), isPacked: isPacked, judge: FakeJudge())
    return search.run()
  }

  private func names(_ found: FoundTrust) -> [String] {
    found.claims.map { if case .file(let name, _) = $0.origin { name } else { "" } }
  }

  @Test("all of it is read, what is called after the image first, with the signatures over each")
  func claims() throws {
    let found = try found([
      "SHA256SUMS": "\(Self.one)  a.iso\n", "SHA256SUMS.gpg": "SIG anna", "SHA256SUMS.sign": "SIG unknown",
      "a.iso.sha256": Self.one, "sha256sum.txt": "\(Self.one)  a.iso", "sha256sum.sig": "SIG berta",
      "X-CHECKSUM": "TEXT carla\nSHA256 (a.iso) = \(Self.one)\n", "B2SUMS": "\(Self.one)  b.iso",
      "notes": "\(Self.two)  a.iso",
    ])
    #expect(names(found) == ["a.iso.sha256", "SHA256SUMS", "X-CHECKSUM", "sha256sum.txt"])
    #expect(found.claims.map { $0.signer?.keyText } == [nil, "anna", "carla", "berta"])
    #expect(found.claims[1].signatures.map(\.name) == ["SHA256SUMS.gpg", "SHA256SUMS.sign"])
    #expect(found.silent == ["B2SUMS"])
    #expect(found.badSignatures.isEmpty && found.troubles.isEmpty && found.contradiction == nil)
  }

  @Test(
    "a bad signature counts, over a list that names the image and over a text that cannot be read any more")
  func badSignatures() throws {
    let list = ["SHA256SUMS": "\(Self.one)  a.iso\n", "SHA256SUMS.gpg": "SIG bad"]
    #expect(try found(list).badSignatures.map(\.name) == ["SHA256SUMS.gpg"])
    #expect(
      try found(["SHA256SUMS": "\(Self.one)  b.iso\n", "SHA256SUMS.gpg": "SIG bad"]).badSignatures.isEmpty)
    let text = try found(["CHECKSUM": "TEXT bad\n\(Self.one)  a.iso\n"])
    #expect(text.badSignatures.map(\.name) == ["CHECKSUM"])
    let other = try found(["CHECKSUM": "TEXT bad\n\(Self.one)  b.iso\n"])
    #expect(other.badSignatures.isEmpty && other.silent == ["CHECKSUM"])
    let marks = "-----BEGIN PGP SIGNED MESSAGE-----\n"
    let lost = try found(["CHECKSUM": "\(marks)\(marks)\(Self.one)  a.iso\n"])
    #expect(lost.badSignatures.map(\.name) == ["CHECKSUM"] && lost.claims.isEmpty)
    #expect(try found(["CHECKSUM": "\(marks)\(marks)\(Self.one)  b.iso\n"]).badSignatures.isEmpty)
    // What is called after the image is about it, under whatever name.
    let own = try found(["a.iso.sha256": "\(marks)\(marks)\(Self.one)  b.iso\n"])
    #expect(own.badSignatures.map(\.name) == ["a.iso.sha256"])
  }

  @Test("a list that names several files so is not used, and that it was changed counts all the same")
  func ambiguous() throws {
    let lines = "\(Self.one)  x/a.iso\n\(Self.two)  y/a.iso\n"
    for (verdict, isBad) in [("anna", false), ("bad", true)] {
      for files in [
        ["SHA256SUMS": lines, "SHA256SUMS.gpg": "SIG \(verdict)"], ["CHECKSUM": "TEXT \(verdict)\n" + lines],
      ] {
        let found = try found(files)
        #expect(found.claims.isEmpty && found.troubles.map(\.reason) == [.ambiguous])
        #expect(found.badSignatures.isEmpty != isBad)
      }
    }
  }

  @Test("a text whose signature nobody can judge still tells damage, unsigned")
  func unjudged() throws {
    let found = try found(["CHECKSUM": "TEXT unknown\n\(Self.one)  a.iso\n"])
    #expect(names(found) == ["CHECKSUM"] && found.claims.first?.signer == nil)
    #expect(found.badSignatures.isEmpty)
  }

  @Test("signatures over the image itself, or over what is in it, are kept for the pass over the bytes")
  func imageSignatures() throws {
    let files = [
      "a.iso.xz.sig": "SIG anna", "a.iso.asc": "SIG berta", "b.iso.sig": "SIG x", "a.iso.gpg": "no signature",
    ]
    let packed = try found(files, image: "a.iso.xz", isPacked: true)
    #expect(packed.imageSignatures.map(\.name) == ["a.iso.asc", "a.iso.xz.sig"])
    #expect(packed.imageSignatures.map(\.subject) == [.image, .file])
    #expect(packed.troubles.map(\.name) == ["a.iso.gpg"])
    // Of what is written as it is, the signature over what is in it says nothing.
    let asIs = try found(files, image: "a.iso.xz", isPacked: false)
    #expect(
      asIs.imageSignatures.map(\.name) == ["a.iso.xz.sig"] && asIs.imageSignatures.first?.subject == .image)
  }

  @Test(
    "a text with a signature around it is a list under whatever ending signatures have",
    arguments: ["SHA256SUMS.gpg", "SHA256SUMS.sign", "SHA256SUMS.SIG", "a.iso.asc", "a.iso.gpg", "a.iso.sig"])
  func around(name: String) throws {
    let good = try found([name: "TEXT anna\n\(Self.one)  a.iso\n"])
    #expect(names(good) == [name] && good.claims.first?.signer?.keyText == "anna")
    #expect(good.troubles.isEmpty && good.imageSignatures.isEmpty)
    let bad = try found([name: "TEXT bad\n\(Self.one)  a.iso\n"])
    #expect(bad.badSignatures.map(\.name) == [name])
    let unknown = try found([name: "TEXT unknown\n\(Self.one)  a.iso\n"])
    #expect(names(unknown) == [name] && unknown.claims.first?.signer == nil)
    let other = try found([name: "TEXT anna\n\(Self.one)  b.iso\n\(Self.two)  c.iso\n"])
    #expect(other.claims.isEmpty && other.silent == [name])
    // The plain text beside it does not become signed by that.
    guard name.hasPrefix("SHA256SUMS") else { return }
    let both = try found(["SHA256SUMS": "\(Self.two)  a.iso\n", name: "TEXT anna\n\(Self.one)  a.iso\n"])
    #expect(both.contradiction != nil && both.claims.first?.signer == nil)
  }

  @Test("a signature in capitals is one")
  func capitals() throws {
    let list = try found(["SHA256SUMS": "\(Self.one)  a.iso\n", "SHA256SUMS.SIG": "SIG anna"])
    #expect(list.claims.first?.signer?.keyText == "anna" && list.troubles.isEmpty)
    #expect(try found(["a.iso.ASC": "SIG anna"]).imageSignatures.map(\.name) == ["a.iso.ASC"])
  }

  @Test("the case of an ending does not matter", arguments: [".GPG", ".Gpg", ".Asc", ".Minisig", ".sIGN"])
  func mixedCase(ending: String) throws {
    let list = try found(["sha256sums.TXT": "\(Self.one)  a.iso\n", "sha256sums.TXT\(ending)": "SIG anna"])
    #expect(list.claims.first?.signer?.keyText == "anna" && list.troubles.isEmpty)
    #expect(try found(["a.iso\(ending)": "SIG anna"]).imageSignatures.map(\.name) == ["a.iso\(ending)"])
    // A signature over another list would be a wrong one.
    let other = try found(["SHA256SUMS": "\(Self.one)  a.iso\n", "sha256sums\(ending)": "SIG bad"])
    #expect(other.badSignatures.isEmpty && other.troubles.map(\.reason) == [.listMissing])
  }

  @Test("what is called after the image in other letters counts, unless there is an image of that name")
  func mixedNames() throws {
    let files = ["A.Iso.SHA256": "\(Self.one)  A.Iso\n", "A.Iso.SHA256.Asc": "SIG anna"]
    let found = try found(files)
    #expect(found.claims.map(\.otherName) == ["A.Iso"] && found.claims.first?.signer?.keyText == "anna")
    #expect(try self.found(files, before: "touch A.Iso").claims.isEmpty)
  }

  @Test("of one file, no more signatures are read than there are endings in small letters and in capitals")
  func manyCases() throws {
    var files = ["SHA256SUMS": "\(Self.one)  a.iso\n"]
    for number in 0..<16 {
      let letters = "sign".enumerated().map { number >> $0 & 1 == 1 ? $1.uppercased() : String($1) }
      files["SHA256SUMS." + letters.joined()] = "SIG anna"
    }
    let found = try found(files)
    #expect(found.claims.first?.signatures.count == 10)
    #expect(found.troubles.map(\.reason) == Array(repeating: .tooMany(limit: 10), count: 6))
  }

  @Test("what lies there and is of no use is told of, once, and why")
  func unused() throws {
    let line = "\(Self.one)  a.iso\n"
    let message = "-----BEGIN PGP MESSAGE-----\n\nAAAA\n-----END PGP MESSAGE-----\n"
    let cases: [([String: String], String, BesideTrouble)] = [
      (["SHA256SUMS.gpg": "SIG anna"], "SHA256SUMS.gpg", .listMissing),
      (["SHA256SUMS.asc": message], "SHA256SUMS.asc", .message),
      (["SHA256SUMS.gpg": "x"], "SHA256SUMS.gpg", .senseless),
      (["SHA256SUMS": line, "SHA256SUMS.gpg": message], "SHA256SUMS.gpg", .message),
      (["a.iso.asc": message], "a.iso.asc", .message),
      (["SHA256SUMS": "a.iso: \(Self.one)\n"], "SHA256SUMS", .notUnderstood),
      (["SHA256SUMS": "\(Self.one)  677888  a.iso\n"], "SHA256SUMS", .notUnderstood),
      (["B3SUMS": line], "B3SUMS", .unusable),
      (["SHA256SUMS": "\(Self.one.dropLast())  a.iso\n"], "SHA256SUMS", .unusable),
      (["MD5SUMS": "MD5 (a.iso) = \(Self.one)\n"], "MD5SUMS", .unusable),
      (["X-CHECKSUM": "TEXT anna\n\(Self.one.dropLast(2))  a.iso\n"], "X-CHECKSUM", .unusable),
      (["a.iso.sha256": "\(Self.one.dropLast())\n"], "a.iso.sha256", .unusable),
    ]
    for (files, name, reason) in cases {
      let found = try found(files)
      #expect(found.troubles.map(\.name) == [name] && found.troubles.map(\.reason) == [reason], "\(name)")
      #expect(found.silent.isEmpty && found.claims.allSatisfy { $0.signer == nil })
      #expect(found.imageSignatures.isEmpty && found.badSignatures.isEmpty)
    }
    let unusable = ["\(Self.one.dropLast())  a.iso", "WHIRLPOOL (a.iso) = \(Self.one)", "SHA1 (a.iso) = 00"]
    for rest in unusable {
      for files in [["SHA256SUMS": "\(line)\n\(rest)\n"], ["a.iso.sha256": "\(rest)\n\(line)\n"]] {
        let found = try found(files)
        #expect(found.claims.count == 1 && found.troubles.map(\.reason) == [.partlyUnusable], "\(rest)")
      }
    }
    let link = try found(["SHA256SUMS": line], before: "ln -s x SHA256SUMS.gpg")
    #expect(link.troubles.map(\.reason) == [.notRegular])
    let longer = try found(["SHA256SUMS": "\(Self.one)  a.iso.zsync\n\(Self.two)  a.iso/b\n# a.iso: 1\n"])
    #expect(longer.troubles.isEmpty && longer.silent == ["SHA256SUMS"])
    // What signs a list that is silent is of no interest.
    let silent = try found(["SHA256SUMS": "\(Self.one)  b.iso\n", "SHA256SUMS.gpg": "SIG anna"])
    #expect(silent.troubles.isEmpty && silent.silent == ["SHA256SUMS"])
  }

  @Test("a message of OpenPGP is known by its beginning")
  func messages() {
    for bytes: [UInt8] in [[0xA3, 1], [0x90, 13], [0xC4, 13], [0xC8, 1]] {
      #expect(SignatureFormat.isMessage(bytes))
    }
    for bytes: [UInt8] in [[], [0x89, 1], [0xC4, 0x84], Array("a  b".utf8)] {
      #expect(!SignatureFormat.isMessage(bytes))
    }
  }

  @Test("of two names, that of the file and that of its content, each has its own checksum")
  func packed() throws {
    let files = ["SHA256SUMS": "\(Self.one)  a.iso.xz\n\(Self.two)  a.iso\n", "a.iso.md5": "00"]
    let found = try found(files, image: "a.iso.xz", isPacked: true)
    #expect(found.claims.map(\.subject) == [.file, .image])
    #expect(try self.found(files, image: "a.iso.xz").claims.map(\.subject) == [.image])
  }

  @Test(
    "what is in a compressed tar archive is not the archive, and a signature or checksum of that says nothing of it"
  )
  func archive() throws {
    let files = ["SHA256SUMS": "\(Self.one)  a.tar\n\(Self.two)  a.tar.xz\n", "a.tar.sign": "SIG anna"]
    let found = try found(files, image: "a.tar.xz", isPacked: true)
    #expect(found.claims.map(\.subject) == [.file] && found.imageSignatures.isEmpty)
  }

  @Test("contradictions are found, within one file and between files")
  func contradictions() throws {
    let inside = try found(["SHA256SUMS": "\(Self.one)  a.iso\n\(Self.two)  a.iso\n"])
    guard case .conflict? = inside.troubles.first?.reason else {
      Issue.record("no conflict")
      return
    }
    let between = try found(["SHA256SUMS": "\(Self.one)  a.iso", "a.iso.sha256": Self.two])
    #expect(between.contradiction != nil)
    let packed = try found(
      ["SHA256SUMS": "\(Self.one)  a.iso", "a.iso.xz.sha256": Self.two], image: "a.iso.xz", isPacked: true)
    #expect(packed.contradiction == nil)
  }

  @Test("nothing is read but regular files, by their own name, within limits, and that is told")
  func hostile() throws {
    let found = try found(
      ["real": "\(Self.one)  a.iso", "MD5SUMS": "\0\0"],
      before: """
        ln -s real SHA256SUMS; mkfifo SHA512SUMS; mkdir SHA1SUMS; ln -s /dev/zero B2SUMS
        truncate -s 17M CHECKSUM
        """)
    #expect(found.claims.isEmpty)
    var reasons: [String: BesideTrouble] = [:]
    for trouble in found.troubles { reasons[trouble.name] = trouble.reason }
    for name in ["SHA256SUMS", "SHA512SUMS", "SHA1SUMS", "B2SUMS"] { #expect(reasons[name] == .notRegular) }
    #expect(reasons["CHECKSUM"] == .tooLong(limit: ChecksumFile.limit) && reasons["MD5SUMS"] == .senseless)
  }

  @Test("a directory full of lists costs no more than a bounded number of them")
  func many() throws {
    let found = try found([:], before: "for n in $(seq 70); do echo \(Self.one)  b.iso >r$n-CHECKSUM; done")
    #expect(found.silent.count == 64 && found.troubles.count == 6)
    #expect(found.troubles.allSatisfy { $0.reason == .tooMany(limit: 64) })
    // Files that are called signatures take the place of none.
    let signed = try self.found(
      ["z-CHECKSUM": "\(Self.one)  a.iso\n"],
      before: "for n in $(seq 70); do echo SIG x >r$n-CHECKSUM.gpg; done")
    #expect(names(signed) == ["z-CHECKSUM"])
  }

  @Test("a link to the image counts where it lies and where it leads, under both names")
  func links() throws {
    let found = try found(
      ["current.iso.sha256": Self.one], image: "current.iso",
      before: """
        mkdir release && mv a.iso release/a-1.iso && ln -s release/a-1.iso current.iso
        echo '\(Self.one)  a-1.iso' >release/SHA256SUMS
        """)
    #expect(names(found) == ["current.iso.sha256", "SHA256SUMS"])
    let circle = try self.found([:], image: "x.iso", before: "ln -s y.iso x.iso; ln -s x.iso y.iso")
    #expect(circle == FoundTrust())
  }
}

@Suite("R50: which claims are compared")
struct ClaimSelectionTests {
  private func claim(
    _ algorithm: DigestAlgorithm, _ origin: ChecksumClaim.Origin = .file(name: "f", otherName: nil),
    signed: Bool = false
  ) throws -> ChecksumClaim {
    let identity = SignatureIdentity(keyText: "anna", fingerprint: "ff", keyringPath: "/k")
    return ChecksumClaim(
      try ExpectedChecksum(algorithm, [UInt8](repeating: 1, count: algorithm.byteCount)), of: .image, origin,
      signatures: signed ? [JudgedSignature(name: "s", verdict: .good(identity))] : [])
  }

  @Test(
    "a signed one before others, a strong one before weak ones, and everything that costs nothing besides")
  func selection() throws {
    let (md5, sha256, sha512) = (try claim(.md5), try claim(.sha256), try claim(.sha512))
    let signed = try claim(.sha512, signed: true)
    func select(_ claims: [ChecksumClaim], _ taken: [DigestAlgorithm]) -> ClaimSelection {
      ClaimSelection(of: claims, taken: taken)
    }
    #expect(select([md5, sha256, sha512], [.sha256]).algorithms == [.sha256])
    #expect(select([md5, sha256, sha512], []).algorithms == [.sha512])
    #expect(select([md5, sha256, signed], [.sha256]).algorithms == [.sha256, .sha512])
    #expect(select([md5, sha256, signed], []).leftOut == [md5, sha256])
    #expect(select([md5], [.sha256]).algorithms == [.md5])
    #expect(select([try claim(.md5, .option), sha256], []).algorithms == [.md5, .sha256])
    #expect(select([], [.sha256]).algorithms == [])
    // What is weak proves nothing by being signed.
    let signedWeak = try claim(.sha1, signed: true)
    #expect(signedWeak.signer == nil)
    #expect(select([signedWeak, sha256], []).algorithms == [.sha256])
  }
}

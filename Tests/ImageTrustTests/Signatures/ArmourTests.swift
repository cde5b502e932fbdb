import BlockIO
import TestSupport
import Testing

@testable import ImageTrust

@Suite("R50: letters and packets around signatures, to the byte")
struct ArmourTests {
  /// RFC 4648, section 10.
  @Test(
    "Base64 as its standard says",
    arguments: [
      ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("+/A=", "\u{FB}"),
    ])
  func base64(letters: String, text: String) {
    let expected = letters == "+/A=" ? [0xFB, 0xF0] : Array(text.utf8)
    #expect(Base64.decode(letters.utf8) == expected)
    #expect(Base64.unpadded(expected) == letters.filter { $0 != "=" })
  }

  @Test(
    "what is spelt otherwise is nothing",
    arguments: ["Z", "Zg", "Zg=", "Zh==", "Zm9=", "=", "====", "Zg==Zg==", "Zm 9v", "Zm9v\n", "Zm-_", "Z=g="])
  func spelling(letters: String) {
    #expect(Base64.decode(letters.utf8) == nil)
  }

  /// The check value of CRC-24/OPENPGP in the catalogue of parametrised CRC algorithms.
  @Test("the checksum is the standard's")
  func checksum() {
    #expect(Armour.checksum(Array("123456789".utf8)) == [0x21, 0xCF, 0x02])
  }

  @Test("a block is read whatever its lines end in, and not if it is damaged")
  func blocks() throws {
    let bench = try SignatureBench.shared.get()
    let text = try bench.text("text.asc")
    let bytes = try #require(Armour.blocks(of: .signature, in: Array(text.utf8))?.first?.bytes)
    for same in [
      text.replacing("\n", with: "\r\n"), text.replacing("\n", with: " \t\n"), "before\n" + text + "behind",
      text.replacing("SIGNATURE-----\n\n", with: "SIGNATURE-----\nVersion: 1\nComment: x\n\n"),
    ] {
      #expect(Armour.blocks(of: .signature, in: Array(same.utf8))?.map(\.bytes) == [bytes])
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let checksum = try #require(lines.firstIndex { $0.count == 5 && $0.hasPrefix("=") })
    for damaged in [
      text.replacing("-----END", with: "----END"), text.replacing("\n=", with: "\n=A"),
      text.replacing(lines[checksum], with: "=AAAA"),
      text.replacing("SIGNATURE-----\n\n", with: "SIGNATURE-----\n"),
      text.replacing("-----END PGP SIGNATURE", with: "-----END PGP MESSAGE"),
    ] {
      #expect(Armour.blocks(of: .signature, in: Array(damaged.utf8)) == nil)
    }
    #expect(Armour.blocks(of: .publicKey, in: Array(text.utf8)) == [])
  }

  @Test("lengths of packets in every spelling")
  func packets() {
    let body = [UInt8](repeating: 7, count: 200)
    let headers: [[UInt8]] = [
      [0xC2, 192, 8], [0xC2, 255, 0, 0, 0, 200], [0x88, 200], [0x89, 0, 200], [0x8A, 0, 0, 0, 200],
    ]
    for header in headers {
      var reader = PacketReader(header + body)
      let packet = reader.next()
      #expect(packet == Packet(kind: 2, start: 0, body: header.count..<header.count + 200))
      #expect(reader.isAtEnd)
      var short = PacketReader(header + body.dropLast())
      #expect(short.next() == nil && !short.isAtEnd)
    }
    // Partial and indeterminate lengths, and what has no packet's first bit.
    for header: [UInt8] in [[0xC2, 224], [0x8B], [0x42, 1]] {
      var reader = PacketReader(header + body)
      #expect(reader.next() == nil)
    }
  }

  @Test("keys have the fingerprints that gpg gives them")
  func fingerprints() throws {
    let bench = try SignatureBench.shared.get()
    for name in ["good", "smug", "revoked", "expired", "twin"] {
      let certificates = try #require(Certificate.all(in: bench[name + ".gpg"]))
      #expect(try certificates.map(\.fingerprint) == [bench.fingerprint(name)])
      #expect(
        certificates.first?.keyIDs.first.map { certificates[0].fingerprint.hasSuffix($0.description) } == true
      )
    }
    let both = try Certificate.all(in: bench["good.asc"] + bench["good.asc"])
    #expect(both?.count == 2)
    #expect(both?.first?.owner == "Release <release@example.org>")
  }

  @Test("signatures name their keys in old packets and in new ones")
  func issuers() throws {
    let number: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
    let third: [UInt8] = [0x88, 19, 3, 5, 0, 0, 0, 0, 0] + number + [1, 8, 0, 0]
    #expect(SignaturePackets(third)?.signatures.map(\.keys) == [[OpenPGPKeyID(bytes: number)]])
    #expect(SignaturePackets(third)?.signatures.map(\.digest) == [8])
    #expect(SignatureFormat.recognise(third) == .openPGP)
    let sixth: [UInt8] =
      [0xC2, 49, 6, 0, 27, 10, 0, 0, 0, 35, 34, 33, 6] + number + [UInt8](repeating: 9, count: 24) + [
        0, 0, 0, 0, 0, 0,
      ]
    #expect(SignaturePackets(sixth)?.signatures.map(\.keys) == [[OpenPGPKeyID(bytes: number)]])
    #expect(SignaturePackets(sixth)?.signatures.map(\.digest) == [10])
    let nameless: [UInt8] = [0xC2, 10, 4, 0, 1, 2, 0, 0, 0, 0, 0, 0]
    #expect(SignaturePackets(nameless)?.signatures.map(\.keys) == [[]])
    let verdict = try SignatureBench.shared.get().verifier("good.gpg").verdict(on: [], signature: nameless)
    #expect(verdict == .unsupported(.method("OpenPGP without the name of a key")))
    #expect(SignaturePackets([UInt8](repeating: 0, count: 20)) == nil)
    // The class says what is signed: bytes, a text, or, in all others, no file.
    for (kind, isOfText) in [(0, false), (1, true), (2, nil), (0x10, nil), (0x20, nil)] as [(UInt8, Bool?)] {
      var packet = third
      packet[4] = kind
      #expect(SignaturePackets(packet)?.areOfText == isOfText, "\(kind)")
      packet = sixth
      packet[3] = kind
      #expect(SignaturePackets(packet)?.areOfText == isOfText, "\(kind)")
    }
  }

  @Test(
    "what is no signature is none",
    arguments: [
      "", "0123  image.iso\n", "\u{89}PNG", "untrusted comment: a key: RWQ=",
      "-----BEGIN CERTIFICATE-----\n",
    ])
  func none(text: String) {
    #expect(SignatureFormat.recognise(Array(text.utf8)) == nil)
    #expect(SignatureFormat.recognise([0x89] + Array("PNG\r\n\u{1A}\n0000".utf8)) == nil)
  }
}

import Sandbox
import Testing

@testable import ImageTrust

@Suite("R50: what gpgv reports counts only where it is consistent")
struct VerifierStatusTests {
  private static let key = String(repeating: "AB", count: 20)
  private static let number = String(key.suffix(16))
  private static let good = ["NEWSIG", "GOODSIG \(number) Me", valid(key)]

  private static func valid(_ key: String) -> String {
    "VALIDSIG \(key) 2026-11-21 1795271988 0 4 0 22 8 00 \(key)"
  }

  private static func report(_ lines: [String]) -> [UInt8] {
    Array(lines.map { "[GNUPG:] \($0)\n" }.joined().utf8)
  }

  private func verdict(
    _ lines: [String], status: Int32 = 0, signatures: Int = 1
  ) throws -> SignatureVerdict {
    let bench = try SignatureBench.shared.get()
    let signature = try #require(
      SignaturePackets(Array(repeating: bench["text.sig"], count: signatures).flatMap { $0 }))
    let certificate = Certificate(bytes: [], fingerprint: Self.key, owner: "", keyIDs: [])
    let judgement = OpenPGPJudgement(
      signature: signature, candidates: [TrustedCertificate(certificate: certificate, path: "f")])
    return judgement.verdict(on: ToolAnswer(status: status, output: [], report: Self.report(lines)))
  }

  @Test("an honest report")
  func honest() throws {
    let identity = SignatureIdentity(keyText: "Me", fingerprint: Self.key, keyringPath: "f")
    #expect(try verdict(Self.good) == .good(identity))
    #expect(
      try verdict(["KEY_CONSIDERED \(Self.key) 0"] + Self.good + ["NOTATION_DATA x"]) == .good(identity))
    let escaped = ["NEWSIG", "GOODSIG \(Self.number) a%1Bb%0Ac%25%", Self.valid(Self.key)]
    let name = SignatureIdentity(keyText: "a\u{1B}b\nc%%", fingerprint: Self.key, keyringPath: "f")
    #expect(try verdict(escaped) == .good(name))
    #expect(
      try verdict(["NEWSIG", "BADSIG \(Self.number) Me"], status: 1) == .bad(.mismatch(keyID: Self.number)))
    let unknown = [
      "NEWSIG", "ERRSIG \(Self.number) 22 8 00 1795271988 9 \(Self.key)", "NO_PUBKEY \(Self.number)",
    ]
    #expect(try verdict(unknown, status: 2) == .unknownKey(keyID: Self.number))
    let method = ["NEWSIG", "ERRSIG \(Self.number) 99 8 00 1795271988 4 -"]
    #expect(try verdict(method, status: 2) == .unsupported(.method("OpenPGP, key \(Self.number)")))
    #expect(try verdict(Self.good + unknown, status: 2, signatures: 2) == .good(identity))
  }

  /// Each lacks something, has something twice, or says two things.
  private static let doubtful: [[String]] = [
    [], ["NEWSIG"], ["NEWSIG", "GOODSIG \(number) Me"], ["NEWSIG", valid(key)], Array(good.dropFirst()),
    good + good, good + [valid(key)], good + ["GOODSIG \(number) Me"], good + ["BADSIG \(number) Me"],
    ["NEWSIG", "GOODSIG \(number) Me", "NEWSIG", valid(key)], good + ["NEWSIG"],
    ["NEWSIG", "GOODSIG 0000000000000000 Me", valid(key)],
    ["NEWSIG", "GOODSIG \(number) Me", valid(String(repeating: "CD", count: 20))],
    ["NEWSIG", "GOODSIG  Me", valid(key)], ["NEWSIG", "GOODSIG \(number)"],
    ["NEWSIG", "BADSIG \(number) Me", valid(key)],
    ["NEWSIG", "ERRSIG \(number) 22 8 00 0 9 \(key)", valid(key)],
    good + ["ERROR proc_pkt.plaintext 89_BAD_DATA"],
    good + ["FAILURE gpgv 1"], good + ["NODATA 2"], good + ["UNEXPECTED 0"], good + ["BADARMOR"],
    ["NEWSIG", "GOODSIG \(number) Me", "VALIDSIG \(key)"],
    ["NEWSIG", "GOODSIG \(number) Me", valid(key.lowercased())],
    ["NEWSIG", "GOODSIG \(number) Me", "VALIDSIG \(key) 2026-11-21 1795271988 0 4 0 22 x 00 \(key)"],
  ]

  @Test("a report that is not is no answer", arguments: doubtful)
  func inconsistent(lines: [String]) throws {
    #expect(try verdict(lines) == .unsupported(.noAnswer(tool: "gpgv")))
  }

  @Test("words of others than the verifier are no report")
  func foreign() {
    let lines = Self.report(Self.good)
    #expect(VerifierStatus(lines) != nil)
    #expect(VerifierStatus(lines + Array("gpgv: hello\n".utf8)) == nil)
    #expect(VerifierStatus(Array("GOODSIG \(Self.number) Me\n".utf8)) == nil)
  }

  @Test("good words of a program that ends badly are no answer")
  func status() throws {
    #expect(try verdict(Self.good, status: 1) == .unsupported(.noAnswer(tool: "gpgv")))
    let digest = Self.valid(Self.key).replacing(" 22 8 ", with: " 22 1 ")
    let weak = ["NEWSIG", "GOODSIG \(Self.number) Me", digest]
    #expect(try verdict(weak) == .unsupported(.method("MD5")))
  }
}

import BlockIO
import TestSupport
import Testing

@testable import ImageTrust

@Suite("R50: OpenPGP signatures prove what they are of, and nothing else")
struct OpenPGPTests {
  private let bench: SignatureBench

  init() throws { bench = try SignatureBench.shared.get() }

  private func identity(_ name: String) throws -> SignatureIdentity {
    SignatureIdentity(
      keyText: "Release <release@example.org>", fingerprint: try bench.fingerprint(name),
      keyringPath: name + ".gpg")
  }

  @Test("a good one says who and from which file", arguments: ["text.sig", "text.asc", "text.notation"])
  func good(signature: String) throws {
    let verdict = try bench.verdict(signature, of: "text", trusting: "smug.gpg", "good.gpg")
    #expect(try verdict == .good(identity("good")))
    #expect(try SignatureFormat.recognise(bench[signature]) == .openPGP)
  }

  @Test("of a changed text, or of another file")
  func mismatch() throws {
    let keyID = String(try bench.fingerprint("good").suffix(16))
    #expect(try bench.verdict("text.sig", of: "other", trusting: "good.gpg") == .bad(.mismatch(keyID: keyID)))
    #expect(try bench.verdict("other.sig", of: "text", trusting: "good.gpg") == .bad(.mismatch(keyID: keyID)))
    #expect(try bench.verifier("good.gpg").verdict(on: [], signature: bench["text.sig"]).isBad)
  }

  @Test("another key of the same name is unknown")
  func twin() throws {
    let verdict = try bench.verdict("text.twin", of: "text", trusting: "good.gpg")
    guard case .unknownKey(let keyID) = verdict else { return #expect(Bool(false), "\(verdict)") }
    #expect(try bench.verdict("text.sig", of: "text", trusting: "twin.gpg") != verdict)
    #expect(keyID.count == 16)
  }

  @Test("expired, revoked and weak ones are each told apart, and none is good")
  func states() throws {
    let release = try identity("good")
    #expect(try bench.verdict("text.expired", of: "text", trusting: "good.gpg") == .expiredSignature(release))
    #expect(
      try bench.verdict("text.sha1", of: "text", trusting: "good.gpg") == .unsupported(.method("SHA-1")))
    let expired = SignatureIdentity(
      keyText: "Expired <e@example.org>", fingerprint: try bench.fingerprint("expired"),
      keyringPath: "expired.gpg")
    #expect(try bench.verdict("text.late", of: "text", trusting: "expired.gpg") == .expiredKey(expired))
    let revoked = SignatureIdentity(
      keyText: "Revoked <r@example.org>", fingerprint: try bench.fingerprint("revoked"),
      keyringPath: "revoked.gpg")
    let verdict = try bench.verdict("text.revoked", of: "text", trusting: "revoked.gpg")
    #expect(verdict == .revokedKey(revoked))
    #expect(verdict.isBad)
  }

  @Test("of two states of one key the later one counts, whichever is read first")
  func extended() throws {
    let identity = SignatureIdentity(
      keyText: "Expired <e@example.org>", fingerprint: try bench.fingerprint("expired"),
      keyringPath: "extended.gpg")
    for order in [["expired.gpg", "extended.gpg"], ["extended.gpg", "expired.gpg"]] {
      let verdict = try bench.verdict("text.late", of: "text", trusting: order[0], order[1])
      #expect(verdict == .good(identity))
    }
  }

  @Test(
    "a key that its owner has revoked is revoked, whatever others have signed in another copy of it since")
  func endorsed() throws {
    for order in [["revoked.gpg", "endorsed.gpg"], ["endorsed.gpg", "revoked.gpg"]] {
      let verdict = try bench.verdict("text.revoked", of: "text", trusting: order[0], order[1])
      guard case .revokedKey = verdict else {
        Issue.record("\(order): \(verdict)")
        continue
      }
    }
  }

  @Test(
    "one of a text is good for a list, and neither for an image nor for lines that gpgv does not read to their end"
  )
  func text() throws {
    let verifier = try bench.verifier("good.gpg")
    let uncertain = SignatureVerdict.unsupported(.method("OpenPGP signature of a text"))
    #expect(try verifier.verdict(on: bench["text"], signature: bench["text.textmode"]).isGood)
    #expect(try verifier.verdict(on: bench["other"], signature: bench["text.textmode"]).isBad)
    for name in ["tail", "tail.forged"] {
      #expect(try verifier.verdict(on: bench[name], signature: bench["tail.textmode"]) == uncertain)
    }
    var witness = try verifier.witness(signature: bench["text.textmode"])
    try bench["text"].withRawSpan { witness.update($0) }
    #expect(witness.finish() == uncertain)
  }

  @Test("a name that spells the verifier's own words remains a name")
  func smuggledName() throws {
    let verdict = try bench.verdict("text.smug", of: "text", trusting: "smug.gpg")
    guard case .good(let identity) = verdict else { return #expect(Bool(false), "\(verdict)") }
    #expect(try identity.fingerprint == bench.fingerprint("smug"))
    #expect(identity.keyText.hasPrefix("Mallory"))
    #expect(try bench.verdict("other.smug", of: "text", trusting: "smug.gpg").isBad)
  }

  @Test(
    "of two signatures one good one is enough, unless the other is wrong, in one block or in several",
    arguments: ["", ".asc"])
  func several(form: String) throws {
    let good = try SignatureVerdict.good(identity("good"))
    let (two, mixed) = ("text.two" + form, "text.mixed" + form)
    #expect(try bench.verdict(two, of: "text", trusting: "good.gpg") == good)
    #expect(try bench.verdict(two, of: "text", trusting: "good.gpg", "smug.gpg") == good)
    #expect(try bench.verdict(mixed, of: "text", trusting: "good.gpg", "smug.gpg").isBad)
    #expect(try bench.verdict(two, of: "other", trusting: "good.gpg").isBad)
  }

  @Test("many builders sign one list, each in a block of their own")
  func builders() throws {
    let letters = try bench["text.asc"]
    let verdict = try bench.verifier("good.gpg").verdict(
      on: bench["text"], signature: Array(repeatElement(letters, count: 40).joined()))
    #expect(try verdict == .good(identity("good")))
  }

  @Test("one that is cut off anywhere is never good")
  func truncated() throws {
    let whole = try bench["text.sig"]
    let verifier = try bench.verifier("good.gpg")
    for count in 0..<whole.count {
      let verdict = verifier.verdict(on: try bench["text"], signature: Array(whole.prefix(count)))
      #expect([.bad(.malformed), .unsupported(.method("unknown"))].contains(verdict), "\(count): \(verdict)")
    }
    #expect(verifier.verdict(on: try bench["text"], signature: whole + [0]) == .bad(.malformed))
    let letters = try bench["text.asc"]
    let cut = verifier.verdict(on: try bench["text"], signature: Array(letters.dropLast(10)))
    #expect(cut == .bad(.malformed))
  }

  @Test(
    "a message with a text of its own is no signature of another",
    arguments: ["text.inline", "text.inline.asc"])
  func inline(name: String) throws {
    let verdict = try bench.verdict(name, of: "other", trusting: "good.gpg")
    #expect(verdict == .unsupported(.method("unknown")))
    let disguised = try bench.text("text.inline.asc").replacing("PGP MESSAGE", with: "PGP SIGNATURE")
    let verifier = try bench.verifier("good.gpg")
    #expect(verifier.verdict(on: try bench["other"], signature: Array(disguised.utf8)) == .bad(.malformed))
  }

  @Test("a signature file that is longer than any is not read")
  func tooLong() throws {
    let long = try bench["text.sig"] + [UInt8](repeating: 0, count: SignatureVerifier.longestSignature)
    let verdict = try bench.verifier("good.gpg").verdict(on: [], signature: long)
    #expect(verdict == .unsupported(.signatureTooLong(limit: SignatureVerifier.longestSignature)))
  }
}

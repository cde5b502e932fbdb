import BlockIO
import Testing

@testable import ImageTrust

@Suite("R50: signatures of ssh-keygen")
struct SSHSignatureTests {
  private let bench: SignatureBench

  init() throws { bench = try SignatureBench.shared.get() }

  /// What a signature proves where a list of signers is trusted.
  private func verdict(_ signature: String, of text: String = "text", signers: String) throws
    -> SignatureVerdict
  {
    let keys = try KeyringFile.keys(in: Array(signers.utf8))
    let verifier = SignatureVerifier(keys: TrustedKeys([KeyringFile(path: "signers", keys: keys)]))
    return verifier.verdict(on: try bench[text], signature: try bench[signature])
  }

  @Test("good ones of each kind of key", arguments: ["ed25519", "ecdsa", "long", "rsa"])
  func good(kind: String) throws {
    let verdict = try bench.verdict("text." + kind, of: "text", trusting: kind + ".pub")
    guard case .good(let identity) = verdict else { return #expect(Bool(false), "\(verdict)") }
    #expect(identity.keyText == "me@example.org")
    #expect(identity.fingerprint.hasPrefix("SHA256:"))
    #expect(identity.fingerprint.count == 50)
    let bad = SignatureVerdict.bad(.mismatch(keyID: identity.fingerprint))
    #expect(try bench.verdict("text." + kind, of: "other", trusting: kind + ".pub") == bad)
    let unknown = SignatureVerdict.unknownKey(keyID: identity.fingerprint)
    #expect(try bench.verdict("text." + kind, of: "text", trusting: "short.pub") == unknown)
    #expect(try SignatureFormat.recognise(bench["text." + kind]) == .ssh)
  }

  @Test("a shorter digest is a digest; a short key proves nothing; what is for git is not for files")
  func kinds() throws {
    #expect(try bench.verdict("text.sha256", of: "text", trusting: "ed25519.pub").isGood)
    #expect(
      try bench.verdict("text.short", of: "text", trusting: "short.pub")
        == .unsupported(.method("ssh-rsa rsa-sha2-512")))
    #expect(try bench.verdict("text.git", of: "text", trusting: "ed25519.pub") == .bad(.otherPurpose("git")))
  }

  @Test("lists of allowed signers: who, for what, and when")
  func signers() throws {
    let key = try bench.text("ed25519.pub").split(separator: " ").prefix(2).joined(separator: " ")
    let good = try verdict("text.ed25519", signers: "# ours\n\na@example.org,b@example.org \(key) comment\n")
    guard case .good(let identity) = good else { return #expect(Bool(false), "\(good)") }
    #expect(identity.keyText == "a@example.org,b@example.org")
    let unknown = SignatureVerdict.unknownKey(keyID: identity.fingerprint)
    for option in [
      "namespaces=\"file,git\"", "valid-after=\"20200101Z\",valid-before=\"29990101\"", "namespaces=file",
    ] {
      #expect(try verdict("text.ed25519", signers: "a \(option) \(key)").isGood, "\(option)")
    }
    for option in [
      "cert-authority", "namespaces=\"git\"", "namespaces=\"*,!file\"", "valid-before=\"soon\"",
      "other=\"1\"", "valid-after=20201301",
    ] {
      #expect(try verdict("text.ed25519", signers: "a \(option) \(key)") == unknown, "\(option)")
    }
    for option in ["valid-before=\"20200101\"", "valid-after=\"29990101123456Z\""] {
      let late = SignatureIdentity(keyText: "a", fingerprint: identity.fingerprint, keyringPath: "signers")
      #expect(try verdict("text.ed25519", signers: "a \(option) \(key)") == .expiredKey(late), "\(option)")
    }
    #expect(throws: KeyringError.noKeys) { try verdict("text.ed25519", signers: "a ssh-ed25519 AAAA\n") }
  }

  @Test(
    "days are counted as the calendar does",
    arguments: [("19700101", 0), ("20000229", 951_782_400), ("20261121", 1_795_219_200)])
  func dates(text: String, seconds: Int64) throws {
    let key = try bench.text("ed25519.pub").split(separator: " ").prefix(2).joined(separator: " ")
    let signer = try #require(AllowedSigner.all(in: Array("a valid-after=\(text) \(key)".utf8))?.first)
    #expect(signer.isValid(at: seconds) && !signer.isValid(at: seconds - 1))
  }

  @Test("no byte of a signature can be changed or left out")
  func bytes() throws {
    let verifier = try bench.verifier("ed25519.pub")
    let text = try bench["text"]
    let file = try bench["text.ed25519"]
    let begin = SSHSignature.firstLine.utf8.count + 1
    for index in begin..<file.count - 1 {
      var changed = file
      changed[index] ^= 1
      #expect(!verifier.verdict(on: text, signature: changed).isGood, "byte \(index)")
      #expect(!verifier.verdict(on: text, signature: Array(file[..<index])).isGood, "cut at \(index)")
    }
  }
}

import BlockIO
import Testing

@testable import ImageTrust

@Suite("R50: signatures of minisign and signify")
struct SignifyTests {
  private let bench: SignatureBench

  init() throws { bench = try SignatureBench.shared.get() }

  /// The number of a key with all its digits; in the comment, zeroes in front are left out.
  private func number(of key: String) throws -> String {
    let words = try bench.text(key).split(whereSeparator: \.isWhitespace)
    let last = words.count < 3 ? nil : words.dropLast().last
    let digits = try #require(last)
    return String(repeating: "0", count: max(0, 16 - digits.count)) + digits
  }

  @Test(
    "good ones of minisign, over the digest and over the bytes", arguments: ["text.minisig", "text.legacy"])
  func minisign(signature: String) throws {
    let number = try number(of: "m.pub")
    let verdict = try bench.verdict(signature, of: "text", trusting: "n.pub", "m.pub")
    let identity = SignatureIdentity(
      keyText: "minisign public key \(number.drop { $0 == "0" })", fingerprint: number, keyringPath: "m.pub")
    #expect(verdict == .good(identity))
    #expect(try SignatureFormat.recognise(bench[signature]) == .minisign)
    #expect(try bench.verdict(signature, of: "other", trusting: "m.pub") == .bad(.mismatch(keyID: number)))
    #expect(try bench.verdict(signature, of: "text", trusting: "n.pub") == .unknownKey(keyID: number))
    #expect(
      try bench.verdict("other.minisig", of: "text", trusting: "m.pub") == .bad(.mismatch(keyID: number)))
  }

  @Test("the comment that minisign signs is part of it")
  func comment() throws {
    let verifier = try bench.verifier("m.pub")
    let number = try number(of: "m.pub")
    let text = try bench["text"]
    let changed = try bench.text("text.minisig").replacing("the comment", with: "THE comment")
    #expect(
      verifier.verdict(on: text, signature: Array(changed.utf8)) == .bad(.commentMismatch(keyID: number)))
    let lines = try bench.text("text.minisig").split(separator: "\n")
    let foreign = try bench.text("other.minisig").split(separator: "\n")
    let mixed = (lines[..<3] + foreign[3...]).joined(separator: "\n")
    #expect(verifier.verdict(on: text, signature: Array(mixed.utf8)) == .bad(.commentMismatch(keyID: number)))
    for count in 2..<4 {
      let cut = lines[..<count].joined(separator: "\n")
      #expect(verifier.verdict(on: text, signature: Array(cut.utf8)) == .bad(.malformed), "\(count) lines")
    }
    let longer = Array((try bench.text("text.minisig") + "more\n").utf8)
    #expect(verifier.verdict(on: text, signature: longer) == .bad(.malformed))
  }

  @Test("good ones of signify")
  func signify() throws {
    let verdict = try bench.verdict("text.signify", of: "text", trusting: "s.pub")
    guard case .good(let identity) = verdict else { return #expect(Bool(false), "\(verdict)") }
    #expect(identity.keyText == "our key public key")
    #expect(identity.keyringPath == "s.pub")
    let bad = SignatureVerdict.bad(.mismatch(keyID: identity.fingerprint))
    #expect(try bench.verdict("text.signify", of: "other", trusting: "s.pub") == bad)
    #expect(try bench.verdict("other.signify", of: "text", trusting: "s.pub") == bad)
    #expect(
      try bench.verdict("text.signify", of: "text", trusting: "m.pub")
        == .unknownKey(keyID: identity.fingerprint))
  }

  @Test("the text behind a signature is exactly what is signed")
  func embedded() throws {
    let file = try bench["text.embedded"]
    let verifier = try bench.verifier("s.pub")
    #expect(SignatureFormat.recognise(file) == .signifyEmbedded)
    let opened = verifier.open(file)
    #expect(opened.verdict.isGood)
    #expect(try opened.text == bench["text"])
    #expect(verifier.open(file + Array("89ab  image.iso\n".utf8)).verdict.isBad)
    #expect(verifier.open(file.dropLast()).verdict.isBad)
  }

  @Test("no byte of a signature can be changed or left out", arguments: ["text.minisig", "text.signify"])
  func bytes(name: String) throws {
    let verifier = try bench.verifier("m.pub", "s.pub")
    let text = try bench["text"]
    let file = try bench[name]
    let second = try #require(file.firstIndex(of: 0x0A)) + 1
    for index in second..<file.count - 1 {
      var changed = file
      changed[index] ^= 1
      #expect(!verifier.verdict(on: text, signature: changed).isGood, "byte \(index)")
      #expect(!verifier.verdict(on: text, signature: Array(file[..<index])).isGood, "cut at \(index)")
    }
  }

  @Test("of more bytes than are kept, only a digest is checked")
  func large() throws {
    let part = [UInt8](repeating: 7, count: 8 << 20)
    var whole = try bench.verifier("m.pub").witness(signature: bench["text.legacy"])
    var digest = try bench.verifier("m.pub").witness(signature: bench["text.minisig"])
    for _ in 0..<9 {
      part.withRawSpan { whole.update($0) }
    }
    part.withRawSpan { digest.update($0) }
    let limit = SignatureWitness.mostKeptBytes
    #expect(whole.finish() == .unsupported(.tooLarge(limit: limit)))
    let number = try number(of: "m.pub")
    #expect(digest.finish() == .bad(.mismatch(keyID: number)))
  }
}

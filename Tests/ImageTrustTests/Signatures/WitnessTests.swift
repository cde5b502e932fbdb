import BlockIO
import TestSupport
import Testing

@testable import ImageTrust

@Suite("R50: a signature is checked over exactly the bytes that go by")
struct WitnessTests {
  private let bench: SignatureBench

  init() throws { bench = try SignatureBench.shared.get() }

  /// Feeds the text in pieces of a length.
  private func verdict(_ witness: consuming SignatureWitness, pieces: Int) throws -> SignatureVerdict {
    let text = try bench["text"]
    for start in stride(from: 0, to: text.count, by: pieces) {
      Array(text[start..<min(start + pieces, text.count)]).withRawSpan { witness.update($0) }
    }
    return witness.finish()
  }

  @Test(
    "in pieces as in one", arguments: ["text.sig", "text.minisig", "text.signify", "text.ed25519"],
    [1, 7, 1 << 20])
  func pieces(signature: String, count: Int) throws {
    let verifier = try bench.verifier("good.gpg", "m.pub", "s.pub", "ed25519.pub")
    #expect(try verdict(verifier.witness(signature: bench[signature]), pieces: count).isGood)
  }

  @Test(
    "a byte less or more is another text",
    arguments: ["text.sig", "text.minisig", "text.signify", "text.ed25519"])
  func lengths(signature: String) throws {
    let verifier = try bench.verifier("good.gpg", "m.pub", "s.pub", "ed25519.pub")
    let text = try bench["text"]
    for wrong in [[], Array(text.dropLast()), text + [0x0A], Array(text.dropFirst())] {
      #expect(verifier.verdict(on: wrong, signature: try bench[signature]).isBad)
    }
  }

  @Test("a process is started where one is needed, and only there")
  func children() throws {
    let verifier = try bench.verifier("good.gpg", "m.pub")
    #expect(try verifier.witness(signature: bench["text.sig"]).children.count == 1)
    #expect(try verifier.witness(signature: bench["text.twin"]).children.isEmpty)
    #expect(try verifier.witness(signature: bench["text.minisig"]).children.isEmpty)
  }

  @Test("what was said once is said again, and no byte changes it")
  func repeated() throws {
    var witness = try bench.verifier("good.gpg").witness(signature: bench["text.sig"])
    try bench["text"].withRawSpan { witness.update($0) }
    let first = witness.finish()
    try bench["text"].withRawSpan { witness.update($0) }
    #expect(first.isGood)
    #expect(witness.finish() == first)
  }

  @Test("without gpgv, sqv is asked; without both, that is said")
  func otherTools() throws {
    let sqv = SignatureTools(gpgv: nil, sqv: SignatureTools.installed.sqv)
    #expect(sqv.sqv != nil)
    let verifier = try bench.verifier("good.gpg", tools: sqv)
    let good = SignatureVerdict.good(
      SignatureIdentity(
        keyText: "Release <release@example.org>", fingerprint: try bench.fingerprint("good"),
        keyringPath: "good.gpg"))
    #expect(verifier.verdict(on: try bench["text"], signature: try bench["text.sig"]) == good)
    #expect(verifier.verdict(on: try bench["other"], signature: try bench["text.sig"]).isBad)
    #expect(!verifier.verdict(on: try bench["text"], signature: try bench["text.sha1"]).isGood)
    #expect(verifier.open(try bench["text.clear"]) == SignedText(verdict: good, text: try bench["text"]))
    let none = try bench.verifier("good.gpg", tools: SignatureTools(gpgv: nil, sqv: nil))
    #expect(none.verdict(on: try bench["text"], signature: try bench["text.sig"]) == .toolMissing("gpgv"))
    let opened = none.open(try bench["text.clear"])
    #expect(opened == SignedText(verdict: .toolMissing("gpgv"), text: try bench["text"]))
    let absent = try bench.verifier("good.gpg", tools: SignatureTools(gpgv: "/nonexistent", sqv: nil))
    #expect(
      absent.verdict(on: try bench["text"], signature: try bench["text.sig"])
        == .unsupported(.notStarted(tool: "gpgv")))
  }

  @Test(
    "a verifier that ends early, or says what cannot be, has said nothing",
    arguments: [
      "exit 0", "exit 1", "kill -KILL $$", "exec 0<&-; exit 0",
      "echo '[GNUPG:] NEWSIG' >&3; echo '[GNUPG:] GOODSIG 0000000000000000 x' >&3",
    ])
  func earlyEnd(script: String) throws {
    let scratch = try ScratchDirectory()
    try scratch.writeProgram("#!/bin/sh\n\(script)\n", to: "gpgv")
    try scratch.run("chmod 755 .")
    let verifier = try bench.verifier(
      "good.gpg", tools: SignatureTools(gpgv: scratch.path + "/gpgv", sqv: nil))
    var witness = verifier.witness(signature: try bench["text.sig"])
    let much = [UInt8](repeating: 0, count: 3 << 20)
    much.withRawSpan { witness.update($0) }
    #expect(witness.finish() == .unsupported(.noAnswer(tool: "gpgv")))
  }
}

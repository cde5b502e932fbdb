import Testing

@testable import ImageTrust

@Suite("R50: of a clear-signed file only what is signed counts")
struct ClearSignedTests {
  private let bench: SignatureBench

  init() throws { bench = try SignatureBench.shared.get() }

  /// Each of the programs that may be there alone.
  fileprivate static let tools = [
    SignatureTools(gpgv: SignatureTools.installed.gpgv, sqv: nil),
    SignatureTools(gpgv: nil, sqv: SignatureTools.installed.sqv),
  ]

  private func open(
    _ text: String, _ tools: SignatureTools = .installed, trusting keyring: String = "good.gpg"
  ) throws -> SignedText {
    try bench.verifier(keyring, tools: tools).open(Array(text.utf8))
  }

  @Test("the text is the one that was signed, dashes included", arguments: ClearSignedTests.tools)
  func good(tools: SignatureTools) throws {
    let opened = try open(bench.text("text.clear"), tools)
    #expect(opened.verdict.isGood)
    #expect(try opened.text == bench["text"])
    #expect(try SignatureFormat.recognise(bench["text.clear"]) == .clearSigned)
  }

  @Test("what stands before and behind the frame is not in the text", arguments: ClearSignedTests.tools)
  func around(tools: SignatureTools) throws {
    let opened = try open("89ab  image.iso\n" + bench.text("text.clear") + "cdef  image.iso\n", tools)
    #expect(opened.verdict.isGood)
    #expect(try opened.text == bench["text"])
  }

  @Test(
    "what is put between the headers of the frame makes it no frame",
    arguments: ["89ab  image.iso\nHash: ", "NotDashEscaped: x\nHash: ", "Comment: 89ab  image.iso\nHash: "])
  func header(forged: String) throws {
    let opened = try open(bench.text("text.clear").replacing("Hash: ", with: forged))
    #expect(opened == SignedText(verdict: .bad(.malformed), text: []))
  }

  @Test("what gpgv leaves out of a long line is not in the text", arguments: ClearSignedTests.tools)
  func longLine(tools: SignatureTools) throws {
    // From byte 19995 on, gpgv does not look at a line; the blanks before do not count.
    let forged = try bench.text("text.clear").replacing(
      "image.iso\n", with: "image.iso" + String(repeating: " ", count: 20_000) + "\r89ab  forged.iso\n")
    let opened = try open(forged, tools)
    #expect(!opened.verdict.isGood || !String(decoding: opened.text, as: UTF8.self).contains("forged"))
  }

  @Test(
    "blanks and returns at the ends of lines are not signed, and not in the text",
    arguments: ClearSignedTests.tools)
  func blanks(tools: SignatureTools) throws {
    for (end, others) in [("\n", "\r\n"), ("image.iso\n", "image.iso \t \n")] {
      let opened = try open(bench.text("text.clear").replacing(end, with: others), tools)
      #expect(opened.verdict.isGood)
      // gpgv gives the lines with the ends that they have.
      if tools.gpgv == nil { #expect(try opened.text == bench["text"]) }
    }
  }

  @Test("a changed text", arguments: ClearSignedTests.tools)
  func changed(tools: SignatureTools) throws {
    let opened = try open(bench.text("text.clear").replacing("0123", with: "4567"), tools)
    #expect(opened.verdict.isBad)
    #expect(try opened.text == bench["other"])
  }

  @Test("a signature of another text", arguments: ClearSignedTests.tools)
  func otherSignature(tools: SignatureTools) throws {
    let signature = "-----BEGIN PGP SIGNATURE-----"
    let head = try #require(bench.text("text.clear").split(separator: signature).first)
    let tail = try #require(bench.text("other.clear").split(separator: signature).last)
    #expect(try open(head + signature + tail, tools).verdict.isBad)
  }

  @Test("two texts in one file")
  func twoTexts() throws {
    let both = try bench.text("text.clear") + bench.text("other.clear")
    #expect(try open(both) == SignedText(verdict: .bad(.severalTexts), text: []))
  }

  @Test("an unknown key leaves a text that nobody vouches for")
  func unknown() throws {
    let opened = try open(bench.text("text.clear"), trusting: "twin.gpg")
    guard case .unknownKey = opened.verdict else { return #expect(Bool(false), "\(opened.verdict)") }
    #expect(try opened.text == bench["text"])
  }

  @Test("one that is cut off anywhere is never good")
  func truncated() throws {
    let whole = try bench["text.clear"]
    let verifier = try bench.verifier("good.gpg")
    // The last line needs no end.
    for count in stride(from: 0, to: whole.count - 1, by: 7) {
      #expect(!verifier.open(Array(whole.prefix(count))).verdict.isGood, "\(count)")
    }
  }

  @Test("a detached signature has no text, and a clear-signed text is no detached signature")
  func mixedUp() throws {
    #expect(
      try bench.verifier("good.gpg").open(bench["text.asc"]).verdict == .unsupported(.method("no text")))
    let verdict = try bench.verdict("text.clear", of: "text", trusting: "good.gpg")
    #expect(verdict == .unsupported(.method("signature of its own text")))
  }
}

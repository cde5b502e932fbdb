import Sandbox
import Testing

@testable import ImageSource

/// The head of a response from its lines.
private func head(_ lines: String...) -> ResponseHead {
  var head = ResponseHead()
  for line in lines { head.take(line: Array("\(line)\r\n".utf8)) }
  return head
}

@Suite("What is made of a server's answers")
struct FetchProgressTests {
  /// A file of 1000 bytes of which 400 have come.
  private func begun(_ more: String...) -> FetchProgress {
    var progress = FetchProgress()
    var first = head("HTTP/1.1 200 OK", "Content-Length: 1000")
    for line in more { first.take(line: Array(line.utf8)) }
    #expect(progress.judge(first) == .take(skipping: 0))
    #expect(progress.count(400) == nil)
    return progress
  }

  @Test("lines are read whatever their case, and each response begins anew")
  func lines() {
    let read = head(
      "HTTP/2 206", "CONTENT-LENGTH:  600 ", "content-range: bytes 400-999/1000", "ETag: \"x:y\"",
      "Last-Modified: Sat, 31 Jan 2026 12:00:00 GMT", "nonsense", "Content-Encoding: identity")
    #expect(read.status == 206 && read.byteCount == 600)
    #expect(read.part == .init(first: 400, last: 999, whole: 1000))
    #expect(read.validators == .init(tag: "\"x:y\"", modified: "Sat, 31 Jan 2026 12:00:00 GMT"))
    #expect(read.encoding == nil && read.retryAfter == nil)
    #expect(head("HTTP/1.1 503", "Retry-After: 7").retryAfter == 7)
    #expect(head("HTTP/1.1 503", "Retry-After: Sat, 31 Jan 2026 12:00:00 GMT").retryAfter == nil)
    #expect(head("HTTP/1.1 100 Continue", "ETag: \"a\"", "HTTP/1.1 200 OK").validators.condition == nil)
    #expect(head("HTTP/1.1 200", "ETag: W/\"a\"").validators.tag == nil)
    for wrong in ["bytes 5-4/9", "bytes 0-9/9", "bytes */9", "bytes 0-3/*", "rows 0-3/9", "bytes 1-2"] {
      #expect(head("HTTP/1.1 206", "Content-Range: \(wrong)").part == nil, "\(wrong)")
    }
  }

  @Test("a part is asked for only where somebody can tell whether it is one of the same file")
  func continuations() {
    #expect(FetchProgress().continuation == nil && FetchProgress().canContinue)
    let tagged = begun("ETag: \"a\"", "Last-Modified: then")
    #expect(tagged.continuation?.range == "Range: bytes=400-")
    #expect(tagged.continuation?.condition == "If-Range: \"a\"")
    #expect(begun("Last-Modified: then").continuation?.condition == "If-Range: then")
    let weak = begun("ETag: W/\"a\"")
    #expect(weak.continuation == nil && !weak.canContinue)
  }

  @Test("R44: a part must begin where the last one ended, and be of the same file")
  func parts() {
    var progress = begun("ETag: \"a\"")
    func judge(_ range: String, tag: String = "\"a\"", length: Int = 600) -> FetchProgress.Judgement {
      var copy = progress
      return copy.judge(
        head(
          "HTTP/1.1 206 Partial", "Content-Length: \(length)", "Content-Range: bytes \(range)",
          "ETag: \(tag)"))
    }
    #expect(judge("400-999/1000") == .take(skipping: 0))
    #expect(judge("401-999/1000") == .fail(.wrongPart(offset: 400)))
    #expect(judge("400-998/1000") == .fail(.wrongPart(offset: 400)))
    #expect(judge("400-999/1000", length: 599) == .fail(.wrongPart(offset: 400)))
    #expect(judge("400-1000/1001", length: 601) == .fail(.changed(offset: 400)))
    #expect(judge("400-999/1000", tag: "\"b\"") == .fail(.changed(offset: 400)))
    #expect(progress.judge(head("HTTP/1.1 206")) == .fail(.wrongPart(offset: 400)))
    var fresh = FetchProgress()
    #expect(
      fresh.judge(head("HTTP/1.1 206", "Content-Range: bytes 0-9/10")) == .fail(.wrongPart(offset: 0)))
  }

  @Test(
    "R44: a part that does not say which file it is of ends the fetch, whatever was asked",
    arguments: [
      (["ETag: \"a\""], []), (["ETag: \"a\""], ["ETag: W/\"a\""]), (["ETag: \"a\""], ["Last-Modified: then"]),
      (["ETag: \"a\"", "Last-Modified: then"], ["Last-Modified: then"]), (["Last-Modified: then"], []),
      (["Last-Modified: then"], ["ETag: \"a\""]),
    ])
  func unnamedParts(first: [String], part: [String]) {
    var progress = FetchProgress()
    func answer(_ lines: [String]) -> ResponseHead {
      var head = ResponseHead()
      for line in lines { head.take(line: Array("\(line)\r\n".utf8)) }
      return head
    }
    #expect(progress.judge(answer(["HTTP/1.1 200", "Content-Length: 1000"] + first)) == .take(skipping: 0))
    #expect(progress.count(400) == nil && progress.canContinue)
    let range = ["HTTP/1.1 206", "Content-Length: 600", "Content-Range: bytes 400-999/1000"]
    var same = progress
    #expect(same.judge(answer(range + first)) == .take(skipping: 0))
    #expect(progress.judge(answer(range + part)) == .fail(.cannotResume(offset: 400)))
  }

  @Test("a whole file in the place of a part is the same one, or the fetch is over")
  func wholes() {
    var progress = begun("ETag: \"a\"")
    #expect(
      progress.judge(head("HTTP/1.1 200", "Content-Length: 1000", "ETag: \"a\"")) == .take(skipping: 400))
    #expect(
      progress.judge(head("HTTP/1.1 200", "Content-Length: 1000", "ETag: \"b\""))
        == .fail(.changed(offset: 400)))
    #expect(
      progress.judge(head("HTTP/1.1 200", "Content-Length: 999", "ETag: \"a\""))
        == .fail(.changed(offset: 400)))
    #expect(
      progress.judge(head("HTTP/1.1 200", "Content-Length: 1000")) == .fail(.cannotResume(offset: 400)))
    // Nothing tells that both are of the same state.
    #expect(
      progress.judge(head("HTTP/1.1 200", "Content-Length: 1000", "Last-Modified: then"))
        == .fail(.cannotResume(offset: 400)))
  }

  @Test("a coding that the name of the file has too is the file's own")
  func encodings() {
    func isEncoded(_ coding: String, _ name: String) -> Bool {
      head("HTTP/1.1 200", "Content-Encoding: \(coding)").isEncoded(at: SecretURL("http://host/\(name)"))
    }
    for (coding, ending) in [
      ("gzip", "gz"), ("X-GZip", "GZ"), ("x-bzip2", "bz2"), ("xz", "xz"), ("zstd", "zst"),
    ] {
      #expect(!isEncoded(coding, "image.\(ending)?key=1"), "\(coding)")
      #expect(isEncoded(coding, "image.iso") && isEncoded(coding, ""), "\(coding)")
    }
    #expect(isEncoded("gzip, gzip", "image.gz") && isEncoded("br", "image.br"))
    #expect(isEncoded("xz", "image.gz") && !isEncoded("identity", "image.iso"))
  }

  @Test("waits grow, and are at least as long as the server wishes, if anybody would wait for that")
  func pauses() {
    let patience = FetchPatience(stall: 1, pause: 1000, attempts: 6)
    #expect((1...4).map { patience.pause(after: $0, wish: nil) } == [1000, 2000, 4000, 8000])
    #expect(patience.pause(after: 99, wish: nil) == FetchPatience.longestPause)
    #expect(patience.pause(after: 1, wish: 0) == 1000 && patience.pause(after: 1, wish: 60) == 60_000)
    #expect(patience.pause(after: 1, wish: 61) == nil && patience.pause(after: 1, wish: .max) == nil)
  }

  @Test("what nobody asked for is refused, and what is no file is not taken for one")
  func others() {
    var progress = FetchProgress()
    #expect(progress.judge(head("HTTP/1.1 200", "Content-Encoding: gzip")) == .fail(.encoded))
    let lengths = head("HTTP/1.1 200", "Content-Length: 3", "Content-Length: 4")
    #expect(progress.judge(lengths) == .fail(.transfer("its answer announces two lengths")))
    #expect(!head("HTTP/1.1 200", "Content-Length: 3", "Content-Length: 3").isContradictory)
    #expect(progress.judge(head("HTTP/1.1 404")) == .ignore)
    #expect(progress.judge(head()) == .ignore)
    #expect(progress.judge(head("HTTP/1.1 200", "Content-Length: 3")) == .take(skipping: 0))
    #expect(progress.count(3) == nil && progress.isWhole)
    #expect(progress.count(1) == .tooLong(announced: 3))
  }

  @Test("servers may send it on ten times, and never to where less is protected")
  func routes() throws {
    var route = Route(try #require(SecretURL("http://u:p@host/a")))
    #expect(route.isAtOrigin)
    for turn in 1...Route.longest { try route.turn(to: "https://host\(turn)/b") }
    #expect(!route.isAtOrigin && route.hasTurned)
    var back = route
    back.beginAgain()
    #expect(back.isAtOrigin && !back.hasTurned)
    #expect(throws: FetchFailure.redirects) { try route.turn(to: "https://host/b") }
    for place in ["http://host/a", "file:///etc/shadow", "gopher://host/", "nonsense", ""] {
      var route = Route(try #require(SecretURL("https://host/a")))
      #expect(throws: FetchFailure.insecureRedirect, "\(place)") { try route.turn(to: place) }
    }
  }

  @Test("frames, openings and failures arrive as they were sent, and nothing else does")
  func frames() {
    let failures: [FetchFailure] = [
      .noLibrary, .unconfined(-1), .certificates, .transfer("a"), .unresolved("b"), .unreachable("c"),
      .unproven("d"), .status(503), .redirects, .insecureRedirect, .changed(offset: 1),
      .cannotResume(offset: 2), .lost(offset: 3, "e"), .wrongPart(offset: .max), .tooLong(announced: 4),
      .encoded, .tooLarge(limit: 5),
    ]
    for failure in failures { #expect(FetchFailure(payload: failure.payload) == failure) }
    #expect(FetchFailure.senseless.payload.isEmpty)
    #expect(FetchFailure(payload: [99] + [UInt8](repeating: 0, count: 8)) == nil)
    #expect(FetchFailure(payload: [0]) == nil)
    let opening = FetchOpening(
      confinement: Confinement(missing: [.landlock]), byteCount: 7, url: "https://host/a")
    #expect(FetchOpening(parsing: opening.bytes) == opening)
    #expect(FetchOpening(parsing: [0, 0, 1] + [UInt8](repeating: 0, count: 7)) == nil)
    #expect(FetchOpening(parsing: [8, 0] + [UInt8](repeating: 0, count: 8)) == nil)
    #expect(FetchOpening(parsing: [0, 2] + [UInt8](repeating: 0, count: 8)) == nil)
    let frame = FetchFrame(.bytes, payloadByteCount: 1 << 20)
    #expect(FetchFrame(parsing: frame.header) == frame)
    #expect(FetchFrame(parsing: FetchFrame(.bytes, payloadByteCount: (1 << 20) + 1).header) == nil)
    #expect(FetchFrame(parsing: FetchFrame(.end, payloadByteCount: 1).header) == nil)
    #expect(FetchFrame(parsing: [9, 0, 0, 0, 0, 0, 0, 0]) == nil)
    #expect(FetchFrame(parsing: [4, 1, 0, 0, 0, 0, 0, 0]) == nil)
  }
}

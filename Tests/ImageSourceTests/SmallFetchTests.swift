import Foundation
import TestSupport
import Testing

@testable import ImageSource

/// The program that was built together with this test; this one is none that fetches.
private let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
  .deletingLastPathComponent().appending(path: "burin").path()

@Suite("Small files beside a URL")
struct SmallFetchTests {
  private let server: FileServer

  init() throws {
    let scratch = try ScratchDirectory()
    try scratch.run(
      "printf one >first; printf two >'sec ond?'; : >empty; printf ' \\n<html>' >page; printf i >image.iso")
    server = try FileServer([1, 2, 3])
    try server.share(scratch.path)
  }

  private func fetch(_ names: String..., beside path: String = "dir/image.iso") throws -> SmallFetch {
    let url = try #require(SecretURL(server.url(path)))
    return SmallFetch(
      names, beside: url, environment: [:], patience: FetchPatience(stall: 400, pause: 1, attempts: 2),
      program: program)
  }

  @Test(
    "come by their names; what a server does not have is no trouble, and a page in its place is none of them")
  func files() throws {
    let found = try fetch("first", "none", "sec ond?", "empty", "page")
    #expect(found.files == ["first": Array("one".utf8), "sec ond?": Array("two".utf8), "empty": []])
    #expect(found.troubles.isEmpty)
    #expect(try fetch().files.isEmpty)
    let pages = try fetch("first", beside: "page_dir/image.iso")
    #expect(pages.files.isEmpty && pages.troubles.isEmpty)
  }

  @Test(
    "what is too long or forbidden is told file by file; a server that does not answer is not asked again")
  func troubles() throws {
    let long = try fetch("a", "b", beside: "long_dir/image.iso")
    #expect(long.files.isEmpty)
    #expect(long.troubles.map(\.failure) == [.tooLarge(limit: 4 << 20), .tooLarge(limit: 4 << 20)])
    let forbidden = try fetch("a", "b", beside: "forbidden_dir/image.iso")
    #expect(forbidden.troubles.map(\.failure) == [.status(403), .status(403)])
    let busy = try fetch("a", "b", "c", beside: "busy_dir/image.iso")
    #expect(busy.troubles.map(\.name) == ["a", "b", "c"])
    #expect(busy.troubles.allSatisfy { $0.failure == .status(503) })
    let url = try #require(SecretURL("http://127.0.0.1:1/image"))
    let nobody = SmallFetch(["a", "b"], beside: url, environment: [:], program: program)
    #expect(nobody.files.isEmpty && nobody.troubles.map(\.name) == ["a", "b"])
    guard case .unreachable? = nobody.troubles.first?.failure else {
      Issue.record("\(nobody.troubles)")
      return
    }
  }
}

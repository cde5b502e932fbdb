import Testing

@testable import ImageSource

@Suite("What an argument names")
struct ImageLocationTests {
  private func url(_ text: String) throws -> SecretURL {
    guard case .url(let url) = try ImageLocation(parsing: text) else { throw ImageLocation.Fault.malformed }
    return url
  }

  @Test("a dash is standard input, a URL is one, and all else is a path")
  func kinds() throws {
    #expect(try ImageLocation(parsing: "-") == .standardInput)
    for path in ["./-", "image.iso", "/a/b", "1://b", "C:/x", "http:/x", "", "a b://c"] {
      #expect(try ImageLocation(parsing: path) == .path(path))
    }
    #expect(try ImageLocation(parsing: "file:///a%20b/c") == .path("/a b/c"))
    #expect(try ImageLocation(parsing: "FILE://localhost/a") == .path("/a"))
    #expect(try ImageLocation(parsing: "file:///%c3%BC%EF%BF%BD") == .path("/ü\u{FFFD}"))
    #expect(try url("HTTPS://Example.ORG/a").bare == "https://example.org/a")
  }

  @Test(
    "a URL that makes no sense is none, and one that is not fetched is named",
    arguments: [
      "http://", "https:///a", "http://a:b@", "file://server/a", "file://", "file:///a%0", "file:///a%00b",
      "http://%zz@host/", "http://a\u{0A}b/",
    ])
  func malformed(text: String) {
    #expect(throws: ImageLocation.Fault.malformed) { try ImageLocation(parsing: text) }
  }

  @Test("a path whose bytes are no text is none, and never that of another file")
  func bytes() {
    #expect(throws: ImageLocation.Fault.notText) { try ImageLocation(parsing: "file:///a%FF%c3.iso") }
    for text in ["file:///%FF%00", "file://host/%FF", "file:///%FF%"] {
      #expect(throws: ImageLocation.Fault.malformed) { try ImageLocation(parsing: text) }
    }
  }

  @Test("other schemes are named, not fetched")
  func schemes() {
    #expect(throws: ImageLocation.Fault.scheme("ftp")) { try ImageLocation(parsing: "ftp://host/image") }
    #expect(throws: ImageLocation.Fault.scheme("s3")) { try ImageLocation(parsing: "S3://host/image") }
  }

  @Test("what may be secret is in nothing that is shown")
  func secrets() throws {
    let url = try url("https://anna:p%40ss@w:rd@Example.org:444/dir/a b.iso?key=hidden#part")
    #expect(url.shown == "https://example.org:444/dir/a%20b.iso?…")
    #expect(url.bare == "https://example.org:444/dir/a%20b.iso?key=hidden")
    #expect(String(decoding: url.user, as: UTF8.self) == "anna")
    #expect(String(decoding: url.password, as: UTF8.self) == "p@ss@w:rd")
    var dumped = ""
    dump(ImageLocation.url(url), to: &dumped)
    for text in ["\(url)", String(reflecting: url), dumped, ImageLocation.url(url).name] {
      for secret in ["anna", "p%40ss", "rd", "hidden"] { #expect(!text.contains(secret), "\(text)") }
    }
  }

  @Test("a file beside a URL is asked for with the same password, and without a query")
  func siblings() throws {
    let image = try url("https://anna:p%40ss@Host/dir/my%20%C3%BC.iso?key=hidden#part")
    #expect(image.fileName == "my ü.iso" && image.directory == "https://host/dir/")
    let list = try #require(image.sibling(named: "a b?#%/ü.sha256"))
    #expect(list.bare == "https://host/dir/a%20b%3F%23%25%2F%C3%BC.sha256")
    #expect(list.user == image.user && list.password == image.password)
    #expect(try url("http://host").sibling(named: "x")?.bare == "http://host/x")
    #expect(try url("http://host?a/b").sibling(named: "x")?.bare == "http://host/x")
    for nameless in [
      "http://host", "http://host/", "http://host/a/?b/c", "http://host/a%2Fb", "http://host/%FF",
    ] {
      #expect(try url(nameless).fileName == nil, "\(nameless)")
    }
  }

  @Test("a request comes out of the pipe as it went in, and brings nothing else of the environment along")
  func request() throws {
    let url = try url("http://u:p@host/ü?q")
    let all = ["https_proxy": "http://proxy:1", "SSL_CERT_FILE": "/a", "PATH": "/bin", "LD_PRELOAD": "x"]
    let request = FetchRequest(url, FetchPatience(stall: 1, pause: 2, attempts: 3), all)
    #expect(request.environment.keys.sorted() == ["SSL_CERT_FILE", "https_proxy"])
    #expect(FetchRequest(parsing: request.bytes) == request)
    #expect(FetchRequest(parsing: Array(request.bytes.dropLast())) == nil)
    let several = FetchRequest(url, .short, all, names: ["SHA256SUMS", "ü.sig"])
    #expect(FetchRequest(parsing: several.bytes) == several)
    #expect(FetchRequest(parsing: [1, 2]) == nil)
  }
}

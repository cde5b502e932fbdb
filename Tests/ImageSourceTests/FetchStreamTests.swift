import BlockIO
import Foundation
import Glibc
import Sandbox
import TestSupport
import Testing

@testable import ImageSource

/// The program that was built together with this test; this one is none that fetches.
private let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
  .deletingLastPathComponent().appending(path: "burin").path()

private let content = [UInt8].random(700_001, seed: 11)

/// Impatient enough for a test.
private let patience = FetchPatience(stall: 400, pause: 1, attempts: 4)

@Suite("What a URL names is fetched")
struct FetchStreamTests {
  /// One for all tests: it remembers only how often each path was asked for.
  private static let server = Result { try FileServer(content) }
  private let server: FileServer

  init() throws { server = try Self.server.get() }

  private func open(
    _ path: String, host: String = "127.0.0.1", environment: [String: String] = [:],
    patience: FetchPatience = patience
  ) throws -> FetchStream {
    let url = try #require(SecretURL(server.url(path, host: host)))
    return try FetchStream(url, environment: environment, patience: patience, program: program)
  }

  /// All that comes.
  private func bytes(_ stream: FetchStream) throws -> [UInt8] {
    var content: [UInt8] = []
    var buffer = AlignedBuffer(byteCount: 1 << 16)
    while true {
      let count = try stream.read(into: &buffer, range: 0..<buffer.byteCount)
      content += buffer.copied(0..<count)
      guard count == buffer.byteCount else { return content }
    }
  }

  private func failure(_ path: String) -> FetchFailure? {
    do {
      _ = try bytes(open(path))
      return nil
    } catch {
      guard case .fetching(let failure, _) = error as? ImageSourceError else { return nil }
      return failure
    }
  }

  @Test("as it is, with its length where the server announces one")
  func plain() throws {
    let stream = try open("plain")
    #expect(stream.length == .exact(UInt64(content.count)))
    #expect(try bytes(stream) == content)
    #expect(stream.resumptionCount == 0 && stream.consumedByteCount == UInt64(content.count))
    for path in ["chunked", "old"] {
      let stream = try open(path)
      #expect(stream.length == .unknown)
      #expect(try bytes(stream) == content)
    }
    #expect(try bytes(open("empty")) == [])
  }

  @Test(
    "a lost connection is followed by another one, which goes on where the first one ended",
    arguments: ["drop/150000", "stall/300000", "no-range", "date-only", "drop/699999", "ticket/place"])
  func resumed(path: String) throws {
    let stream = try open(path)
    #expect(try bytes(stream) == content)
    #expect(stream.resumptionCount > 0)
  }

  @Test("what cannot be told to be the same file is not mixed with it")
  func changed() {
    let half = UInt64(content.count / 2)
    for path in ["changes", "changes-in-parts", "changes-length", "416"] {
      #expect(failure(path) == .changed(offset: half), "\(path)")
    }
    for path in ["no-validator", "weak", "forgets"] {
      #expect(failure(path) == .cannotResume(offset: half), "\(path)")
    }
    #expect(failure("wrong-part") == .wrongPart(offset: half))
    #expect(failure("unasked-part") == .wrongPart(offset: 0))
    #expect(failure("encoded") == .encoded)
    #expect(failure("named/image.iso") == .encoded)
  }

  @Test("a server that says of a packed file how it is packed means the file's own bytes")
  func packedFile() throws { #expect(try bytes(open("named/image.iso.gz")) == content) }

  @Test("what never becomes an answer is told at once, and is no lost connection")
  func answerless() throws {
    guard case .unreachable = failure("mute") else {
      Issue.record("\(String(describing: failure("mute")))")
      return
    }
    #expect(failure("two-lengths") == .transfer("its answer announces two lengths"))
    // A few attempts, not as many as where something had come.
    let start = ContinuousClock.now
    let url = try #require(SecretURL(server.url("hang-up")))
    let patience = FetchPatience(stall: 400, pause: 50, attempts: 12)
    #expect(throws: ImageSourceError.self) {
      try FetchStream(url, environment: [:], patience: patience, program: program)
    }
    #expect(ContinuousClock.now - start < .seconds(20))
    #expect(failure("flood") == .transfer("the head of its answer has no end"))
  }

  @Test("what comes behind the announced length is no part of the file")
  func behindTheEnd() throws {
    let stream = try open("sends-more")
    #expect(stream.length == .exact(UInt64(content.count / 2)))
    #expect(try bytes(stream) == Array(content.prefix(content.count / 2)))
    #expect(stream.resumptionCount == 0)
  }

  @Test("a server that always ends too early is given up, after a few attempts")
  func lost() {
    for path in ["announces-more", "dead/100000"] {
      guard case .lost(let offset, let text) = failure(path) else {
        Issue.record("\(path): \(String(describing: failure(path)))")
        continue
      }
      #expect([100_000, UInt64(content.count)].contains(offset) && !text.isEmpty)
    }
  }

  @Test("a status is no file; one that passes is waited for")
  func statuses() throws {
    #expect(failure("nothing-here") == .status(404))
    #expect(failure("status/500") == .status(500))
    #expect(failure("status/304") == .status(304))
    #expect(failure("long-no") == .status(404))
    #expect(try bytes(open("busy")) == content)
    // Nobody waits an hour.
    #expect(failure("later/3600") == .status(503))
    #expect(failure("later/0") == .status(503))
  }

  @Test("servers may send it on, but not in a circle and not to a file")
  func redirects() throws {
    let stream = try open("turn/10")
    #expect(try bytes(stream) == content)
    #expect(stream.foundAt == server.url("plain"))
    #expect(failure("turn/11") == .redirects)
    #expect(failure("loop") == .redirects)
    #expect(failure("to/file/localhost/etc/passwd") == .insecureRedirect)
  }

  @Test("a password reaches the server that it is for, after a lost connection too, and no other one")
  func passwords() throws {
    let named = try open("guarded", host: "anna:s%20p%40cret@127.0.0.1")
    #expect(!named.foundAt.contains("cret"))
    #expect(try bytes(named) == content)
    // A process that is still there while it is looked at: this server says no more, and keeps the line.
    let waiting = try open("stall/200000", host: "anna:s%20p%40cret@127.0.0.1")
    let request = try scratchArguments(of: waiting.children)
    #expect(!waiting.foundAt.contains("cret"))
    #expect(!request.contains("cret") && request.contains("confined-fetching"))
    #expect(failure("guarded") == .status(401))
    for (user, told) in [(":p", "3a70"), ("n:", "6e3a"), ("%E9:%FC", "e93afc")] {
      #expect(try bytes(open("told/\(told)", host: "\(user)@127.0.0.1")) == content, "\(user)")
    }
    let away = try open("to/http/localhost:\(server.port)/curious", host: "anna:secret@127.0.0.1")
    #expect(try bytes(away) == content)
  }

  /// Arguments and environment of processes, as everybody may read the former.
  private func scratchArguments(of processes: [Int32]) throws -> String {
    let names = processes.map { "/proc/\($0)/cmdline /proc/\($0)/environ" }.joined(separator: " ")
    return try ScratchDirectory().run("cat \(names)")
  }

  @Test("proxies come from the environment, and nothing is asked to be packed")
  func environment() throws {
    // A proxy is asked for the whole URL, which is not a path of this server.
    let proxied = ["http_proxy": server.url("")]
    #expect(
      throws: ImageSourceError.fetching(.status(404), path: server.url("plain", host: "nowhere.invalid"))
    ) {
      try open("plain", host: "nowhere.invalid", environment: proxied)
    }
    // One that refuses a tunnel is no lost connection.
    let url = try #require(SecretURL("https://nowhere.invalid/"))
    #expect(
      throws: ImageSourceError.fetching(
        .unreachable("the proxy answers with the status 407"), path: "https://nowhere.invalid/")
    ) {
      try FetchStream(
        url, environment: ["https_proxy": server.url("")], patience: patience, program: program)
    }
    let asked = String(decoding: try bytes(open("asks")), as: UTF8.self).lowercased()
    #expect(asked.contains("user-agent: burin") && !asked.contains("accept-encoding"))
  }

  @Test("nobody there, and no such name")
  func unreachable() throws {
    let nobody = try #require(SecretURL("http://127.0.0.1:1/"))
    let error = #expect(throws: ImageSourceError.self) {
      try FetchStream(nobody, environment: [:], patience: patience, program: program)
    }
    guard case .fetching(.unreachable, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("a stream that is given up while its server says nothing ends at once, and so does its process")
  func givenUp() throws {
    let patience = FetchPatience(stall: 60_000, pause: 1000, attempts: 4)
    let start = ContinuousClock.now
    var process: Int32?
    do {
      let stream = try open("stall/200001", patience: patience)
      #expect(stream.length == .exact(UInt64(content.count)))
      process = stream.children.first
    }
    #expect(kill(try #require(process), 0) == -1)
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test("R47: the process that fetches is nobody, has two pipes and no file, and ends with its reader")
  func confined() throws {
    var process: Int32?
    do {
      let stream = try open("stall/300001", patience: .usual)
      process = stream.children.first
      let number = try #require(process)
      let scratch = try ScratchDirectory()
      let status = try scratch.run("cat /proc/\(number)/status")
      #expect(status.contains("CapEff:\t0000000000000000") && status.contains("NoNewPrivs:\t1"))
      #expect(status.contains("Seccomp:\t2"))
      if geteuid() == 0 { #expect(status.contains("Uid:\t65534\t65534\t65534\t65534")) }
      let open = try scratch.run("readlink /proc/\(number)/fd/*").split(separator: "\n")
      #expect(
        open.allSatisfy { ["/dev/null", "pipe:", "socket:", "anon_inode:"].contains(where: $0.hasPrefix) })
    }
    #expect(kill(try #require(process), 0) == -1)
  }
}

@Suite("TLS is always verified")
struct FetchSecurityTests {
  @Test("a certificate that nobody vouches for is refused; SSL_CERT_FILE names who does")
  func certificates() throws {
    let scratch = try ScratchDirectory()
    try scratch.run(
      """
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out certificate \
        -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost
      """)
    let server = try FileServer(
      content, certificate: "\(scratch.path)/certificate", key: "\(scratch.path)/key")
    func fetch(_ host: String, _ environment: [String: String], path: String = "plain") throws -> FetchStream
    {
      let url = try #require(SecretURL(server.url(path, scheme: "https", host: host)))
      return try FetchStream(url, environment: environment, patience: patience, program: program)
    }
    func isUnproven(_ host: String, _ environment: [String: String]) -> Bool {
      do { _ = try fetch(host, environment) } catch {
        if case .fetching(.unproven, _)? = error as? ImageSourceError { return true }
      }
      return false
    }
    let trusted = ["SSL_CERT_FILE": "\(scratch.path)/certificate"]
    #expect(isUnproven("localhost", [:]))
    #expect(isUnproven("127.0.0.1", trusted), "it is the certificate of another name")
    #expect(try fetch("localhost", trusted).length == .exact(UInt64(content.count)))
    #expect(
      throws: ImageSourceError.fetching(
        .insecureRedirect, path: server.url("to/http/localhost/plain", scheme: "https", host: "localhost"))
    ) { try fetch("localhost", trusted, path: "to/http/localhost/plain") }
    #expect(throws: ImageSourceError.self) { try fetch("localhost", ["SSL_CERT_FILE": "/nowhere"]) }
  }
}

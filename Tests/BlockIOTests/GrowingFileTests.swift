import BlockIO
import SystemPackage
import TestSupport
import Testing

@Suite("Files that grow under another name")
struct GrowingFileTests {
  private let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  private func path(_ name: String) -> FilePath { FilePath("\(scratch.path)/\(name)") }
  private func names() throws -> String { try scratch.run("ls -A -I output.text") }

  @Test("have their name when they are whole, for their owner alone, and not before")
  func published() throws {
    let file = try GrowingFile(for: path("new"))
    var buffer = AlignedBuffer(byteCount: 4096)
    buffer.copy(from: Array("abc".utf8).span, at: 0)
    try file.write(buffer, range: 0..<3, at: 4096)
    try file.setLength(8192)
    #expect(try scratch.run("test ! -e new; ls -A | grep -c burin") == "1\n")
    #expect(try file.size().byteCount == 8192)
    try file.publish(replacing: false)
    #expect(try names() == "new\n")
    #expect(try scratch.run("stat -c '%a %s' new") == "600 8192\n")
    #expect(
      try scratch.contents("new")
        == [UInt8](repeating: 0, count: 4096) + Array("abc".utf8) + [UInt8](repeating: 0, count: 4093))
  }

  @Test("are gone with whoever gave them up")
  func abandoned() throws {
    do {
      let file = try GrowingFile(for: path("new"))
      try file.setLength(10)
    }
    #expect(try names() == "")
  }

  @Test("replace a file only where that is wanted")
  func replacing() throws {
    try scratch.run("echo old >file")
    do {
      let file = try GrowingFile(for: path("file"))
      #expect { try file.publish(replacing: false) } throws: {
        ($0 as? SystemCallError)?.errno == .fileExists
      }
    }
    #expect(try scratch.run("cat file") == "old\n")
    #expect(try names() == "file\n")
    try GrowingFile(for: path("file")).publish(replacing: true)
    #expect(try scratch.contents("file") == [])
    #expect(try names() == "file\n")
  }

  @Test("need a name and a folder")
  func places() throws {
    for name in ["missing/new", "..", "."] {
      #expect(throws: SystemCallError.self, "\(name)") { try GrowingFile(for: path(name)) }
    }
  }
}

import BlockIO
import SystemPackage
import TestSupport
import Testing

@Suite("Files that are written as a whole")
struct ReplacedFileTests {
  @Test("new, anew and in a new folder; readable for all, nothing else is left")
  func writes() throws {
    let scratch = try ScratchDirectory()
    for (name, text) in [("new", "1"), ("new", "22"), ("folder/file", "3")] {
      try ReplacedFile.write(Array(text.utf8), to: FilePath("\(scratch.path)/\(name)"))
      #expect(try scratch.contents(name) == Array(text.utf8))
      #expect(try scratch.run("stat -c %a \(name)") == "644\n")
    }
    #expect(try scratch.run("find . -type f ! -name output.text | sort") == "./folder/file\n./new\n")
  }

  @Test("neither a link nor anything but a regular file is replaced")
  func refuses() throws {
    let scratch = try ScratchDirectory()
    try scratch.run("echo old >file; ln -s file link; ln -s nowhere dangling; mkdir folder; mkfifo pipe")
    for name in ["link", "dangling", "folder", "pipe", "..", "missing/folder/file"] {
      #expect(throws: SystemCallError.self, "\(name)") {
        try ReplacedFile.write([0x41], to: FilePath("\(scratch.path)/\(name)"))
      }
    }
    #expect(throws: SystemCallError.self) { try ReplacedFile.write([0x41], to: "/dev/null/x") }
    #expect(throws: SystemCallError.self) { try ReplacedFile.write([0x41], to: "/dev/null") }
    #expect(try scratch.run("cat file; ls -A -I output.text") == "old\ndangling\nfile\nfolder\nlink\npipe\n")
  }

  @Test("a regular file is read to its end, and nothing else at all")
  func reads() throws {
    let scratch = try ScratchDirectory()
    try scratch.run("printf abc >file; ln -s file link; mkfifo pipe")
    let path = { (name: String) in FilePath("\(scratch.path)/\(name)") }
    #expect(try SmallFile.bytes(ofRegularFile: path("file"), limit: 3) == Array("abc".utf8))
    #expect(try SmallFile.bytes(ofRegularFile: path("link"), limit: 3) == Array("abc".utf8))
    for (name, limit, options) in [
      ("file", 2, []), ("pipe", 9, []), ("link", 9, .noFollow), ("/", 9, []), ("missing", 9, []),
    ] as [(String, Int, OwnedDescriptor.Options)] {
      #expect(throws: SystemCallError.self) {
        try SmallFile.bytes(ofRegularFile: path(name), limit: limit, options)
      }
    }
  }
}

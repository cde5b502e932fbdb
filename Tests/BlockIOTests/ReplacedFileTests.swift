import BlockIO
import SystemPackage
import TestSupport
import Testing

@Suite("Files that are written as a whole")
struct ReplacedFileTests {
  @Test("new, anew and in a new folder where one may be made; readable for all, nothing else is left")
  func writes() throws {
    let scratch = try ScratchDirectory()
    for (name, text) in [("new", "1"), ("new", "22"), ("folder/file", "3")] {
      try ReplacedFile.write(
        Array(text.utf8), to: FilePath("\(scratch.path)/\(name)"), makingFolder: name != "new")
      #expect(try scratch.contents(name) == Array(text.utf8))
      #expect(try scratch.run("stat -c %a \(name)") == "644\n")
    }
    #expect(try scratch.run("find . -type f ! -name output.text | sort") == "./folder/file\n./new\n")
  }

  @Test("neither a link nor anything but a regular file is replaced")
  func refuses() throws {
    let scratch = try ScratchDirectory()
    try scratch.run("echo old >file; ln -s file link; ln -s nowhere dangling; mkdir folder; mkfifo pipe")
    for name in ["link", "dangling", "folder", "pipe", "..", "missing/file"] {
      #expect(throws: SystemCallError.self, "\(name)") {
        try ReplacedFile.write([0x41], to: FilePath("\(scratch.path)/\(name)"))
      }
    }
    #expect(throws: SystemCallError.self) {
      try ReplacedFile.write(
        [0x41], to: FilePath("\(scratch.path)/missing/folder/file"), makingFolder: true)
    }
    #expect(throws: SystemCallError.self) { try ReplacedFile.write([0x41], to: "/dev/null/x") }
    #expect(throws: SystemCallError.self) { try ReplacedFile.write([0x41], to: "/dev/null") }
    #expect(try scratch.run("cat file; ls -A -I output.text") == "old\ndangling\nfile\nfolder\nlink\npipe\n")
  }

  @Test("a file that is there stays where it may not be replaced, and nothing else is left")
  func keeps() throws {
    let scratch = try ScratchDirectory()
    try scratch.run("echo old >file; chmod 600 file")
    #expect {
      try ReplacedFile.write([0x41], to: FilePath("\(scratch.path)/file"), replacing: false)
    } throws: {
      ($0 as? SystemCallError)?.errno == .fileExists
    }
    try ReplacedFile.write([0x41], to: FilePath("\(scratch.path)/new"), replacing: false)
    #expect(
      try scratch.run("cat file new; stat -c %a file new; ls -A -I output.text")
        == "old\nA600\n644\nfile\nnew\n")
  }

  @Test("what a file keeps is found, and the rest of it reads as zeros")
  func dataRanges() throws {
    let scratch = try ScratchDirectory()
    try scratch.run(
      """
      truncate --size=3000001 file
      printf x | dd of=file bs=1 seek=70000 conv=notrunc status=none
      printf y | dd of=file bs=1 seek=3000000 conv=notrunc status=none
      truncate --size=1M holes; : >empty
      """)
    let file = try OwnedDescriptor(opening: FilePath("\(scratch.path)/file"))
    let parts = try #require(try file.dataRanges(upTo: 3_000_001, limit: 9))
    for place in [70_000, 3_000_000] as [UInt64] { #expect(parts.contains { $0.contains(place) }) }
    for (part, next) in zip(parts, parts.dropFirst()) { #expect(part.upperBound < next.lowerBound) }
    #expect(parts.allSatisfy { !$0.isEmpty && $0.upperBound <= 3_000_001 })
    let first = try #require(parts.first)
    #expect(
      try file.dataRanges(upTo: first.upperBound - 1, limit: 1) == [first.lowerBound..<first.upperBound - 1])
    #expect(try file.dataRanges(upTo: 3_000_001, limit: 0) == nil)
    for name in ["holes", "empty"] {
      let other = try OwnedDescriptor(opening: FilePath("\(scratch.path)/\(name)"))
      #expect(try other.dataRanges(upTo: 1 << 20, limit: 9) == [])
    }
    let pipe = try OwnedDescriptor(opening: "/proc/self/exe", [.pathOnly])
    #expect(throws: SystemCallError.self) { try pipe.dataRanges(upTo: 1, limit: 1) }
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

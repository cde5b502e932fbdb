import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Terminal

@Suite("Text output")
struct TextOutputTests {
  @Test("a full disk is remembered and ends the reporting, not the work")
  func fullDisk() throws {
    let file = try FileDescriptor.open(FilePath("/dev/full"), .writeOnly)
    defer { try? file.close() }
    let output = TextOutput(descriptor: file.rawValue, capabilities: Capabilities())
    output.writeLine("lost")
    #expect(output.failure == .noSpace)
    output.writeLine("not even tried")
    #expect(output.failure == .noSpace)
  }

  @Test("a reader that has gone away is remembered, not fatal")
  func brokenPipe() throws {
    StandardStreams.ignoreBrokenPipes()
    let pipe = try FileDescriptor.pipe()
    try pipe.readEnd.close()
    defer { try? pipe.writeEnd.close() }
    let output = TextOutput(descriptor: pipe.writeEnd.rawValue, capabilities: Capabilities())
    output.writeLine("lost")
    #expect(output.failure == .brokenPipe)
  }

  @Test("a text longer than a pipe holds arrives whole")
  func longText() async throws {
    let text = String(repeating: "0123456789", count: 50_000)
    let directory = try ScratchDirectory()
    try directory.write([], to: "out")
    let file = try FileDescriptor.open(FilePath("\(directory.path)/out"), .readWrite)
    defer { try? file.close() }
    TextOutput(descriptor: file.rawValue, capabilities: Capabilities()).write(
      SanitizedText(foreign: text, limit: .max))
    #expect(try file.seek(offset: 0, from: .end) == 500_000)
  }
}

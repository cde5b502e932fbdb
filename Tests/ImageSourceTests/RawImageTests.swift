import BlockIO
import ImageSource
import TestSupport
import Testing

@Suite("Raw images")
struct RawImageTests {
  private let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  private func file(_ name: String, _ content: [UInt8]) throws -> String {
    try scratch.write(content, to: name)
    return "\(scratch.path)/\(name)"
  }

  private func error(opening path: String, acceptsDevice: Bool = false) -> ImageSourceError? {
    do throws(ImageSourceError) {
      _ = try RawImage(opening: path, acceptsDevice: acceptsDevice)
      return nil
    } catch { return error }
  }

  @Test("missing, empty, and what is no file each have their own error, and nothing blocks")
  func wrongKinds() throws {
    let empty = try file("empty", [])
    try scratch.run("mkfifo fifo")
    let fifo = "\(scratch.path)/fifo"
    let missing = "\(scratch.path)/missing"
    #expect(error(opening: missing) == .notFound(path: missing))
    #expect(error(opening: empty + "/below") == .notFound(path: empty + "/below"))
    #expect(error(opening: empty) == .empty(path: empty))
    #expect(error(opening: fifo) == .wrongKind(path: fifo, kind: .fifo))
    #expect(error(opening: scratch.path) == .wrongKind(path: scratch.path, kind: .directory))
    #expect(error(opening: "/dev/null") == .wrongKind(path: "/dev/null", kind: .characterDevice))
  }

  @Test("R44: growing, shrinking, rewriting and replacing are noticed")
  func changes() throws {
    let path = try file("image", .random(10_000, seed: 1))
    let untouched = try RawImage(opening: path, acceptsDevice: false)
    try untouched.requireUnchanged()

    let replaced = try RawImage(opening: path, acceptsDevice: false)
    try scratch.run("rm image")
    _ = try file("image", .random(10_000, seed: 1))
    #expect(throws: ImageSourceError.changed(path: path)) { try replaced.requireUnchanged() }

    let grown = try RawImage(opening: path, acceptsDevice: false)
    _ = try file("image", .random(12_000, seed: 2))
    #expect(throws: ImageSourceError.changed(path: path)) { try grown.requireUnchanged() }

    let shrunk = try RawImage(opening: path, acceptsDevice: false)
    _ = try file("image", .random(9000, seed: 3))
    #expect(throws: ImageSourceError.shrank(expected: 12_000, found: 9000)) {
      try shrunk.requireUnchanged()
    }
  }

  @Test("reading at any place gives the bytes of the file")
  func reading() throws {
    let content = [UInt8].random(20_000, seed: 4)
    let image = try RawImage(opening: try file("image", content), acceptsDevice: false)
    #expect(image.byteCount == 20_000)
    var buffer = AlignedBuffer(byteCount: 8192)
    let count = try image.read(at: 16_384, into: &buffer, range: 0..<8192)
    var expected = AlignedBuffer(byteCount: 8192)
    expected.copy(from: Array(content[16_384...]).span, at: 0)
    let difference = buffer.firstDifference(from: expected, in: 0..<3616)
    #expect(count == 3616 && difference == nil)
    #expect(try FileBytes(adopting: image.reopened()).bytes(at: 5, count: 7) == Array(content[5..<12]))
  }
}

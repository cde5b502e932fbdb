import BlockIO
import ImageSource
import SystemPackage
import TestSupport
import Testing

@Suite("Raw images")
struct RawImageTests {
  private func error(opening path: String, acceptsDevice: Bool = false) -> ImageSourceError? {
    do throws(ImageSourceError) {
      _ = try RawImage(opening: path, acceptsDevice: acceptsDevice)
      return nil
    } catch { return error }
  }

  @Test("missing, empty, and what is no file each have their own error, and nothing blocks")
  func wrongKinds() throws {
    try TemporaryDirectory.with { directory in
      let empty = try directory.file("empty", [])
      let fifo = try directory.fifo("fifo")
      #expect(error(opening: directory.path + "/missing") == .notFound(path: directory.path + "/missing"))
      #expect(error(opening: empty + "/below") == .notFound(path: empty + "/below"))
      #expect(error(opening: empty) == .empty(path: empty))
      #expect(error(opening: fifo) == .wrongKind(path: fifo, kind: .fifo))
      #expect(error(opening: directory.path) == .wrongKind(path: directory.path, kind: .directory))
      #expect(error(opening: "/dev/null") == .wrongKind(path: "/dev/null", kind: .characterDevice))
    }
  }

  @Test("R44: growing, shrinking, rewriting and replacing are noticed")
  func changes() throws {
    try TemporaryDirectory.with { directory in
      let path = try directory.file("image", .random(10_000, seed: 1))
      let untouched = try RawImage(opening: path, acceptsDevice: false)
      try untouched.requireUnchanged()

      let replaced = try RawImage(opening: path, acceptsDevice: false)
      try directory.remove("image")
      _ = try directory.file("image", .random(10_000, seed: 1))
      #expect(throws: ImageSourceError.changed(path: path)) { try replaced.requireUnchanged() }

      let grown = try RawImage(opening: path, acceptsDevice: false)
      _ = try directory.file("image", .random(12_000, seed: 2))
      #expect(throws: ImageSourceError.changed(path: path)) { try grown.requireUnchanged() }

      let shrunk = try RawImage(opening: path, acceptsDevice: false)
      _ = try directory.file("image", .random(9000, seed: 3))
      #expect(throws: ImageSourceError.shrank(expected: 12_000, found: 9000)) {
        try shrunk.requireUnchanged()
      }
    }
  }

  @Test("reading at any place gives the bytes of the file")
  func reading() throws {
    try TemporaryDirectory.with { directory in
      let content = [UInt8].random(20_000, seed: 4)
      let image = try RawImage(opening: try directory.file("image", content), acceptsDevice: false)
      #expect(image.byteCount == 20_000)
      var buffer = AlignedBuffer(byteCount: 8192)
      let count = try image.read(at: 16_384, into: &buffer, range: 0..<8192)
      var expected = AlignedBuffer(byteCount: 8192)
      expected.copy(from: Array(content[16_384...]).span, at: 0)
      let difference = buffer.firstDifference(from: expected, in: 0..<3616)
      #expect(count == 3616 && difference == nil)
      #expect(try image.inspectionBytes().bytes(at: 5, count: 7) == Array(content[5..<12]))
    }
  }
}

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
    let socket = "\(scratch.path)/socket"
    try scratch.run("python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"socket\")'")
    #expect(error(opening: socket) == .wrongKind(path: socket, kind: .socket))
    // What the kernel makes up has bytes, and a length of zero.
    #expect(error(opening: "/proc/version") == .lengthless(path: "/proc/version"))
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

  @Test("a pass gives the bytes of the file in order, and each pass begins anew")
  func reading() throws {
    let content = [UInt8].random(20_000, seed: 4)
    let image = try RawImage(opening: try file("image", content), acceptsDevice: false)
    #expect(image.length == .exact(20_000))
    for skipped in [0, 1, 4096, 16_384, 19_999, 20_000, 30_000] {
      let stream = try image.start()
      try stream.skip(UInt64(skipped))
      var found: [UInt8] = []
      var buffer = AlignedBuffer(byteCount: 8192)
      var count = 0
      repeat {
        count = try stream.read(into: &buffer, range: 1000..<8192)
        let bytes = buffer.bytes
        unsafe bytes.withUnsafeBytes { unsafe found += $0[1000..<(1000 + count)] }
      } while count == 7192
      #expect(found == Array(content.dropFirst(skipped)))
      #expect(stream.consumedByteCount == 20_000)
      #expect(try stream.read(into: &buffer, range: 0..<8192) == 0, "an end stays the end")
    }
    #expect(try image.sha256(unless: { false }) == digest(content))
    #expect(try image.sha256(unless: { true }) == nil)
    #expect(try FileBytes(adopting: image.reopened()).bytes(at: 5, count: 7) == Array(content[5..<12]))
  }

  private func digest(_ content: [UInt8]) -> [UInt8] {
    var digest = SHA256()
    digest.update(content.span)
    return digest.finish()
  }

  @Test(
    "R44: a pass over a file that has shrunk is an error, never an early end; what it grew by is left out")
  func lengths() throws {
    let shrunk = try RawImage(opening: try file("image", .random(20_000, seed: 5)), acceptsDevice: false)
    _ = try file("image", .random(9000, seed: 5))
    var buffer = AlignedBuffer(byteCount: 8192)
    let stream = try shrunk.start()
    #expect(try stream.read(into: &buffer, range: 0..<8192) == 8192)
    #expect(throws: ImageSourceError.shrank(expected: 20_000, found: 9000)) {
      _ = try stream.read(into: &buffer, range: 0..<8192)
    }
    #expect(throws: ImageSourceError.shrank(expected: 20_000, found: 9000)) {
      _ = try shrunk.sha256(unless: { false })
    }
    let grown = try RawImage(opening: try file("image", .random(9000, seed: 6)), acceptsDevice: false)
    _ = try file("image", .random(20_000, seed: 6))
    let second = try grown.start()
    try second.skip(8192)
    #expect(try second.read(into: &buffer, range: 0..<8192) == 808)
  }
}

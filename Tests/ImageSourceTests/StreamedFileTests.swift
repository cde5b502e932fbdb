import BlockIO
import Decompression
import Glibc
import ImageSupport
import TestSupport
import Testing
import Unpacking

@testable import ImageSource

@Suite("What comes once and in order")
struct StreamedFileTests {
  private func bytes(_ stream: any ImageStream, by size: Int = 1 << 20) throws -> [UInt8] {
    var content: [UInt8] = []
    var buffer = AlignedBuffer(byteCount: 1 << 20)
    while true {
      let count = try stream.read(into: &buffer, range: 0..<size)
      content += buffer.copied(0..<count)
      guard count == size else { return content }
    }
  }

  private func streamed(_ content: [UInt8], _ length: ImageLength = .unknown) throws -> StreamedFile {
    try StreamedFile(MemoryImage(content).start(), named: "it", length: length)
  }

  @Test("its beginning can be looked at, and is the beginning of its one pass")
  func beginning() throws {
    let content = [UInt8].random(StreamedFile.keptByteCount + 700_001, seed: 3)
    let file = try streamed(content)
    #expect(file.seenByteCount == UInt64(StreamedFile.keptByteCount))
    #expect(file.fileByteCount == nil && file.state == nil)
    let kept = try file.reopened().bytes(in: 0..<UInt64(1 << 30))
    #expect(kept.count == StreamedFile.keptByteCount && kept == Array(content.prefix(kept.count)))
    let stream = try file.start()
    #expect(try bytes(stream, by: 700_000) == content)
    #expect(stream.consumedByteCount == (UInt64(content.count) + 9) / 10, "of what it comes from")
    #expect(throws: ImageSourceError.onlyOnce(path: "it")) { try file.start() }
    file.requireUnchanged()
  }

  @Test("a short one is all there, and its length is known")
  func short() throws {
    let file = try streamed([1, 2, 3])
    #expect(file.seenByteCount == nil && file.fileByteCount == 3 && file.length == .unknown)
    let stream = try file.start()
    try stream.skip(1)
    #expect(try bytes(stream) == [2, 3])
    #expect(throws: ImageSourceError.empty(path: "it")) { try streamed([]) }
  }

  @Test("R44: a length that was promised is kept to the byte")
  func promised() throws {
    let content = [UInt8](repeating: 5, count: 4096)
    #expect(try bytes(streamed(content, .exact(4096)).start(), by: 4096) == content)
    #expect(throws: ImageSourceError.endsEarly(path: "it", expected: 4097, found: 4096)) {
      try bytes(streamed(content, .exact(4097)).start())
    }
    #expect(throws: ImageSourceError.goesOn(path: "it", expected: 4095)) {
      try bytes(streamed(content, .exact(4095)).start())
    }
  }

  @Test("a pipe is read to its end, however small the pieces are that come")
  func pipes() throws {
    let content = [UInt8].random(300_001, seed: 4)
    let scratch = try ScratchDirectory()
    try scratch.write(content, to: "content")
    try scratch.run(
      "mkfifo pipe; { head -c 5 content; dd if=content bs=999 skip=5 iflag=skip_bytes; } 2>/dev/null >pipe &")
    let source = unsafe open("\(scratch.path)/pipe", O_RDONLY)
    defer { close(source) }
    let stream = PipeStream(reading: source)
    #expect(try bytes(stream) == content)
    #expect(stream.consumedByteCount == UInt64(content.count))
    #expect(try bytes(stream) == [])
  }

  @Test("a read that waits for a pipe gives up when nobody wants it any more")
  func abandoned() async throws {
    var ends: [CInt] = [0, 0]
    #expect(unsafe pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let stream = PipeStream(reading: ends[0])
    let waiting = Task(executorPreference: LaneExecutor("test.pipe")) { () -> ImageSourceError? in
      var buffer = AlignedBuffer(byteCount: 4096)
      do throws(ImageSourceError) {
        _ = try stream.read(into: &buffer, range: 0..<4096)
        return nil
      } catch { return error }
    }
    stream.abandon()
    #expect(await waiting.value == .abandoned)
    let other = PipeStream(reading: ends[0])
    let cancelled = Task(executorPreference: LaneExecutor("test.pipe")) { () -> ImageSourceError? in
      do throws(ImageSourceError) {
        _ = try StreamedFile(other, named: "it", length: .unknown)
        return nil
      } catch { return error }
    }
    cancelled.cancel()
    #expect(await cancelled.value == .abandoned)
  }

  @Test("packed or not, what comes through a pipe is what is in it")
  func packed() throws {
    let scratch = try ScratchDirectory()
    let content = [UInt8].random(900_001, seed: 5)
    try scratch.write(content, to: "image")
    try scratch.run("zstd -qc image >packed")
    let packed = try scratch.contents("packed")
    let file = try StreamedFile(MemoryImage(packed).start(), named: "it", length: .unknown)
    #expect(try CompressedImage.format(of: file) == .compressed(.zstd))
  }
}

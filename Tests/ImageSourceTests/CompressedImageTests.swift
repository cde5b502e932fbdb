import BlockIO
import Decompression
import DiskContainers
import Foundation
import Glibc
import ImageSupport
import Sandbox
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Unpacking

@testable import ImageSource

/// The program that was built together with this test; this one is none that decodes.
private let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
  .deletingLastPathComponent().appending(path: "burin").path()

extension ImageStream {
  /// The rest of the image, read in pieces of a size.
  fileprivate func rest(by size: Int = 1 << 20) throws(ImageSourceError) -> [UInt8] {
    var content: [UInt8] = []
    var buffer = AlignedBuffer(byteCount: 1 << 20)
    while true {
      let count = try read(into: &buffer, range: 0..<size)
      unsafe buffer.bytes.withUnsafeBytes { unsafe content.append(contentsOf: $0.prefix(count)) }
      guard count == size else { return content }
    }
  }
}

/// A file in a directory of its own, packed by a script that reads `image`.
private struct PackedFile {
  let scratch: ScratchDirectory
  var path: String { "\(scratch.path)/packed" }

  init(_ content: [UInt8] = [], _ script: String) throws {
    scratch = try ScratchDirectory()
    try scratch.write(content, to: "image")
    try scratch.run("set -e; { \(script); } >packed")
  }

  func open(program: String = program) throws(ImageSourceError) -> CompressedImage? {
    try CompressedImage(in: RawImage(opening: path, acceptsDevice: false), program: program)
  }

  /// The error that opening or a whole pass ends with.
  func error(program: String = program, isShown: Bool = true) -> PackedImageError? {
    do throws(ImageSourceError) {
      let image = try open(program: program)
      _ = try (isShown ? image?.start() : image?.startUnshown())?.rest()
      return nil
    } catch {
      guard case .packed(let error, path) = error else { return nil }
      return error
    }
  }

  /// The error where a script takes the place of the decoder; its descriptor 4 is the pipe.
  func error(decoder script: String, isShown: Bool = true) throws -> PackedImageError? {
    try scratch.writeProgram("#!/bin/bash\n\(script)\n", to: "decoder")
    return error(program: "\(scratch.path)/decoder", isShown: isShown)
  }
}

/// Keeps what it is shown.
private final class Recorder: ByteWitness {
  private let seen = Mutex<[UInt8]>([])
  var bytes: [UInt8] { seen.withLock(\.self) }
  func see(_ buffer: borrowing AlignedBuffer, count: Int) {
    let part = buffer.copied(0..<count)
    seen.withLock { $0 += part }
  }
}

@Suite("Compressed images")
struct CompressedImageTests {
  private static let content = [UInt8].random(1_500_000, seed: 8) + [UInt8](repeating: 0, count: 2_000_000)

  @Test(
    "every pass gives the whole image, whatever the pieces",
    arguments: [
      ("gzip -c image", false), ("xz -0 --block-size=300000 -c image", true), ("zstd -c image", true),
      ("bzip2 -c image", false), ("lz4 -c image", false), ("xz --format=lzma -0c image", false),
    ])
  func passes(script: String, statesLength: Bool) throws {
    let file = try PackedFile(Self.content, script)
    let image = try #require(try file.open())
    #expect(image.length == (statesLength ? .stated(UInt64(Self.content.count)) : .unknown))
    #expect(image.isChecked == nil)
    for (size, isShown) in [(1 << 20, true), (4096, false), (70_000, false), (70_000, true)] {
      let stream = try isShown ? image.start() : image.startUnshown()
      #expect(stream.consumedByteCount == 0)
      #expect(try stream.rest(by: size) == Self.content)
      #expect(stream.consumedByteCount == image.fileByteCount)
      #expect(try stream.rest() == [], "an end stays one")
    }
    #expect(image.isChecked == (image.format != .compressed(.lzma)))
    try image.requireUnchanged()
  }

  @Test("an image that fills the ring again and again", arguments: [70_000, 1 << 20])
  func long(size: Int) throws {
    let file = try PackedFile([], "seq 1 3300000 >image; lz4 -c image")
    let content = Array(try file.scratch.contents("image"))
    #expect(content.count > SharedRing.slotCount * DecoderFrame.longestPayload + 1 << 20)
    let stream = try #require(try file.open()).startUnshown()
    #expect(try stream.rest(by: size) == content)
  }

  @Test(
    "what was looked at is what the pass begins with, and nothing is decoded twice", arguments: [true, false])
  func beginning(isShown: Bool) throws {
    let file = try PackedFile([], "seq 1 5000000 >image; lz4 -c image")
    let content = Array(try file.scratch.contents("image"))
    let image = try #require(try file.open())
    let stream = try isShown ? image.start() : image.startUnshown()
    let witness = Recorder()
    #expect(stream.showFile(to: witness) == isShown)
    let begun = try image.beginning(of: stream)
    let seen = try #require(begun.seenByteCount)
    #expect(seen == UInt64(StreamedFile.keptByteCount) && content.byteCount > seen)
    #expect(try begun.reopened().bytes(in: 0..<content.byteCount) == Array(content.prefix(Int(seen))))
    let next = try begun.start()
    #expect(next.children == stream.children)
    #expect(try next.rest(by: 1_000_001) == content)
    #expect(next.consumedByteCount == image.fileByteCount)
    if isShown { #expect(witness.bytes == Array(try file.scratch.contents("packed"))) }
    #expect(image.isChecked == true)
  }

  @Test("a short image is there as a whole when its beginning is; one that is damaged has none")
  func shortBeginning() throws {
    let image = try #require(try PackedFile(Self.content, "xz -0c image").open())
    let begun = try image.beginning(of: image.start())
    #expect(begun.seenByteCount == nil && begun.fileByteCount == Self.content.byteCount)
    #expect(try begun.start().rest() == Self.content)
    let damaged = try PackedFile(Self.content, "zstd -c image | head -c 100000")
    let stream = try #require(try damaged.open()).start()
    let error = ImageSourceError.packed(.decoding(.truncated(offset: 100_000)), path: damaged.path)
    #expect(throws: error) { try #require(try damaged.open()).beginning(of: stream) }
    #expect(throws: error, "and whoever goes on learns of it") { try stream.rest() }
  }

  @Test("nobody waits for a beginning longer than a limit allows, and the pass loses no byte by it")
  func impatient() throws {
    let file = try PackedFile(Self.content, "gzip -c image")
    let stream = try #require(try file.open()).startUnshown()
    var buffer = AlignedBuffer(byteCount: 4096)
    let limits = [
      BeginningLimit(fileByteCount: .max, time: .zero), .init(fileByteCount: 0, time: .seconds(60)),
    ]
    for limit in limits {
      let part = try stream.readBeginning(into: &buffer, range: 0..<4096, within: limit)
      #expect(part.byteCount == 0 && part.isCutShort)
    }
    let begun = try StreamedFile(
      stream, named: "it", length: .unknown, within: .init(fileByteCount: 0, time: .seconds(60)))
    #expect(begun.seenByteCount == 0)
    #expect(try begun.start().rest() == Self.content)
  }

  @Test("what comes in order has its member's name and length when its beginning is there")
  func memberOfStream() throws {
    let content = [UInt8](repeating: 7, count: 34 << 20)
    let packed = Array(try PackedFile(content, "tar c image").scratch.contents("packed"))
    let file = try StreamedFile(MemoryImage(packed).start(), named: "it", length: .unknown)
    let image = try #require(try CompressedImage(in: file, program: program))
    #expect(image.member == nil && image.length == .unknown)
    let begun = try image.beginning(of: image.start())
    #expect(image.member == "image" && image.length == .stated(content.byteCount))
    #expect(try begun.start().rest() == content)
  }

  @Test("R50: a witness is shown exactly the bytes that are decoded, at most once")
  func witnessed() throws {
    let scripts = [
      "xz -0c image", "gzip -c image", "head -c 20 image | bzip2 -c", "lz4 -c image | head -c 900",
    ]
    for script in scripts {
      let file = try PackedFile(Self.content, script)
      let stream = try #require(try file.open()).start()
      let witness = Recorder()
      #expect(stream.showFile(to: witness))
      _ = try? stream.rest(by: 70_000)
      let packed = Array(try file.scratch.contents("packed"))
      #expect(witness.bytes == packed, "\(script)")
    }
    let alone = try #require(try PackedFile(Self.content, scripts[0]).open()).startUnshown()
    #expect(!alone.showFile(to: Recorder()), "whoever decodes it reads it alone")
    let raw = try RawImage(opening: "/proc/self/exe", acceptsDevice: false).start()
    #expect(!raw.showFile(to: Recorder()), "its bytes are the image")
  }

  @Test("a pass that is given up takes its thread and its decoder along")
  func givenUp() throws {
    let file = try PackedFile([UInt8].random(6_000_000, seed: 2), "gzip -1c image")
    var decoder: Int32?
    do {
      let stream = try #require(try file.open()).start()
      var buffer = AlignedBuffer(byteCount: 4096)
      _ = try stream.read(into: &buffer, range: 0..<4096)
      decoder = stream.children.first
    }
    #expect(kill(try #require(decoder), 0) == -1)
  }

  @Test("passes are apart from each other, and skip forward")
  func skipping() throws {
    let image = try #require(try PackedFile(Self.content, "zstd -c image").open())
    let (one, other) = (try image.start(), try image.start())
    try one.skip(3_000_001)
    #expect(try other.rest(by: 4096) == Self.content)
    #expect(try one.rest() == Array(Self.content[3_000_001...]))
    let end = try image.start()
    try end.skip(.max)
    #expect(try end.rest() == [])
  }

  @Test("what is not compressed is none, whatever it is called")
  func others() throws {
    #expect(try PackedFile([1, 2, 3], "cat image").open() == nil)
    #expect(try PackedFile([0x1F], "cat image").open() == nil)
  }

  @Test("R44: the compressed file must stay as it is")
  func changed() throws {
    let file = try PackedFile(Self.content, "gzip -c image")
    let image = try #require(try file.open())
    try file.scratch.run("touch -d 2001-01-01 packed")
    #expect(throws: ImageSourceError.changed(path: file.path)) { try image.requireUnchanged() }
    try file.scratch.run("printf x >packed")
    #expect(throws: ImageSourceError.self) { try image.requireUnchanged() }
    let size = try #require(image.fileByteCount)
    #expect(throws: ImageSourceError.shrank(expected: size, found: 1)) { try image.start() }
  }

  @Test("R44: a file that ends early while it is read is no whole image", arguments: [true, false])
  func shrinks(isShown: Bool) throws {
    let file = try PackedFile([], "head -c 30000000 /dev/urandom | gzip -1c")
    let image = try #require(try file.open())
    let stream = try isShown ? image.start() : image.startUnshown()
    var buffer = AlignedBuffer(byteCount: 4096)
    _ = try stream.read(into: &buffer, range: 0..<4096)
    try file.scratch.run("truncate -s 25000000 packed")
    // It is the file that is to blame, not what is compressed in it.
    let size = try #require(image.fileByteCount)
    #expect(throws: ImageSourceError.shrank(expected: size, found: 25_000_000)) { try stream.rest() }
    #expect(throws: ImageSourceError.self, "and it stays so") { try stream.rest() }
  }

  @Test("R49: what is damaged, cut off or too much comes through as it was found")
  func refusals() throws {
    let image = Self.content
    let cut = try PackedFile(image, "xz -0c image | head -c 1000000")
    #expect(cut.error() == .decoding(.truncated(offset: 1_000_000)))
    let more = try PackedFile(image, "zstd -c image; printf more")
    let end = UInt64(try more.scratch.contents("packed").count - 4)
    #expect(more.error() == .decoding(.trailingGarbage(offset: end)))
    let empty = try PackedFile([], "bzip2 -c image; bzip2 -c image")
    #expect(empty.error() == .decoding(.empty))
    let window = try PackedFile(image, "zstd -c <image | (head -c 5; printf '\\250'; tail -c +2)")
    #expect(window.error() == .decoding(.windowTooLarge(needed: 1 << 31, allowed: 1 << 27)))
    let members = try PackedFile(image, "for i in 1 2 3; do gzip -c image; gzip -c </dev/null; done")
    #expect(try members.open()?.start().rest() == image + image + image)
  }

  @Test("a cancelled task does not wait for a decoder that says nothing")
  func cancelled() async throws {
    let file = try PackedFile([1], "gzip -c image")
    let opening = DecoderOpening(confinement: Confinement(), statedByteCount: nil).bytes
    let words = DecoderFrame(.opening, payloadByteCount: opening.count, consumedByteCount: 0).header + opening
    let escaped = words.map { "\\x\(String($0, radix: 16))" }.joined()
    let script = "#!/bin/bash\nprintf '\(escaped)' >&4\nread -r <'\(file.scratch.path)/fifo'\n"
    try file.scratch.writeProgram(script, to: "decoder")
    try file.scratch.run("mkfifo fifo")
    let stream = try #require(try file.open(program: "\(file.scratch.path)/decoder")).start()
    // A thread of its own: those of the pool may all be busy with other tests.
    let task = Task(executorPreference: LaneExecutor("test.decoder")) { () -> ImageSourceError? in
      do throws(ImageSourceError) {
        _ = try stream.rest()
        return nil
      } catch { return error }
    }
    task.cancel()
    #expect(await task.value == .packed(.cancelled, path: file.path))
  }
}

@Suite("R49: a decoder that works and works, and gives nothing")
struct FruitlessWorkTests {
  @Test("gives up in the end, and begins to count anew with every byte")
  func patience() {
    let spent = Mutex(Duration.seconds(5))
    let work = FruitlessWork(limit: .seconds(10)) { spent.withLock(\.self) }
    #expect(work.isWorthIt)
    spent.withLock { $0 = .seconds(14.9) }
    #expect(work.isWorthIt)
    spent.withLock { $0 = .seconds(15) }
    #expect(!work.isWorthIt)
    work.begin()
    #expect(work.isWorthIt)
  }

  @Test("counts what this process has worked")
  func processorTime() {
    let start = FruitlessWork.processorTime()
    #expect(start > .zero)
    // Other threads may have worked these 5 ms; a clock that stands still ends the loop as well.
    var looks = 0
    while FruitlessWork.processorTime() - start < .milliseconds(5), looks < 100_000_000 { looks += 1 }
    #expect(FruitlessWork.processorTime() - start >= .milliseconds(5))
  }
}

@Suite("R47: a decoder is trusted with nothing")
struct HostileDecoderTests {
  private let file: PackedFile

  init() throws { file = try PackedFile([1, 2, 3], "gzip -c image") }

  private func frame(_ kind: DecoderFrame.Kind, _ count: Int, used: UInt64 = 0) -> [UInt8] {
    DecoderFrame(kind, payloadByteCount: count, consumedByteCount: used).header
  }

  private var opening: [UInt8] {
    frame(.opening, 10) + DecoderOpening(confinement: Confinement(), statedByteCount: nil).bytes
  }

  /// The error where the decoder says these bytes and then does something.
  private func error(
    saying bytes: [UInt8], then: String = "exit 0", isShown: Bool = true
  ) throws -> PackedImageError? {
    let words = bytes.map { "\\x\(String($0, radix: 16))" }.joined()
    return try file.error(decoder: "printf '\(words)' >&4\n\(then)", isShown: isShown)
  }

  @Test("an end that it does not say is none, however it ends")
  func silence() throws {
    #expect(try error(saying: []) == .senseless(offset: 0))
    #expect(try error(saying: opening) == .senseless(offset: 0))
    #expect(try error(saying: opening, then: "exit 3") == .decoder(.failed(status: 3), offset: 0))
    #expect(try error(saying: opening, then: "kill -KILL $$") == .decoder(.killed(signal: 9), offset: 0))
    let some = opening + frame(.bytes, 4, used: 7)
    #expect(try error(saying: some, then: "kill -SEGV $$") == .decoder(.killed(signal: SIGSEGV), offset: 7))
    #expect(try error(saying: some) == .senseless(offset: 7))
  }

  @Test("what it lays into the ring is the image; nothing is behind the end of its slot")
  func ring() throws {
    let size = UInt64(try file.scratch.contents("packed").count)
    let words = { (bytes: [UInt8]) in bytes.map { "\\x\(String($0, radix: 16))" }.joined() }
    let script = """
      #!/bin/bash
      printf slot | dd of=/proc/self/fd/6 conv=notrunc status=none
      printf '\(words(opening + frame(.bytes, 3, used: size) + frame(.end, 1, used: size) + [1]))' >&4
      """
    try file.scratch.writeProgram(script, to: "decoder")
    let image = try #require(try file.open(program: "\(file.scratch.path)/decoder"))
    #expect(try image.start().rest() == Array("slo".utf8))
  }

  @Test("slots that are filled without waiting for room are no image, and nobody waits")
  func flood() throws {
    let words = frame(.bytes, 1, used: 7).map { "\\x\(String($0, radix: 16))" }.joined()
    #expect(
      try error(saying: opening, then: "for i in {1..9000}; do printf '\(words)' >&4; done; read -r <&5")
        == .senseless(offset: 7))
  }

  @Test("an end that it says counts only where everything else agrees")
  func ends() throws {
    let size = UInt64(try file.scratch.contents("packed").count)
    let whole = opening + frame(.bytes, 1, used: size)
    #expect(try error(saying: whole + frame(.end, 1, used: size) + [1]) == nil)
    #expect(
      try error(saying: whole + frame(.end, 1, used: size) + [1], then: "exit 1")
        == .decoder(.failed(status: 1), offset: size))
    #expect(try error(saying: whole + frame(.end, 1, used: size) + [1, 1]) == .senseless(offset: size))
    #expect(try error(saying: whole + frame(.end, 1, used: size) + [2]) == .senseless(offset: size))
    let part = opening + frame(.end, 1, used: size - 1) + [1]
    #expect(try error(saying: part) == .senseless(offset: size - 1))
  }

  @Test("what is in a file is told once, before its bytes, and only of what comes in order")
  func contents() throws {
    let size = UInt64(try file.scratch.contents("packed").count)
    let told = frame(.contents, 10) + opening.suffix(10)
    let rest = frame(.bytes, 1, used: size) + frame(.end, 1, used: size) + [1]
    #expect(try error(saying: opening + told + rest) == nil)
    #expect(try error(saying: opening + told + told + rest) == .senseless(offset: 0))
    #expect(try error(saying: told + rest) == .senseless(offset: 0))
    let late = opening + frame(.bytes, 1, used: size) + told
    #expect(try error(saying: late) == .senseless(offset: size))
    let other = frame(.contents, 10) + [1] + opening.suffix(9)
    #expect(try error(saying: opening + other + rest) == .senseless(offset: 0))
    #expect(try error(saying: opening + told + rest, isShown: false) == .senseless(offset: 0))
  }

  @Test("lengths, order and counts are bounded")
  func senseless() throws {
    let size = UInt64(try file.scratch.contents("packed").count)
    let wrong: [[UInt8]] = [
      frame(.progress, 0), opening + opening, opening + [9] + frame(.progress, 0).dropFirst(),
      opening + frame(.bytes, 0), opening + frame(.bytes, DecoderFrame.longestPayload + 1),
      opening + frame(.progress, 1),
      opening + frame(.progress, 0, used: size + 1), opening + frame(.failure, 100),
      opening + frame(.failure, 17) + [UInt8](repeating: 99, count: 17),
      frame(.opening, 10) + [8] + [UInt8](repeating: 0, count: 9),
      frame(.opening, 10) + [0, 2] + [UInt8](repeating: 0, count: 8),
      [1, 1] + frame(.opening, 10).dropFirst(2),
    ]
    for bytes in wrong { #expect(try error(saying: bytes) == .senseless(offset: 0), "\(bytes)") }
    let back = opening + frame(.progress, 0, used: 5) + frame(.progress, 0, used: 4)
    #expect(try error(saying: back) == .senseless(offset: 5))
  }

  @Test("errors arrive as they were sent")
  func errors() throws {
    let call = SystemCallError(call: "pread", errno: .ioError)
    let listing = MemberListing(
      [.init(name: "a.img", byteCount: 7), .init(name: "", byteCount: .max)], count: 12)
    let errors: [PackedImageError] =
      [
        .decoding(.corrupt(offset: 1)), .decoding(.checksumWrong(offset: 2)),
        .decoding(.truncated(offset: 3)),
        .decoding(.trailingGarbage(offset: .max)), .decoding(.memoryLimit(needed: 5, allowed: 6)),
        .decoding(.memoryLimit(needed: nil, allowed: 6)), .decoding(.windowTooLarge(needed: 7, allowed: 8)),
        .decoding(.empty), .decoding(.outOfMemory), .fruitless,
        .unreadable(call, offset: 9), .unconfined(call),
        .unrecognised, .inside(.checksumWrong(offset: 3), layer: 2), .archive(.encrypted),
        .archive(.noArchive), .archive(.notSeekable(.zip)), .archive(.noImage(MemberListing())),
        .archive(.severalImages(listing)), .archive(.noSuchMember(listing)),
        .container(.damaged(.table, offset: 5), .qcow2), .container(.checksumWrong(.footer, offset: 6), .vhd),
        .container(.cutOff(.data, offset: .max), .vmdk), .container(.tooLong(.length, byteCount: 7), .vdi),
        .container(.needs(.parentFile), .vhdx), .container(.needs(.wholeFile), .rawDisc),
        .container(.usedTwice(offset: 8), .dmg), .container(.outOfMemory, .qcow2),
        .container(.budgetExhausted, .dmg),
      ] + UnsupportedFeature.allCases.map { .decoding(.unsupported($0, offset: 10)) }
    for error in errors { #expect(PackedImageError(payload: error.payload) == error) }
    #expect(PackedImageError(payload: Array(errors[0].payload.dropLast())) == nil)
    let failure = opening + frame(.failure, 17) + errors[2].payload
    #expect(try self.error(saying: failure) == errors[2])
    #expect(try self.error(saying: frame(.failure, 17) + errors[1].payload) == errors[1])
  }
}

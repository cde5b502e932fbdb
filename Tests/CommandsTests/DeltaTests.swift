import Documents
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

@Suite("burin write --delta")
struct DeltaTests {
  /// A virtual stick that holds yesterday's image, of 6 MiB.
  private struct Bench {
    let world = FakeWorld()
    let directory: ScratchDirectory

    init() throws {
      directory = try ScratchDirectory()
      try directory.write([UInt8].random(6 << 20, seed: 0xDE17A), to: "image")
      try directory.run(
        "cp image stick && truncate -s 16M stick && printf changed | dd of=image bs=1 seek=5000000 conv=notrunc"
      )
    }

    func write(_ options: String...) async -> Int32 {
      await Burin.run(
        ["write", directory.path + "/image", "file:\(directory.path)/stick", "--yes"] + options,
        in: world.context
      ).rawValue
    }

    func isWritten() -> Bool { (try? directory.run("cmp -n 6291456 image stick")) != nil }
  }

  @Test("R45: says what was left, what was written, and what is not proven for that")
  func report() async throws {
    let bench = try Bench()
    #expect(await bench.write("--delta") == 0, "\(bench.world.stderr.text)")
    #expect(bench.isWritten())
    let text = bench.world.stdout.text
    for words in [
      "were there already, as was read past every cache, and were left",
      "read from the medium past every cache, all equal",
      "that each block that was there already stayed so while others were written",
    ] {
      #expect(text.contains(words), "\(text)")
    }
    #expect(!text.contains("read back from the medium past every cache, all equal"))
  }

  @Test("tells it in JSON, where a whole write tells nothing of the kind")
  func json() async throws {
    let bench = try Bench()
    #expect(await bench.write("--delta", "--json") == 0, "\(bench.world.stderr.text)")
    let last = try #require(bench.world.stdout.text.split(separator: "\n").last.map(String.init))
    let result = try JSONParser.parse(Array(last.utf8))
    #expect(result["delta"]?["comparedBytes"] == .unsigned(5 << 20))
    guard case .unsigned(let written)? = result["delta"]?["writtenBytes"] else {
      Issue.record("\(last)")
      return
    }
    // The changed block, and those of the marks at 1, 2 and 4 MiB and at up to eight places that are drawn.
    #expect((65_536...(12 * 65_536)).contains(written))
    #expect(result["bytesWritten"] == .unsigned(written + (1 << 20)))
    let whole = FakeWorld()
    let status = await Burin.run(
      ["write", bench.directory.path + "/image", "file:\(bench.directory.path)/stick", "--yes", "--json"],
      in: whole.context)
    #expect(status == .done)
    #expect(whole.stdout.text.contains(#""delta":null"#))
  }

  @Test("R51: it is part of a plan, told in its steps, and carried out")
  func planned() async throws {
    let bench = try Bench()
    let (image, stick) = (bench.directory.path + "/image", "file:\(bench.directory.path)/stick")
    let file = bench.directory.path + "/plan"
    #expect(
      await bench.world.run("plan", image, stick, "--delta", "-o", file) == 0, "\(bench.world.stderr.text)")
    let text = String(decoding: try bench.directory.contents("plan"), as: UTF8.self)
    #expect(
      text.contains(#""delta": true"#) && text.contains("read what is there before each of the requests"))
    let applied = FakeWorld()
    #expect(await applied.run("apply", file, "--json") == 0, "\(applied.stderr.text)")
    #expect(applied.stdout.text.contains(#""delta":{"comparedBytes":5242880"#))
    #expect(bench.isWritten())
  }

  @Test("a rehearsal says that the target is read first")
  func rehearsal() async throws {
    let bench = try Bench()
    #expect(await bench.write("--delta", "--dry-run") == 0)
    #expect(bench.world.stdout.text.contains("write only those blocks of 65536 bytes that differ"))
    #expect(bench.world.stdout.text.contains("a block of each request"))
    #expect(!bench.isWritten())
  }
}

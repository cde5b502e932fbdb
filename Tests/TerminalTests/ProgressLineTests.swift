import Testing

@testable import Terminal

@Suite("Progress")
struct ProgressLineTests {
  private let terminal = Capabilities(isTerminal: true, redraws: true, hasColor: false, width: 60)

  private func sample(_ done: UInt64, of total: UInt64 = 1_000_000_000, _ label: SanitizedText = "writing")
    -> ProgressSample
  {
    ProgressSample(label: label, done: done, of: total == 0 ? .none : .bytes(total))
  }

  /// Bytes done of an image of unknown length, in a file of 1000 bytes.
  private func sample(_ done: UInt64, consuming consumed: UInt64) -> ProgressSample {
    ProgressSample(label: "writing", done: done, of: .file(consumed: consumed, of: 1000))
  }

  @Test("a terminal gets one line that is redrawn and never wider than it")
  func redraws() {
    var line = ProgressLine(for: terminal)
    var last: SanitizedText = ""
    for step in 0...20 {
      last = line.update(sample(UInt64(step) * 50_000_000), at: .milliseconds(step * 100))
      #expect(last.string.hasPrefix("\r\u{1B}[K"))
      #expect(!last.string.contains("\n"))
      #expect(last.string.dropFirst(4).count < 60)
    }
    #expect(last.string.contains("100 %"))
    #expect(last.string.contains("500 MB/s"))
  }

  @Test("time left follows the rate of the last seconds")
  func timeLeft() {
    var line = ProgressLine(for: terminal)
    _ = line.update(sample(0), at: .seconds(0))
    let text = line.update(sample(100_000_000), at: .seconds(2)).string
    #expect(text.contains(" 10 %"))
    #expect(text.contains("50.0 MB/s"))
    #expect(text.contains("18 s left"))
  }

  @Test("anything else gets plain lines, a second apart")
  func plainLines() {
    var line = ProgressLine(for: Capabilities())
    var printed: [String] = []
    for step in 0..<35 {
      let text = line.update(sample(UInt64(step) * 1_000_000), at: .milliseconds(step * 100)).string
      if !text.isEmpty { printed.append(text) }
    }
    #expect(printed.count == 3)
    #expect(printed.allSatisfy { $0.hasSuffix("\n") && !$0.contains("\u{1B}") && !$0.contains("\r") })
  }

  @Test("phases are told apart, each with its rate when it is over")
  func phases() {
    var line = ProgressLine(for: Capabilities())
    _ = line.update(sample(0), at: .seconds(0))
    let next = line.update(sample(0, "verifying"), at: .seconds(4)).string
    #expect(next == "writing    1.0 GB in 4.0 s, 250 MB/s\n")
    #expect(line.finish(at: .seconds(6), isComplete: true).string == "verifying  1.0 GB in 2.0 s, 500 MB/s\n")
  }

  @Test("a phase that was broken off claims nothing")
  func brokenOff() {
    var line = ProgressLine(for: Capabilities())
    _ = line.update(sample(500), at: .seconds(0))
    #expect(line.finish(at: .seconds(2), isComplete: false).string == "")
  }

  @Test("a stall is named")
  func stall() {
    var line = ProgressLine(for: terminal)
    _ = line.update(sample(0), at: .seconds(0))
    _ = line.update(sample(100_000_000), at: .seconds(1))
    let text = line.update(sample(100_000_000), at: .seconds(13)).string
    #expect(text.contains("no byte for 12 s"))
    #expect(!text.contains("left"))
  }

  @Test("never more than everything, never 100 % before the end")
  func bounds() {
    #expect(sample(2_000_000_000).done == 1_000_000_000)
    var line = ProgressLine(for: terminal)
    #expect(line.update(sample(999_999_999), at: .seconds(1)).string.contains(" 99 %"))
    #expect(line.update(sample(5, of: 0, "flushing"), at: .seconds(2)).string.contains("flushing"))
  }

  @Test("an image of unknown length shows its bytes, and the share and the time left by its file")
  func unknownLength() {
    var line = ProgressLine(for: terminal)
    _ = line.update(sample(0, consuming: 0), at: .seconds(0))
    let text = line.update(sample(400_000_000, consuming: 100), at: .seconds(2)).string
    #expect(text.contains(" 10 % of the file  400 MB  200 MB/s  18 s left"))
    let zeros = line.update(sample(900_000_000, consuming: 100), at: .seconds(4)).string
    #expect(zeros.contains(" 10 % of the file  900 MB"), "a run of zeros takes hardly a byte of the file")
    #expect(!zeros.contains("no byte"))
  }

  @Test("a file that is consumed is not the end: never 100 %, never more, and no time left is made up")
  func consumed() {
    #expect(sample(5, consuming: 1001).extent == .file(consumed: 1000, of: 1000))
    var line = ProgressLine(for: terminal)
    _ = line.update(sample(0, consuming: 0), at: .seconds(0))
    let text = line.update(sample(800_000_000, consuming: 1000), at: .seconds(2)).string
    #expect(text.contains(" 99 % of the file") && !text.contains("100 %") && !text.contains("left"))
    let later = line.update(sample(900_000_000, consuming: 1000), at: .seconds(3)).string
    #expect(later.contains("900 MB"), "what comes after is counted")
    #expect(
      line.finish(at: .seconds(4), isComplete: true).string.hasSuffix("writing    all of the file in 4.0 s\n")
    )
  }
}

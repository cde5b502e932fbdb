import Testing

@testable import Terminal

@Suite("Progress of several runs")
struct ProgressBoardTests {
  private let terminal = Capabilities(isTerminal: true, redraws: true, hasColor: false, width: 60)

  private func running(_ done: UInt64) -> ProgressBoard.Moment {
    .running(ProgressSample(label: "writing", done: done, of: .bytes(1_000_000_000)))
  }

  @Test("a terminal gets a line for each, drawn over the ones before, none wider than it")
  func redraws() {
    var board = ProgressBoard(["/dev/sdb", "/dev/sdaa"], for: terminal)
    let first = board.update([.waiting, running(0)], at: .seconds(0)).string
    #expect(first.hasPrefix("\r\u{1B}[K/dev/sdb   waiting\n\r\u{1B}[K/dev/sdaa  writing"))
    let second = board.update([running(500_000_000), .ended("failed [device-unplugged]")], at: .seconds(1))
      .string
    #expect(second.hasPrefix("\u{1B}[2A\r\u{1B}[K/dev/sdb   writing     50 %"))
    #expect(second.contains("/dev/sdaa  failed [device-unplugged]\n"))
    #expect(board.notice("stopping").string == "\u{1B}[2A\r\u{1B}[Jstopping\n")
    #expect(board.update([.waiting, .waiting], at: .seconds(1)).string.hasPrefix("\r\u{1B}[K/dev/sdb"))
    for line in second.split(separator: "\n") { #expect(line.count < 60 + "\u{1B}[2A\r\u{1B}[K".count) }
    #expect(board.finish().string == "\u{1B}[2A\r\u{1B}[J")
    #expect(board.finish().string.isEmpty)
  }

  @Test("anything else gets one plain line a second in all, about one after the other, and each end at once")
  func plain() {
    var board = ProgressBoard(["a", "b", "c"], for: Capabilities())
    var printed: [String] = []
    for step in 0..<65 {
      let done = UInt64(step) * 1_000_000
      // The one in the middle ends between two lines.
      let middle = step < 25 ? running(done) : .ended("failed [device-failed]")
      let text = board.update([running(done), middle, running(done)], at: .milliseconds(step * 100)).string
      printed += text.split(separator: "\n").map(String.init)
    }
    #expect(printed.map { $0.prefix(1) } == ["a", "b", "b", "c", "a", "c", "a"])
    #expect(printed[2] == "b  failed [device-failed]")
    #expect(printed.allSatisfy { !$0.contains("\u{1B}") && !$0.contains("\r") })
    #expect(board.finish().string.isEmpty)
  }
}

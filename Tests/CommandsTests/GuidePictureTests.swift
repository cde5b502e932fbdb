import TestSupport
import Testing

@testable import Commands
@testable import Terminal
@testable import Writer

/// A screen that pictures are made for.
private struct Screen: CustomTestStringConvertible, Sendable {
  let columns: Int
  let rows: Int
  let style: ScreenStyle

  var testDescription: String { name }

  var name: String {
    "\(columns)x\(rows)\(style.isUnicode ? "" : "-ascii")\(style.hasColor ? "-color" : "")"
  }

  var size: ScreenSize { ScreenSize(columns: columns, rows: rows) }

  static let all: [Screen] = [
    Screen(columns: 40, rows: 12, style: ScreenStyle(hasColor: false, characters: .unicode)),
    Screen(columns: 80, rows: 24, style: ScreenStyle(hasColor: true, characters: .unicode)),
    Screen(columns: 80, rows: 24, style: ScreenStyle(hasColor: false, characters: .ascii)),
    Screen(columns: 120, rows: 30, style: ScreenStyle(hasColor: false, characters: .unicode)),
    Screen(columns: 200, rows: 50, style: ScreenStyle(hasColor: false, characters: .unicode)),
  ]
}

@Suite("The pictures of the interactive way")
struct GuidePictureTests {
  /// One guide for each thing that a screen may show.
  private static func guides() throws -> [(String, Guide)] {
    let image = "/home/anna/Downloads/debian-13.1.0-amd64-netinst.iso"
    var marked = Guide.withImages
    _ = marked.press(.down, .down)
    var typing = Guide.withImages
    _ = typing.type("~/D")
    _ = typing.handle(.completions(PathCompletion("~/D", among: ["Desktop/", "Downloads/"]), of: "~/D"))
    var verdict = Guide()
    verdict.step = .verdict(.known(try KnownImages.good(image)), of: image)
    var refused = Guide()
    refused.step = .verdict(.known(try KnownImages.refused(image)), of: image)
    var empty = Guide()
    empty.step = .stick(image: image)
    _ = empty.handle(.sticks([]))
    var sticks = empty
    _ = sticks.handle(.sticks([Sticks.free, Sticks.mounted, Sticks.large, Sticks.locked]))
    _ = sticks.press(.down, .down)
    return [
      ("looking", Guide()), ("images", marked), ("typing", typing), ("verdict", verdict),
      ("refused", refused),
      ("no stick", empty), ("sticks", sticks),
    ]
  }

  @Test("are as they were", arguments: Screen.all)
  fileprivate func golden(_ screen: Screen) throws {
    let text = try Self.guides().map { name, guide in
      let picture = GuidePicture(
        guide: guide, size: screen.size, style: screen.style, isUnprivileged: name == "no stick")
      return "=== \(name)\n" + picture.lines.map { $0.string + "\n" }.joined()
    }.joined()
    let difference = try Golden.difference(of: text, from: "interactive/\(screen.name).text")
    #expect(difference == nil, "\(difference ?? "")")
  }

  @Test("fit into every terminal, with the keys at the bottom and nothing in them that acts on it")
  func fit() throws {
    for (name, guide) in try Self.guides() {
      for (columns, rows) in [(1, 1), (10, 3), (20, 5), (40, 8), (57, 13), (200, 60)] {
        for isUnicode in [true, false] {
          let picture = GuidePicture(
            guide: guide, size: ScreenSize(columns: columns, rows: rows),
            style: ScreenStyle(hasColor: false, characters: isUnicode ? .unicode : .ascii))
          let lines = picture.lines
          #expect(lines.count <= rows, "\(name) at \(columns)x\(rows)")
          #expect(lines.allSatisfy { $0.width <= columns }, "\(name) at \(columns)x\(rows)")
          #expect(!lines.contains { $0.string.contains("\u{1B}") })
          if !isUnicode { #expect(lines.allSatisfy { $0.string.utf8.allSatisfy { $0 < 0x80 } }) }
          let wide = Language.$current.withValue(.wide) { picture.lines }
          #expect(wide.count <= rows, "\(name) at \(columns)x\(rows), wide")
          #expect(wide.allSatisfy { $0.width <= columns }, "\(name) at \(columns)x\(rows), wide")
        }
      }
    }
  }

  @Test("R7: of many sticks the marked one is seen, in the smallest terminal too")
  func window() {
    var guide = Guide.atStick
    let many = (0..<20).map { number in
      OfferedStick(
        id: "usb-0000000\(number)", path: "/dev/sdx\(number)", description: "1.0 GB", place: "", losses: [],
        state: .free)
    }
    _ = guide.handle(.sticks(many))
    for stick in many {
      _ = guide.press(.down)
      let lines = GuidePicture(
        guide: guide, size: ScreenSize(columns: 40, rows: 12),
        style: ScreenStyle(hasColor: false, characters: .unicode)
      ).lines
      #expect(lines.contains { $0.string.hasPrefix("> \(stick.id)") })
    }
  }
}

@Suite("The picture of a run")
struct ProgressPictureTests {
  /// A picture after readings that are a tenth of a second apart.
  private func picture(_ readings: [ProgressReading]) -> ProgressPicture {
    var picture = ProgressPicture()
    for (index, reading) in readings.enumerated() { picture.update(reading, at: .milliseconds(100 * index)) }
    return picture
  }

  private func reading(_ phase: WritePhase, _ done: UInt64, _ scale: ProgressScale) -> ProgressReading {
    ProgressReading(phase: phase, done: done, scale: scale)
  }

  @Test("are as they were", arguments: Screen.all)
  fileprivate func golden(_ screen: Screen) throws {
    let total: UInt64 = 3_000_000_000
    let erasing = [reading(.erasing, 0, .bytes(2 << 20)), reading(.erasing, 2 << 20, .bytes(2 << 20))]
    let writing = (0..<300).map { step -> ProgressReading in
      let done: UInt64 = UInt64(step) * 2_000_000 + UInt64(step * step) * 10_000
      return reading(.writing, done, .bytes(total))
    }
    let stalled = [ProgressReading](repeating: reading(.writing, 1_491_000_000, .bytes(total)), count: 121)
    let flushing = [ProgressReading](repeating: reading(.flushing, 0, .none), count: 50)
    let packed = (0..<100).map { step -> ProgressReading in
      let piece = UInt64(step) << 20
      return reading(.writing, piece * 4, .file(consumed: piece, of: 200 << 20))
    }
    let cases: [(String, [ProgressReading])] = [
      ("getting ready", [reading(.preparing, 0, .none)]), ("writing", erasing + writing),
      ("stalled", erasing + writing + stalled), ("flushing", writing + flushing), ("packed", packed),
    ]
    let text = cases.map { name, readings in
      let lines = picture(readings).lines(
        "burin: debian.iso onto usb-7k2m9x4d", at: screen.size, screen.style)
      return "=== \(name)\n" + lines.map { $0.string + "\n" }.joined()
    }.joined()
    let difference = try Golden.difference(of: text, from: "interactive/run-\(screen.name).text")
    #expect(difference == nil, "\(difference ?? "")")
  }

  @Test("100 % is told of nothing that is not done, and nothing is beyond it")
  func percents() {
    let almost = picture([reading(.writing, 999_999_999, .bytes(1_000_000_000))])
    #expect(almost.percent == 99)
    #expect(picture([reading(.writing, 1000, .bytes(1000))]).percent == 100)
    #expect(picture([reading(.writing, 5000, .bytes(1000))]).percent == 100)
    // All of the file is read, and nobody knows what still comes out of it.
    #expect(picture([reading(.writing, 5000, .file(consumed: 900, of: 900))]).percent == 99)
    #expect(picture([reading(.flushing, 0, .none)]).percent == nil)
  }

  @Test("a stall is named with its length, and ends with the next byte")
  func stalls() {
    let still = [ProgressReading](repeating: reading(.verifying, 1000, .bytes(5000)), count: 121)
    #expect(picture(still).stall?.string.hasPrefix("No byte has moved for 12 s") == true)
    #expect(picture(still + [reading(.verifying, 1001, .bytes(5000))]).stall == nil)
    #expect(picture(Array(still.prefix(20))).stall == nil)
    let probing = [ProgressReading](repeating: reading(.probing, 0, .bytes(5000)), count: 121)
    #expect(picture(probing).stall?.string == "The stick has not answered for 12 s.")
  }

  @Test(
    "phases are apart: each begins at nothing, and the last ones are summed up only when they came to their end"
  )
  func phases() {
    var picture = self.picture((0..<20).map { reading(.writing, UInt64($0) << 20, .bytes(19 << 20)) })
    picture.update(reading(.verifying, 0, .bytes(19 << 20)), at: .seconds(2))
    #expect(picture.percent == 0 && picture.summaries.count == 1)
    picture.finish(at: .seconds(3), isComplete: false)
    #expect(picture.summaries.map(\.string) == ["writing    19.9 MB in 2.0 s, 10.0 MB/s"])
  }

  @Test("rates keep their sum however long a run takes")
  func history() {
    var history = RateHistory()
    for second in 0...40_000 { history.add(UInt64(second) * 1000, at: .seconds(second)) }
    let rates = history.rates(columns: 50)
    #expect(rates.count == 50 && rates.allSatisfy { abs($0 - 1000) < 20 })
    #expect(RateHistory().rates(columns: 10) == [])
    let graph = RateGraph(rates: [0, 1, 4, 8], style: ScreenStyle(hasColor: false, characters: .unicode))
    #expect(graph.rows(1).map(\.string) == [" ▁▄█"])
    #expect(graph.rows(2).map(\.string) == ["   █", " ▂██"])
    let signs = RateGraph(rates: [0, 1, 4, 8], style: ScreenStyle(hasColor: false, characters: .ascii))
    #expect(signs.rows(1).map(\.string) == [" .:|"])
  }

  @Test("what is spoken are few lines: phases, tenths, and what is in the way")
  func spoken() {
    let sink = RecordingSink()
    var view = SpokenView(sink)
    for step in 0...600 {
      view.update(
        reading(.writing, UInt64(step) * 1_000_000, .bytes(600_000_000)), at: .milliseconds(step * 100))
    }
    for step in 601...1000 { view.update(reading(.flushing, 0, .none), at: .milliseconds(step * 100)) }
    view.finish(at: .seconds(100), isComplete: true)
    let lines = sink.text.split(separator: "\n")
    #expect(lines.filter { $0.contains(" %, ") }.count == 10)
    #expect(lines.count < 16 && !sink.text.contains("\u{1B}") && !sink.text.contains("\r"))
    #expect(sink.text.contains("100 %") && sink.text.contains("Waiting until the stick has stored"))
  }
}

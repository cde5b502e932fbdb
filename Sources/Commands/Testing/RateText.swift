import Terminal
import Writer

/// How fast a medium was along its length: a small table, and a line of digits for each direction.
struct RateText {
  let report: TestReport

  init(_ report: TestReport) { self.report = report }

  /// The lines; none where nothing was measured.
  func lines(for capabilities: Capabilities) -> [SanitizedText] {
    let rows = [("written", report.writeRates, report.writing), ("read", report.readRates, report.reading)]
      .filter { !$0.1.compactMap(\.bytesPerSecond).isEmpty }
    guard !rows.isEmpty else { return [] }
    let columns = ["average", "first", "slowest", "fastest", "last"].map {
      Table.Column(SanitizedText(foreign: $0), alignment: .right)
    }
    let table = Table(
      columns: [Table.Column("speed")] + columns,
      rows: rows.map { name, samples, time in
        Table.Row([SanitizedText(foreign: name)] + Self.cells(samples, time))
      })
    let indent: SanitizedText = "  "
    let graphs = rows.map { Self.graph($0.0, $0.1, report, capabilities.width) }
    let shown = table.lines(for: Capabilities()).map { indent + $0 }
    // Rows of numbers say nothing without the titles above them.
    guard let room = capabilities.width, shown.contains(where: { $0.width > room }) else {
      return shown + graphs
    }
    return rows.flatMap { name, samples, time in
      let cells = zip(table.columns.dropFirst(), Self.cells(samples, time)).map { $0.title + " " + $1 }
      let label = indent + SanitizedText(foreign: name).padded(to: 8) + " "
      return cells.map { SanitizedText(held: $0) }.joined(separator: ", ").folded(
        behind: label, for: capabilities)
    } + graphs
  }

  private static func cells(_ samples: [RateSample], _ time: Duration) -> [SanitizedText] {
    let rates = samples.compactMap(\.bytesPerSecond)
    let bytes = samples.reduce(0) { $0 + UInt64($1.range.count) }
    let average = Double(bytes) / max(time / .seconds(1), 1e-9)
    return [average, rates.first ?? 0, rates.min() ?? 0, rates.max() ?? 0, rates.last ?? 0].map {
      SanitizedText(rate: $0)
    }
  }

  /// One digit for each part of the medium, 9 being the fastest; `!` where something is wrong.
  private static func graph(
    _ name: String, _ samples: [RateSample], _ report: TestReport, _ columns: Int?
  ) -> SanitizedText {
    let fastest = samples.compactMap(\.bytesPerSecond).max() ?? 1
    let faults = report.surface.faults
    let marks = samples.map { sample -> String in
      if faults.contains(where: { $0.range.overlaps(sample.range) }) { return "!" }
      guard let rate = sample.bytesPerSecond else { return " " }
      return String(Int((rate / fastest * 9).rounded()))
    }.joined()
    let title = SanitizedText(foreign: name).padded(to: 8)
    let shown = SanitizedText(held: SanitizedText(foreign: Self.thinned(marks, to: columns.map { $0 - 2 })))
    return "  \(title) |\(shown)| 9 is \(SanitizedText(rate: fastest))"
  }

  /// As many of the digits as fit, the worst of those that share a place.
  private static func thinned(_ marks: String, to room: Int?) -> String {
    guard let room, room > 0, marks.count > room else { return marks }
    let marks = Array(marks)
    return String(
      (0..<room).map { place in
        let part = marks[place * marks.count / room..<(place + 1) * marks.count / room]
        return part.min() ?? " "
      })
  }
}

import Testing

@testable import Terminal

@Suite("Quantities")
struct QuantityTests {
  @Test(
    "sizes are decimal and have three digits",
    arguments: [
      (0, "0 B"), (1, "1 B"), (999, "999 B"), (1000, "1.0 kB"), (15_500_000_000, "15.5 GB"),
      (999_499, "999 kB"),
      (999_999, "1.0 MB"), (99_960, "100 kB"), (67_108_864, "67.1 MB"), (UInt64.max, "18.4 EB"),
    ] as [(UInt64, String)])
  func sizes(bytes: UInt64, text: String) { #expect(SanitizedText(size: bytes).string == text) }

  @Test(
    "exact sizes are grouped",
    arguments: [(1, "1 byte"), (999, "999 bytes"), (1234, "1 234 bytes"), (1_000_000, "1 000 000 bytes")]
      as [(UInt64, String)])
  func exact(bytes: UInt64, text: String) { #expect(SanitizedText(exactBytes: bytes).string == text) }

  @Test(
    "times say what matters",
    arguments: [
      (.milliseconds(50), "0.0 s"), (.milliseconds(4250), "4.2 s"), (.seconds(59), "59 s"),
      (.seconds(187), "3:07 min"),
      (.seconds(3735), "1:02:15 h"), (.seconds(-3), "0.0 s"),
    ] as [(Duration, String)])
  func times(time: Duration, text: String) { #expect(SanitizedText(time: time).string == text) }
}

@Suite("Tables")
struct TableTests {
  private let table = Table(
    columns: [
      Table.Column("ID"), Table.Column("SIZE", alignment: .right), Table.Column("NAME", smallestWidth: 8),
    ],
    rows: [
      Table.Row(["usb-1", "15.5 GB", "SanDisk Ultra Fit"], details: ["holds nothing that anybody knows of"]),
      Table.Row(["sd-22", "2.0 GB", "漢字"]),
    ])

  @Test("columns are aligned, details indented")
  func plain() {
    let lines = table.lines(for: Capabilities()).map(\.string)
    #expect(
      lines == [
        "ID        SIZE  NAME", "usb-1  15.5 GB  SanDisk Ultra Fit",
        "    holds nothing that anybody knows of",
        "sd-22   2.0 GB  漢字",
      ])
  }

  @Test("a narrow terminal cuts names and wraps details", arguments: [20, 28, 40])
  func narrow(width: Int) {
    let lines = table.lines(for: Capabilities(isTerminal: true, width: width))
    // Below what the cells need, the terminal itself breaks the line; an ID is never cut.
    #expect(lines.allSatisfy { $0.width <= max(width, 24) })
    #expect(lines.contains { $0.string.hasPrefix("usb-1") })
  }
}

@Suite("Capabilities")
struct CapabilitiesTests {
  @Test(
    "COLUMNS counts only where it is a number",
    arguments: [("80", 80), ("0", nil), ("-3", nil), ("x", nil), (nil, nil)] as [(String?, Int?)])
  func columns(text: String?, expected: Int?) { #expect(Capabilities.columns(text) == expected) }

  @Test("a file is no terminal")
  func file() {
    let capabilities = Capabilities(of: -1, environment: ["TERM": "xterm"])
    #expect(capabilities == Capabilities())
  }
}

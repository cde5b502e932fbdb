/// The active swap areas, from `/proc/swaps`.
public struct SwapTable: Hashable, Sendable {
  /// One area.
  public struct Row: Hashable, Sendable {
    /// The node or the file, as the kernel sees its path now.
    public var path: String
    /// Whether it is a file on a file system, not a block device.
    public var isFile: Bool
  }

  /// The areas in the kernel's order.
  public var rows: [Row]
  /// The lines that were not understood; the kernel writes none.
  public var malformedLineCount: Int

  /// Reads a table; never fails.
  public init(parsing text: some Sequence<UInt8>) {
    rows = []
    malformedLineCount = 0
    let lines = Array(text).split(separator: UInt8(ascii: "\n"))
    for (index, line) in lines.enumerated() where index > 0 || !line.starts(with: "Filename".utf8) {
      if let row = Row(parsing: line) { rows.append(row) } else { malformedLineCount += 1 }
    }
  }
}

extension SwapTable.Row {
  /// Reads a line such as `/dev/sda2 partition 8388604 0 -2`, with any number of blanks and tabs between.
  init?(parsing line: ArraySlice<UInt8>) {
    let fields = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard fields.count >= 2 else { return nil }
    if fields[1].elementsEqual("partition".utf8) {
      isFile = false
    } else if fields[1].elementsEqual("file".utf8) {
      isFile = true
    } else {
      return nil
    }
    path = EscapedFields.unescape(fields[0])
  }
}

/// Rows of columns, laid out for a width.
public struct Table: Hashable, Sendable {
  /// At which side a column begins.
  public enum Alignment: Hashable, Sendable { case left, right }

  /// One column.
  public struct Column: Hashable, Sendable {
    /// Its heading.
    public var title: SanitizedText
    /// At which side its cells begin.
    public var alignment: Alignment
    /// The columns below which it is not cut; nil if it is never cut.
    public var smallestWidth: Int?

    /// Creates a column.
    public init(_ title: SanitizedText, alignment: Alignment = .left, smallestWidth: Int? = nil) {
      self.title = title
      self.alignment = alignment
      self.smallestWidth = smallestWidth
    }
  }

  /// A row with lines that belong to it.
  public struct Row: Hashable, Sendable {
    /// One cell for each column.
    public var cells: [SanitizedText]
    /// What is told below the row, indented and wrapped.
    public var details: [SanitizedText]

    /// Creates a row.
    public init(_ cells: [SanitizedText], details: [SanitizedText] = []) {
      self.cells = cells
      self.details = details
    }
  }

  /// The columns.
  public var columns: [Column]
  /// The rows.
  public var rows: [Row]

  /// Creates a table.
  public init(columns: [Column], rows: [Row] = []) {
    self.columns = columns
    self.rows = rows
  }

  private static let gap = 2
  private static let indent: SanitizedText = "    "
  /// Behind the blanks of a detail, its further lines begin so much further right.
  private static let hang = 6

  /// The lines of the table.
  public func lines(for capabilities: Capabilities) -> [SanitizedText] {
    let widths = columnWidths(within: capabilities.width)
    guard capabilities.width.map({ Self.width(of: widths) <= $0 }) ?? true else {
      return blocks(within: capabilities.width)
    }
    var lines = [line(columns.map(\.title), widths).styled(.bold, if: capabilities.hasColor)]
    for row in rows {
      lines.append(line(row.cells, widths))
      lines += details(of: row, within: capabilities.width)
    }
    return lines
  }

  private func details(of row: Row, within room: Int?) -> [SanitizedText] {
    row.details.flatMap { (Self.indent + $0).folded(to: room, hanging: Self.hang) }
  }

  /// Each row in lines of its own, without titles, where the terminal is too narrow for columns.
  private func blocks(within room: Int?) -> [SanitizedText] {
    rows.flatMap { row in
      let cells = row.cells.map { $0.width < room ?? .max ? SanitizedText(held: $0) : $0 }
      let line = cells.filter { !$0.isEmpty }.joined(separator: "  ")
      return line.folded(to: room, hanging: Self.indent.width) + details(of: row, within: room)
    }
  }

  private static func width(of columns: [Int]) -> Int { columns.reduce(0, +) + gap * (columns.count - 1) }

  private func line(_ cells: [SanitizedText], _ widths: [Int]) -> SanitizedText {
    var parts: [SanitizedText] = []
    for (index, cell) in cells.enumerated() {
      let cut = columns[index].smallestWidth == nil ? cell : cell.truncated(to: widths[index])
      let isLast = index == cells.count - 1 && columns[index].alignment == .left
      parts.append(isLast ? cut : cut.padded(to: widths[index], alignment: columns[index].alignment))
    }
    return parts.joined(separator: "  ").withoutTrailingSpaces
  }

  /// The natural widths, the widest flexible columns shortened until the row fits or cannot fit.
  private func columnWidths(within room: Int?) -> [Int] {
    var widths = columns.indices.map { index in
      ([columns[index].title.width] + rows.map { $0.cells[index].width }).max() ?? 0
    }
    guard let room else { return widths }
    while Self.width(of: widths) > room {
      let flexible = widths.indices.filter { widths[$0] > columns[$0].smallestWidth ?? .max }
      guard let widest = flexible.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
    }
    return widths
  }
}

extension SanitizedText {
  fileprivate var withoutTrailingSpaces: SanitizedText {
    var text = laidOut
    while text.hasSuffix(" ") { text.removeLast() }
    return SanitizedText(vouchedFor: text)
  }
}

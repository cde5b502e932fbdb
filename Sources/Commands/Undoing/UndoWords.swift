import Documents
import Terminal
import UndoStore

extension UndoBalance {
  /// What undoing brings back, in one sentence.
  /// - Parameter command: the command that does it.
  func sentence(command: SanitizedText) -> SanitizedText {
    guard !changed.isEmpty else { return "nothing of it was changed" }
    guard !isComplete else { return "`\(command)` brings back all that this write has changed, bit by bit" }
    let partitions = partitions.filter { !$0.lost.isEmpty }.map(\.text)
    let places: SanitizedText =
      partitions.isEmpty ? "" : ": \(partitions.prefix(Self.shown).joined(separator: ", "))"
    return """
      `\(command)` brings back \(SanitizedText(size: restorable.byteCount)), the old table and superblocks \
      among them; \(SanitizedText(size: lost.byteCount)) are lost\(places)
      """
  }

  /// How many partitions and ranges are named at most; JSON has more.
  static let shown = 8

  /// What was or will be brought back and what is lost, line by line.
  /// - Parameter brought: "brought back", or what will happen.
  func lines(brought: SanitizedText) -> [SanitizedText] {
    let label = brought.padded(to: 14)
    var lines: [SanitizedText] = ["  \(label)\(SanitizedText(exactBytes: restorable.byteCount))"]
    for partition in partitions.prefix(Self.shown) where partition.lost.isEmpty {
      lines.append("  \(SanitizedText("").padded(to: 14))\(partition.text)")
    }
    guard !lost.isEmpty else {
      lines.append(
        "  \(SanitizedText("lost").padded(to: 14))nothing of what that write overwrote: it is as it was before, bit by bit"
      )
      return lines
    }
    lines.append("  \(SanitizedText("lost").padded(to: 14))\(SanitizedText(exactBytes: lost.byteCount))")
    for partition in partitions.prefix(Self.shown) where !partition.lost.isEmpty {
      lines.append("  \(SanitizedText("").padded(to: 14))\(partition.text)")
    }
    for range in lost.ranges.prefix(Self.shown) {
      lines.append(
        "  \(SanitizedText("").padded(to: 14))bytes \(range.lowerBound) to \(range.upperBound - 1)")
    }
    if lost.ranges.count > Self.shown {
      let rest = lost.ranges.count - Self.shown
      lines.append("  \(SanitizedText("").padded(to: 14))and \(rest) more ranges: --json has them")
    }
    return lines
  }

  /// The balance in JSON; ranges are `[first byte, byte after the last]`.
  var json: JSONValue {
    [
      "complete": .bool(isComplete), "changedBytes": JSONValue(changed.byteCount),
      "restorableBytes": JSONValue(restorable.byteCount), "lostBytes": JSONValue(lost.byteCount),
      "lost": lost.json, "partitions": .array(partitions.map(\.json)),
    ]
  }
}

extension UndoBalance.Partition {
  /// The partition and what becomes of it.
  var text: SanitizedText {
    var name: SanitizedText = "partition \(partition.number)"
    if let fileSystem = partition.fileSystem { name = name + ", \(fileSystem)" }
    if let label = partition.name { name = name + " \"\(label)\"" }
    guard !lost.isEmpty else { return name + ", whole" }
    let size = UInt64(partition.range.count)
    return name + ", without \(SanitizedText(size: lost.byteCount)) of \(SanitizedText(size: size))"
  }

  fileprivate var json: JSONValue {
    [
      "number": JSONValue(partition.number), "start": JSONValue(partition.range.lowerBound),
      "bytes": JSONValue(partition.range.count), "fileSystem": JSONValue(partition.fileSystem),
      "name": JSONValue(partition.name), "lostBytes": JSONValue(lost.byteCount),
    ]
  }
}

extension ByteRanges {
  /// How many ranges JSON lists at most.
  private static let listed = 1000

  /// The first ranges, as `[first byte, byte after the last]`.
  var json: JSONValue {
    .array(
      ranges.prefix(Self.listed).map { [JSONValue($0.lowerBound), JSONValue($0.upperBound)] as JSONValue })
  }
}

extension UndoProgress.Stage {
  /// The stage in one word, the same in text and JSON.
  var word: SanitizedText {
    switch self {
    case .saved: "saved"
    case .begun: "begun"
    case .stopped: "stopped"
    case .completed: "completed"
    case .restored: "restored"
    }
  }
}

extension SanitizedText {
  /// A moment, given in seconds since 1970-01-01 UTC: `2026-11-21 08:30:12 UTC`.
  init(utc seconds: Int64) {
    let (days, rest) = (seconds.flooredQuotient(by: 86_400), seconds.flooredRemainder(by: 86_400))
    // The civil calendar in eras of 400 years that begin on 1 March, as the leap day then ends a year.
    let shifted = days + 719_468
    let era = shifted.flooredQuotient(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let date: SanitizedText = "\(year)-\(Self.two(month))-\(Self.two(day))"
    let moment: SanitizedText =
      "\(date) \(Self.two(rest / 3600)):\(Self.two(rest / 60 % 60)):\(Self.two(rest % 60)) UTC"
    self.init(held: moment)
  }

  private static func two(_ number: Int64) -> SanitizedText { number < 10 ? "0\(number)" : "\(number)" }
}

extension Int64 {
  fileprivate func flooredRemainder(by divisor: Int64) -> Int64 {
    let rest = self % divisor
    return rest < 0 ? rest + divisor : rest
  }

  fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
    self / divisor - (self % divisor < 0 ? 1 : 0)
  }
}

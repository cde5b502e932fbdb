extension Protection {
  /// The record of a dump: kind, value, note, file, line.
  var record: String {
    let words = [SnapshotLine.quoted(value), SnapshotLine.optional(note), SnapshotLine.quoted(file)]
    return "protection \(kind.rawValue) \(words.joined(separator: " ")) \(line)"
  }

  init(reading values: inout SnapshotValues) throws(SnapshotTextError.Reason) {
    guard let kind = Kind(rawValue: try values.word()) else { throw .value }
    self.init(
      kind, try values.text(), note: try values.optionalText(), file: try values.text(),
      line: try values.integer())
  }
}

extension ProtectionFault {
  /// The record of a dump: file, line, what is wrong, and the text concerned.
  var record: String {
    let (word, text): (String, String?) =
      switch reason {
      case .unreadable(let why): ("unreadable", why)
      case .notAFile: ("not-a-file", nil)
      case .form: ("form", nil)
      case .kind(let name): ("kind", name)
      case .value(let value): ("value", value)
      case .encoding: ("encoding", nil)
      }
    let place = "\(SnapshotLine.quoted(file)) \(SnapshotLine.optional(line))"
    return "protection-fault \(place) \(word) \(SnapshotLine.optional(text))"
  }

  init(reading values: inout SnapshotValues) throws(SnapshotTextError.Reason) {
    let (file, line): (String, Int?) = (try values.text(), try values.optionalInteger())
    let (word, text) = (try values.word(), try values.optionalText())
    let reason: Reason? =
      switch (word, text) {
      case ("unreadable", let text?): .unreadable(text)
      case ("not-a-file", nil): .notAFile
      case ("form", nil): .form
      case ("kind", let text?): .kind(text)
      case ("value", let text?): .value(text)
      case ("encoding", nil): .encoding
      default: nil
      }
    guard let reason else { throw .value }
    self.init(file: file, line: line, reason)
  }
}

extension UdevNotes {
  /// The field of a dump: first seen, table, file system.
  var line: String {
    [initialized, tableUUID, fileSystemUUID].map { SnapshotLine.optional($0) }.joined(separator: " ")
  }

  init(reading values: inout SnapshotValues) throws(SnapshotTextError.Reason) {
    self.init(
      initialized: try values.optionalText(), tableUUID: try values.optionalText(),
      fileSystemUUID: try values.optionalText())
  }
}

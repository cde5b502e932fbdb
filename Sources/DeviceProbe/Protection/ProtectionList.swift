/// A list of protected disks as it stands in a file.
///
/// One entry a line, `KIND=VALUE`, with a note after a blank and a `#`; empty lines and those that begin
/// with `#` say nothing.
public struct ProtectionList: Hashable, Sendable {
  /// What could be understood.
  public private(set) var protections: [Protection] = []
  /// What could not.
  public private(set) var faults: [ProtectionFault] = []

  /// Reads the content of a file; every line either says nothing, protects something or is a fault.
  public init(parsing bytes: some Sequence<UInt8>, file: String) {
    for (index, bytes) in Array(bytes).split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      do throws(ProtectionFault.Reason) {
        guard let entry = try Self.entry(bytes) else { continue }
        protections.append(
          Protection(entry.kind, entry.value, note: entry.note, file: file, line: index + 1))
      } catch { faults.append(ProtectionFault(file: file, line: index + 1, error)) }
    }
  }

  /// Reads `KIND=VALUE` as it is given on a command line.
  public static func identity(
    parsing text: String
  ) throws(ProtectionFault.Reason) -> (kind: Protection.Kind, value: String) {
    guard let equals = text.firstIndex(of: "=") else { throw .form }
    let name = String(text[..<equals]).trimmedBlanks
    guard let kind = Protection.Kind(rawValue: name) else { throw .kind(name) }
    let value = String(text[text.index(after: equals)...]).trimmedBlanks
    guard Self.isValue(value, of: kind) else { throw .value(value) }
    return (kind, value)
  }

  /// The line of an entry, which ``init(parsing:file:)`` reads back; the note loses what is no single line.
  public static func line(_ kind: Protection.Kind, _ value: String, note: String?) -> String {
    let note = note.map { String($0.map { $0.isNewline ? " " : $0 }).trimmedBlanks } ?? ""
    return "\(kind.rawValue)=\(value)\(note.isEmpty ? "" : " # \(note)")\n"
  }

  private static func entry(
    _ bytes: ArraySlice<UInt8>
  ) throws(ProtectionFault.Reason) -> (kind: Protection.Kind, value: String, note: String?)? {
    guard let line = String(validating: bytes, as: UTF8.self) else { throw .encoding }
    let text = line.trimmedBlanks
    guard !text.isEmpty, !text.hasPrefix("#") else { return nil }
    let (body, note) = Self.halves(of: text)
    let (kind, value) = try identity(parsing: body)
    return (kind, value, note)
  }

  /// A `#` begins a note only after a blank, because serial numbers may contain one.
  private static func halves(of text: String) -> (body: String, note: String?) {
    var previous: Character = "x"
    for index in text.indices {
      if text[index] == "#", previous == " " || previous == "\t" {
        let note = String(text[text.index(after: index)...]).trimmedBlanks
        return (String(text[..<index]), note.isEmpty ? nil : note)
      }
      previous = text[index]
    }
    return (text, nil)
  }

  private static func isValue(_ value: String, of kind: Protection.Kind) -> Bool {
    guard !value.isEmpty, value.utf8.count <= 256, !value.contains(" #"), !value.contains("\t#"),
      value.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
    else { return false }
    switch kind {
    case .serial, .wwn: return true
    case .uuid: return !value.contains { $0.isWhitespace }
    case .gpt:
      let groups = value.split(separator: "-", omittingEmptySubsequences: false)
      return groups.map(\.count) == [8, 4, 4, 4, 12]
        && groups.allSatisfy { $0.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit } }
    }
  }
}

extension String {
  /// Without blanks, tabs and carriage returns at either end.
  fileprivate var trimmedBlanks: String {
    func isBlank(_ character: Character) -> Bool {
      character == " " || character == "\t" || character == "\r"
    }
    var rest = self[...].drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return String(rest)
  }
}

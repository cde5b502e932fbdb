/// One line of Swift without comments and without the contents of its string literals.
struct CodeLine {
  let path: String
  let number: Int
  let code: String
  let comment: String

  /// The module of an import, whatever attributes and access level it carries.
  static let importPattern: Pattern = #"^(?:@\w+(?:\(\w+\))?\s+)*(?:\w+\s+)?import\s+(\w+)"#

  var place: String { "\(path):\(number)" }

  /// Every Swift file of the repository, split once.
  private static let files = Dictionary(
    uniqueKeysWithValues: (Repository.sources + Repository.tests)
      .map { path in (path, Result { try split(file: path) }) })

  /// A file as lines of code and comment; multi-line literals count as contents.
  static func lines(of path: String) throws -> [CodeLine] { try files[path]?.get() ?? [] }

  private static func split(file path: String) throws -> [CodeLine] {
    var insideLiteral = false
    return try Repository.text(path).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .map { index, line in
        let (code, comment) = split(line, insideLiteral: &insideLiteral)
        return CodeLine(path: path, number: index + 1, code: code, comment: comment)
      }
  }

  private static func split(_ line: Substring, insideLiteral: inout Bool) -> (code: String, comment: String) {
    var code: [UInt8] = []
    var rest = line.utf8[...]
    var insideString = false
    while let byte = rest.first {
      if !insideString, rest.starts(with: "\"\"\"".utf8) {
        insideLiteral.toggle()
        rest = rest.dropFirst(3)
        continue
      }
      if insideLiteral {
        rest = rest.dropFirst()
        continue
      }
      if insideString, byte == UInt8(ascii: "\\") {
        rest = rest.dropFirst(2)
        continue
      }
      if byte == UInt8(ascii: "\"") {
        insideString.toggle()
        code.append(byte)
      } else if !insideString {
        if rest.starts(with: "//".utf8) {
          return (String(decoding: code, as: UTF8.self), String(decoding: rest, as: UTF8.self))
        }
        code.append(byte)
      }
      rest = rest.dropFirst()
    }
    return (String(decoding: code, as: UTF8.self), "")
  }
}

/// A text with an OpenPGP signature around it (RFC 9580, section 7), as it is read where nobody can judge the signature.
enum ClearSignedText {
  private static let opening = Array("-----BEGIN PGP SIGNED MESSAGE-----".utf8)
  private static let signature = Array("-----BEGIN PGP SIGNATURE-----".utf8)
  private static let closing = Array("-----END PGP SIGNATURE-----".utf8)

  /// The text between the marks, which nothing speaks for.
  /// - Returns: nil where there is not exactly one such text, or where something stands outside of it.
  static func body(of bytes: [UInt8]) -> [UInt8]? {
    var lines = bytes.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: "\n") }[...]
    guard lines.popFirst().map(isMark(opening)) == true else { return nil }
    while let line = lines.popFirst(), !trimmed(line).isEmpty {
      guard line.starts(with: "Hash:".utf8) || line.starts(with: "SaltedHash:".utf8) else { return nil }
    }
    guard let end = lines.firstIndex(where: isMark(signature)) else { return nil }
    var body: [UInt8] = []
    for line in lines[..<end] {
      // A dash at the beginning of a line is written as a dash, a space and that dash.
      let isEscaped = line.starts(with: "- ".utf8)
      guard isEscaped || line.first != UInt8(ascii: "-") else { return nil }
      body += (isEscaped ? line.dropFirst(2) : line) + [UInt8(ascii: "\n")]
    }
    let rest = lines[(end + 1)...]
    guard let close = rest.firstIndex(where: isMark(closing)),
      rest[..<close].allSatisfy({ $0.first != UInt8(ascii: "-") }),
      rest[(close + 1)...].allSatisfy({ trimmed($0).isEmpty })
    else { return nil }
    return body
  }

  private static func isMark(_ mark: [UInt8]) -> (ArraySlice<UInt8>) -> Bool {
    { trimmed($0).elementsEqual(mark) }
  }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var line = line
    while let last = line.last,
      last == UInt8(ascii: " ") || last == UInt8(ascii: "\r") || last == UInt8(ascii: "\t")
    {
      line.removeLast()
    }
    return line
  }
}

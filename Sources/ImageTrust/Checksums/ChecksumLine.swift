/// One line of a checksum file, as GNU, BSD and OpenSSL tools write it.
struct ChecksumLine: Hashable {
  /// The digest that the line was made with, as far as it says so.
  enum Method: Hashable {
    case stated(DigestName)
    case unstated
  }

  let method: Method
  /// The digest itself.
  let digest: [UInt8]
  /// The name with its directories, foreign bytes; nil where there is none, or where it stands for a pipe.
  let path: [UInt8]?

  /// The last component of the name.
  ///
  /// Directories say where the file lay for somebody else; nothing is opened by them.
  var name: [UInt8]? { path.map(Self.lastComponent) }
  /// Whether the name has no directory.
  var isBare: Bool { path?.contains(Self.slash) != true }

  private static let slash = UInt8(ascii: "/")

  private static let space = UInt8(ascii: " ")

  /// Understands a line without its end; nil for one that is no checksum.
  init?(_ line: ArraySlice<UInt8>) {
    guard let parts = Self.parts(line), let digest = Hexadecimal.bytes(parts.digits) else { return nil }
    self.digest = digest
    path = parts.path
    method = parts.method
  }

  /// The last component of the name in a line, whatever stands there instead of a digest.
  static func name(in line: ArraySlice<UInt8>) -> [UInt8]? { parts(line)?.path.map(lastComponent) }

  /// The name in a line that has something like a digest, though perhaps none that can be used.
  ///
  /// - Returns: nil for other text: a sentence may end with the name of a file, and a list may tell its size.
  static func attempt(in line: ArraySlice<UInt8>) -> (name: [UInt8]?, isBare: Bool)? {
    guard let parts = parts(line), parts.isTagged || isLikeDigest(parts.digits) else { return nil }
    return (parts.path.map(lastComponent), parts.path?.contains(slash) != true)
  }

  /// Whether a word is made of a digest's digits, and not far from as long as the shortest digest.
  private static func isLikeDigest(_ word: ArraySlice<UInt8>) -> Bool {
    word.count >= 16 && word.allSatisfy { Unicode.Scalar($0).properties.isASCIIHexDigit }
  }

  private static func lastComponent(of path: [UInt8]) -> [UInt8] {
    Array(path[((path.lastIndex(of: slash) ?? -1) + 1)...])
  }

  private static func parts(
    _ line: ArraySlice<UInt8>
  ) -> (method: Method, digits: ArraySlice<UInt8>, path: [UInt8]?, isTagged: Bool)? {
    var line = trimmed(line)
    // GNU tools begin a line so whose name has characters that are written as two.
    let isEscaped = line.first == UInt8(ascii: "\\")
    if isEscaped { line = line.dropFirst() }
    let tagged = tagged(line)
    guard let parts = tagged ?? plain(line) else { return nil }
    guard var path = isEscaped ? unescaped(parts.name) : Array(parts.name) else { return nil }
    while path.starts(with: "./".utf8) { path.removeFirst(2) }
    let isName = !path.isEmpty && path.last != slash && path != [UInt8(ascii: "-")]
    // Lists of packages tell lengths in the same form.
    let isTagged = tagged != nil && !line.prefix(4).map { $0 | 0x20 }.elementsEqual("size".utf8)
    return (parts.method, parts.digits, isName ? path : nil, isTagged)
  }

  private typealias Parts = (method: Method, digits: ArraySlice<UInt8>, name: ArraySlice<UInt8>)

  /// `SHA256 (name) = HEX`, `SHA2-256(name)= HEX`.
  private static func tagged(_ line: ArraySlice<UInt8>) -> Parts? {
    guard let open = line.firstIndex(of: UInt8(ascii: "(")),
      let close = line.lastIndex(of: UInt8(ascii: ")")),
      open < close
    else { return nil }
    let tag = trimmed(line[..<open])
    guard !tag.isEmpty, tag.count <= 16, tag.allSatisfy(isOfTag) else { return nil }
    let rest = trimmed(line[(close + 1)...])
    guard rest.first == UInt8(ascii: "=") else { return nil }
    let name = line[(open + 1)..<close]
    guard !name.isEmpty else { return nil }
    return (
      .stated(DigestName(String(decoding: tag, as: UTF8.self))), trimmed(rest.dropFirst()), name
    )
  }

  /// `HEX  name`, `HEX *name`, `HEX` alone, and `NAME:HEX` alone.
  private static func plain(_ line: ArraySlice<UInt8>) -> Parts? {
    let word = line.prefix { !isBlank($0) }
    var rest = line[word.endIndex...]
    if !rest.isEmpty {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "*") { rest = rest.dropFirst() } else { rest = rest.drop(while: isBlank) }
    }
    guard let colon = word.firstIndex(of: UInt8(ascii: ":")) else { return (.unstated, word, rest) }
    let tag = String(decoding: word[..<colon], as: UTF8.self)
    return (.stated(DigestName(tag)), word[(colon + 1)...], rest)
  }

  private static func isOfTag(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"):
      true
    default: false
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == UInt8(ascii: "\t") }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var line = line.drop(while: isBlank)
    while let last = line.last, isBlank(last) { line.removeLast() }
    return line
  }

  /// - Returns: nil for a backslash that nothing known follows.
  private static func unescaped(_ name: ArraySlice<UInt8>) -> [UInt8]? {
    var plain: [UInt8] = []
    var rest = name
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        plain.append(byte)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "n"): plain.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "r"): plain.append(UInt8(ascii: "\r"))
      case UInt8(ascii: "\\"): plain.append(UInt8(ascii: "\\"))
      default: return nil
      }
    }
    return plain
  }
}

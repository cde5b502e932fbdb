/// Where an image comes from, as it is named on a command line.
public enum ImageLocation: Hashable, Sendable {
  /// A file, or a device.
  case path(String)
  /// What comes through standard input.
  case standardInput
  /// What a server gives.
  case url(SecretURL)

  /// Why a text names nothing.
  public enum Fault: Error, Hashable, Sendable {
    /// It is a URL, but none that can be understood.
    case malformed
    /// It is a URL of a kind that is not fetched.
    case scheme(String)
    /// It names a file by bytes that are no UTF-8.
    case notText
  }

  /// Reads an argument: `-`, a URL, or else a path; `./-` is a file with that name.
  public init(parsing argument: String) throws(Fault) {
    if argument == "-" {
      self = .standardInput
      return
    }
    guard let colon = argument.firstRange(of: "://") else {
      self = .path(argument)
      return
    }
    let scheme = argument[..<colon.lowerBound].lowercased()
    let isScheme = scheme.utf8.first.map { (0x61...0x7A).contains($0) } ?? false
    guard isScheme, scheme.allSatisfy({ $0.isLetter || $0.isNumber || "+.-".contains($0) }) else {
      self = .path(argument)
      return
    }
    switch scheme {
    case "http", "https":
      guard let url = SecretURL(argument) else { throw .malformed }
      self = .url(url)
    case "file": self = .path(try Self.path(argument[colon.upperBound...]))
    default: throw .scheme(scheme)
    }
  }

  /// What it is called; a URL without what may be secret in it.
  public var name: String {
    switch self {
    case .path(let path): path
    case .standardInput: "standard input"
    case .url(let url): url.shown
    }
  }

  /// The path behind `file://`, of this machine's files only.
  private static func path(_ text: Substring) throws(Fault) -> String {
    guard let slash = text.firstIndex(of: "/"), ["", "localhost"].contains(text[..<slash].lowercased()),
      let bytes = PercentCoding.decoded(text[slash...]), !bytes.contains(0)
    else { throw .malformed }
    // What would stand in the place of such bytes is the name of another file.
    guard let path = String(validating: bytes, as: UTF8.self) else { throw .notText }
    return path
  }
}

/// Bytes that a URL writes as `%` and two digits (RFC 3986, 2.1).
enum PercentCoding {
  /// The bytes that a text stands for; nil where a `%` is followed by anything else.
  static func decoded(_ text: Substring) -> [UInt8]? {
    var result: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        result.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
        return nil
      }
      result.append(high << 4 | low)
    }
    return result
  }

  /// The text with every byte that no URL has as it is, such as a space, in that form.
  static func encoded(_ text: some StringProtocol) -> String {
    text.utf8.reduce(into: "") { result, byte in
      if (0x21...0x7E).contains(byte) {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        result += escape(byte)
      }
    }
  }

  /// A name as a part of a path, with every byte in that form that may mean anything else than itself.
  static func encodedPart(_ name: String) -> String {
    name.utf8.map { byte in
      let scalar = Unicode.Scalar(byte)
      let isPlain =
        scalar.properties.isAlphabetic && scalar.isASCII || "0123456789-._~".unicodeScalars.contains(scalar)
      return isPlain ? String(Character(scalar)) : escape(byte)
    }.joined()
  }

  private static func escape(_ byte: UInt8) -> String {
    let digits = Array("0123456789ABCDEF")
    return "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    Unicode.Scalar(byte).properties.isASCIIHexDigit ? UInt8(String(Unicode.Scalar(byte)), radix: 16) : nil
  }
}

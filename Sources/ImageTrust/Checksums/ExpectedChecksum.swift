public import BlockIO

/// Why a text is no checksum.
public enum ChecksumTextError: Error, Hashable, Sendable {
  /// It begins with the name of a digest that is not known.
  case unknownAlgorithm(String)
  /// It is neither hexadecimal digits nor, behind `NAME-`, Base64.
  case notAChecksum
  /// It has another length than its digest: both in bytes.
  case wrongLength(DigestAlgorithm, expected: Int, found: Int)
  /// It has no name, and its length, in bytes, is that of no digest.
  case unknownLength(Int)
  /// More stands behind the first word than the name of a file: perhaps another checksum, or the rest of this one.
  case notAlone
}

/// The checksum that an image is said to have.
public struct ExpectedChecksum: Hashable, Sendable {
  /// The digest that it was made with.
  public let algorithm: DigestAlgorithm
  /// The digest itself; as many bytes as the algorithm makes.
  public let bytes: [UInt8]

  /// Creates a checksum from its parts.
  /// - Throws: ``ChecksumTextError/wrongLength(_:expected:found:)``.
  public init(_ algorithm: DigestAlgorithm, _ bytes: [UInt8]) throws(ChecksumTextError) {
    guard bytes.count == algorithm.byteCount else {
      throw .wrongLength(algorithm, expected: algorithm.byteCount, found: bytes.count)
    }
    self.algorithm = algorithm
    self.bytes = bytes
  }

  /// Reads a checksum in any spelling that release pages, checksum files and package managers use.
  ///
  /// `NAME:HEX` and `NAME=HEX`; `NAME-BASE64` (W3C Subresource Integrity); `NAME (file) = HEX` (BSD) and `NAME(file)= HEX` (OpenSSL);
  /// `HEX  file` and `HEX *file` (GNU coreutils, also with the backslash of an escaped name); `HEX` alone, where
  /// the length tells MD5, SHA-1 and the SHA-2 digests apart. Names of files are not compared: people rename
  /// what they download. But nothing may stand there that is a checksum itself: it would be compared with nothing,
  /// so several of W3C Subresource Integrity, of which the strongest would count, are refused as well.
  public init(parsing text: String) throws(ChecksumTextError) {
    // Of several lines, as a whole file of checksums has, nobody can tell which one is meant.
    let lines = text.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
    guard lines.count == 1, let first = lines[0].split(whereSeparator: \.isWhitespace).first else {
      throw .notAChecksum
    }
    let rest = lines[0].drop(while: \.isWhitespace).dropFirst(first.count)
    if let tagged = Self.tagged(lines[0]) {
      guard !Self.hasChecksum(tagged.file) else { throw .notAlone }
      try self.init(named: tagged.name, digits: tagged.digits)
      return
    }
    let isAlone = rest.allSatisfy(\.isWhitespace)
    if let colon = first.firstIndex(of: ":") {
      guard isAlone else { throw .notAlone }
      try self.init(named: first[..<colon], digits: first[first.index(after: colon)...])
    } else if let (algorithm, bytes) = Self.integrity(first) {
      guard isAlone else { throw .notAlone }
      try self.init(algorithm, bytes)
    } else if let equals = first.firstIndex(of: "=") {
      guard isAlone else { throw .notAlone }
      try self.init(named: first[..<equals], digits: first[first.index(after: equals)...])
    } else {
      let digits = first.drop { $0 == "\\" }
      guard !Self.goesOn(digits, in: rest), !Self.hasChecksum(rest) else { throw .notAlone }
      try self.init(bare: digits)
    }
  }

  /// Whether digits with blanks among them make a digest, as some pages show one.
  private static func goesOn(_ digits: Substring, in rest: Substring) -> Bool {
    guard digits.utf8.allSatisfy({ Hexadecimal.value(of: $0) != nil }) else { return false }
    var count = digits.utf8.count
    for word in rest.split(whereSeparator: \.isWhitespace) {
      guard word.utf8.allSatisfy({ Hexadecimal.value(of: $0) != nil }) else { return false }
      count += word.utf8.count
      if isDigitCount(count) { return true }
    }
    return false
  }

  /// Whether a word of what should be the name of a file is a checksum.
  private static func hasChecksum(_ text: Substring) -> Bool {
    for word in text.split(whereSeparator: \.isWhitespace) {
      if let (algorithm, bytes) = integrity(word), bytes.count == algorithm.byteCount { return true }
      if let end = word.firstIndex(where: { $0 == ":" || $0 == "=" }),
        (try? algorithm(named: word[..<end])) != nil
      {
        return true
      }
    }
    // Whatever else stands around digits is not part of them, other than in a name such as `a-b.iso`.
    return text.split { !$0.isLetter && !$0.isNumber && !"._-+/~@".contains($0) }.contains { word in
      isDigitCount(word.utf8.count) && word.utf8.allSatisfy { Hexadecimal.value(of: $0) != nil }
    }
  }

  private static func isDigitCount(_ count: Int) -> Bool {
    DigestAlgorithm.allCases.contains { $0.byteCount * 2 == count }
  }

  /// The parts of `NAME (file) = HEX` and `NAME(file)= HEX`; nil for other spellings.
  private static func tagged(
    _ line: Substring
  ) -> (name: Substring, file: Substring, digits: Substring)? {
    guard let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")"), open < close else {
      return nil
    }
    let names = line[..<open].split(whereSeparator: \.isWhitespace)
    let rest = line[line.index(after: close)...].drop(while: \.isWhitespace)
    guard names.count == 1, rest.first == "=" else { return nil }
    let digits = rest.dropFirst().split(whereSeparator: \.isWhitespace)
    guard digits.count == 1 else { return nil }
    return (names[0], line[line.index(after: open)..<close], digits[0])
  }

  private init(named name: Substring, digits: Substring) throws(ChecksumTextError) {
    let algorithm = try Self.algorithm(named: name)
    guard let bytes = Hexadecimal.bytes(Array(digits.utf8)[...]) else { throw .notAChecksum }
    try self.init(algorithm, bytes)
  }

  private init(bare digits: Substring) throws(ChecksumTextError) {
    guard let bytes = Hexadecimal.bytes(Array(digits.utf8)[...]) else { throw .notAChecksum }
    guard let algorithm = Self.algorithm(ofByteCount: bytes.count) else { throw .unknownLength(bytes.count) }
    try self.init(algorithm, bytes)
  }

  /// The digest that is meant where nothing but a length is given, in bytes.
  static func algorithm(ofByteCount count: Int) -> DigestAlgorithm? {
    let common: [DigestAlgorithm] = [.md5, .sha1, .sha224, .sha256, .sha384, .sha512]
    return common.first { $0.byteCount == count }
  }

  // MARK: - Names

  /// `SHA256`, `sha-256`, `SHA2-256`, `sha3_512`, `BLAKE2b-512`: case, separators and the `2` of SHA-2 do not matter.
  static func algorithm(named name: Substring) throws(ChecksumTextError) -> DigestAlgorithm {
    let plain = String(name.lowercased().filter { $0 != "-" && $0 != "_" && $0 != "/" })
    let known = DigestAlgorithm.allCases.first { $0.rawValue.filter { $0 != "-" } == plain }
    if let known { return known }
    switch plain {
    case "sha2224": return .sha224
    case "sha2256": return .sha256
    case "sha2384": return .sha384
    case "sha2512": return .sha512
    case "blake2", "blake2b512", "b2": return .blake2b
    default: throw .unknownAlgorithm(String(name))
    }
  }

  /// `sha256-…`; the options behind a question mark do not count (W3C Subresource Integrity, 3.5).
  private static func integrity(_ word: Substring) -> (DigestAlgorithm, [UInt8])? {
    guard let hyphen = word.firstIndex(of: "-"), let algorithm = try? algorithm(named: word[..<hyphen]),
      let bytes = Base64.decode(
        anySpelling: word[word.index(after: hyphen)...].utf8.prefix { $0 != UInt8(ascii: "?") })
    else { return nil }
    return (algorithm, bytes)
  }
}

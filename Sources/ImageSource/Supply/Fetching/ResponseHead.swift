/// What a server says of the bytes that follow; nothing of it is believed that the bytes can prove wrong.
public struct ResponseHead: Hashable, Sendable {
  /// The status, such as 200; 0 before the first line.
  private(set) var status: UInt16 = 0
  /// The length of what follows in bytes, where it is announced.
  private(set) var byteCount: UInt64?
  /// Whether two lengths are announced, of which only one can be true.
  private(set) var isContradictory = false
  /// Which part follows, and the length of the whole, both in bytes.
  private(set) var part: Part?
  /// What tells one state of the file from another one.
  private(set) var validators = Validators()
  /// How what follows is packed for the way, in lower case; nil where it is not.
  private(set) var encoding: String?
  /// How long the server wants to be left alone, in seconds.
  private(set) var retryAfter: UInt64?

  /// `Content-Range: bytes FIRST-LAST/WHOLE`.
  struct Part: Hashable, Sendable {
    let first: UInt64
    let last: UInt64
    let whole: UInt64
  }

  /// What tells one state of a file from another one (RFC 9110, 8.8).
  struct Validators: Hashable, Sendable {
    /// The strong entity tag, quotes included.
    var tag: String?
    /// The time of the last change, as it came.
    var modified: String?

    /// What a server is asked to compare before it goes on: the tag where there is one.
    var condition: String? { tag ?? modified }

    /// Whether both can be of the same state: what both have is the same.
    func agree(with other: Validators) -> Bool {
      if let tag, let theirs = other.tag { return tag == theirs }
      if let modified, let theirs = other.modified { return modified == theirs }
      return true
    }

    /// Whether both are of the same state: what a server is asked to compare is in both.
    func isProven(by other: Validators) -> Bool {
      if let tag { return tag == other.tag }
      return modified != nil && modified == other.modified
    }
  }

  /// The length as it came.
  private var announced: String?

  /// Begins before the first line.
  public init() {}

  /// The longest line that is looked at, in bytes.
  private static let longestLine = 8192

  /// Takes a line of the response's head; the first line of another response begins anew.
  public mutating func take(line bytes: [UInt8]) {
    guard bytes.count <= Self.longestLine else { return }
    let line = String(decoding: bytes, as: UTF8.self).trimmed
    if line.hasPrefix("HTTP/") {
      self = ResponseHead()
      status = line.split(separator: " ").dropFirst().first.flatMap { UInt16($0) } ?? 0
      return
    }
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = String(line[line.index(after: colon)...].trimmed)
    switch line[..<colon].lowercased() {
    case "content-length":
      isContradictory = isContradictory || (announced ?? value) != value
      (announced, byteCount) = (value, UInt64(value))
    case "content-range": part = Self.part(value)
    // A weak tag says that two states mean the same, not that they are.
    case "etag": validators.tag = value.hasPrefix("\"") ? value : nil
    case "last-modified": validators.modified = value
    case "content-encoding":
      encoding = ["", "identity"].contains(value.lowercased()) ? nil : value.lowercased()
    case "retry-after": retryAfter = UInt64(value)
    default: break
    }
  }

  /// Whether what follows is packed for the way.
  ///
  /// Servers say the same of a file that is packed itself, because of its name: those bytes are the file's.
  func isEncoded(at url: SecretURL?) -> Bool {
    guard let encoding else { return false }
    let name = url?.fileName?.lowercased() ?? ""
    let plain = encoding.hasPrefix("x-") ? String(encoding.dropFirst(2)) : encoding
    guard let ending = ["gzip": ".gz", "bzip2": ".bz2", "xz": ".xz", "zstd": ".zst"][plain] else {
      return true
    }
    return !name.hasSuffix(ending)
  }

  private static func part(_ value: String) -> Part? {
    guard value.lowercased().hasPrefix("bytes ") else { return nil }
    let numbers = value.dropFirst(6).split(whereSeparator: { $0 == "-" || $0 == "/" }).map {
      UInt64($0.trimmed)
    }
    guard numbers.count == 3, let first = numbers[0], let last = numbers[1], let whole = numbers[2],
      first <= last, last < whole
    else { return nil }
    return Part(first: first, last: last, whole: whole)
  }
}

extension StringProtocol {
  /// Without white space at both ends.
  fileprivate var trimmed: SubSequence {
    let start = firstIndex { !$0.isWhitespace } ?? endIndex
    let end = lastIndex { !$0.isWhitespace }.map(index(after:)) ?? endIndex
    return self[start..<end]
  }
}

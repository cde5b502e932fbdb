/// A URL, which may hold a password or a key; only what ``shown`` has of it is ever told.
public struct SecretURL: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
  /// All of it, for the process that fetches alone.
  let complete: String
  /// The URL without name, password and fragment.
  let bare: String
  /// The name and the password that a server is told; both empty where there are none.
  let user: [UInt8], password: [UInt8]
  /// Scheme, host and port in lower case: who may be told name and password.
  let origin: String
  /// The URL as it may be shown: without name and password, and with `?…` for a query, which may hold a key.
  public let shown: String

  /// The longest URL, in bytes.
  static let longest = 8192

  /// Understands a URL with a scheme and a host; nil for anything else, and for one with control characters.
  init?(_ text: String) {
    guard text.utf8.count <= Self.longest, text.unicodeScalars.allSatisfy({ $0.value >= 0x20 }),
      let mark = text.firstRange(of: "://")
    else { return nil }
    let rest = text[mark.upperBound...]
    let authority = rest.prefix { !"/?#\\".contains($0) }
    // Whoever writes an @ into a password has to mean the last one.
    let at = authority.lastIndex(of: "@")
    let names = authority[..<(at ?? authority.startIndex)]
      .split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let host = authority[(at.map(authority.index(after:)) ?? authority.startIndex)...]
    guard !host.isEmpty, let user = names.first.map(PercentCoding.decoded) ?? [],
      let password = names.dropFirst().first.map(PercentCoding.decoded) ?? [], !(user + password).contains(0)
    else { return nil }
    complete = text
    (self.user, self.password) = (user, password)
    origin = PercentCoding.encoded("\(text[..<mark.lowerBound])://\(host)".lowercased())
    let tail = rest[authority.endIndex...].prefix { $0 != "#" }
    let path = tail.prefix { $0 != "?" }
    bare = origin + PercentCoding.encoded(tail)
    shown = origin + PercentCoding.encoded(path) + (path.endIndex == tail.endIndex ? "" : "?…")
  }

  /// What may be shown.
  public var description: String { shown }
  /// Nothing but what may be shown.
  public var customMirror: Mirror { Mirror(self, children: ["shown": shown]) }

  /// What a server would call the file: the last part of the path; nil where that is empty, or no text.
  public var fileName: String? {
    let path = bare.dropFirst(origin.count).prefix { $0 != "?" }
    guard let slash = path.lastIndex(of: "/"),
      let bytes = PercentCoding.decoded(path[path.index(after: slash)...]),
      !bytes.isEmpty, !bytes.contains(0), !bytes.contains(UInt8(ascii: "/"))
    else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  /// The URL up to the last slash of its path, without name, password and query.
  public var directory: String {
    let path = bare.dropFirst(origin.count).prefix { $0 != "?" }
    return origin + (path.lastIndex(of: "/").map { path[...$0] } ?? "/")
  }

  /// A file in the same directory, asked for as the same person; a query is not passed on.
  func sibling(named name: String) -> SecretURL? {
    guard let mark = complete.firstRange(of: "://") else { return nil }
    let authority = complete[mark.upperBound...].prefix { !"/?#\\".contains($0) }
    let path = complete[authority.endIndex...].prefix { !"?#".contains($0) }
    let directory = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
    return SecretURL(complete[..<authority.endIndex] + directory + PercentCoding.encodedPart(name))
  }

  /// Whether it has a name or a password for the server.
  var hasCredentials: Bool { !user.isEmpty || !password.isEmpty }

  /// Whether nobody on the way can read or change what comes.
  var isProtected: Bool { origin.hasPrefix("https://") }
  /// Whether it is fetched at all.
  var isFetchable: Bool { isProtected || origin.hasPrefix("http://") }
}

import Decompression

/// How patient a fetch is.
public struct FetchPatience: Hashable, Sendable {
  /// How long no byte may come before the connection counts as lost, in milliseconds.
  public var stall: UInt32
  /// How long the first wait before another attempt is, in milliseconds; each further one is twice as long.
  public var pause: UInt32
  /// How many attempts in a row may bring nothing worth mentioning.
  public var attempts: UInt32

  /// Creates a patience.
  public init(stall: UInt32, pause: UInt32, attempts: UInt32) {
    (self.stall, self.pause, self.attempts) = (stall, pause, attempts)
  }

  /// The longest wait before another attempt, in milliseconds.
  static let longestPause: UInt64 = 30_000
  /// The longest time that a server is left alone as it wishes, in milliseconds.
  static let longestWish: UInt64 = 60_000

  /// How long to wait before another attempt, in milliseconds; nil where the server wants to be left alone for longer
  /// than anybody waits.
  /// - Parameters:
  ///   - attempts: how many have failed in a row.
  ///   - wish: what the server says, in seconds.
  func pause(after attempts: UInt32, wish: UInt64?) -> UInt64? {
    let usual = min(UInt64(pause) << UInt64(min(attempts, 16) - 1), Self.longestPause)
    guard let wish else { return usual }
    guard wish <= Self.longestWish / 1000 else { return nil }
    return max(usual, wish * 1000)
  }

  /// As long as a person would wait.
  public static let usual = FetchPatience(stall: 30_000, pause: 1000, attempts: 6)
  /// As long as a person would wait for what may not exist at all.
  public static let short = FetchPatience(stall: 10_000, pause: 500, attempts: 2)
}

/// What the process that fetches is told, through a pipe: arguments and environment are open to everybody.
struct FetchRequest: Hashable {
  var url: SecretURL
  var patience: FetchPatience
  /// The small files that are wanted in the place of the one that the URL names, by their names beside it.
  var names: [String]
  /// What libcurl reads of the environment, for proxies, and the file with certificates.
  var environment: [String: String]

  /// The variables that are handed on.
  static let variables = [
    "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
    certificates,
  ]
  /// The variable that names a file with the certificates to trust, in the place of the system's.
  static let certificates = "SSL_CERT_FILE"
  /// The longest form, in bytes.
  static let longest = 48 << 10

  init(
    _ url: SecretURL, _ patience: FetchPatience, _ environment: [String: String], names: [String] = []
  ) {
    self.url = url
    self.names = names
    self.patience = patience
    self.environment = environment.filter { Self.variables.contains($0.key) }
  }

  /// Reads a request; nil for anything that ``bytes`` never gives.
  init?(parsing bytes: [UInt8]) {
    guard bytes.count >= 16 else { return nil }
    let numbers = (0..<4).map { UInt32(littleEndianBytes: bytes[$0 * 4..<$0 * 4 + 4]) }
    patience = FetchPatience(stall: numbers[0], pause: numbers[1], attempts: numbers[2])
    let texts = bytes[16...].split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    let first = 1 + Int(numbers[3])
    guard texts.count > first, (texts.count - first) % 2 == 1, texts.last == "", let url = SecretURL(texts[0])
    else { return nil }
    self.url = url
    names = Array(texts[1..<first])
    environment = [:]
    for index in stride(from: first, to: texts.count - 1, by: 2) {
      environment[texts[index]] = texts[index + 1]
    }
  }

  /// The request as bytes: four numbers, then texts, each with a zero byte at its end.
  var bytes: [UInt8] {
    let numbers = [patience.stall, patience.pause, patience.attempts, UInt32(names.count)]
      .flatMap(\.littleEndianBytes)
    let texts =
      [url.complete] + names + environment.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
    return numbers + texts.flatMap { Array($0.utf8) + [0] }
  }
}

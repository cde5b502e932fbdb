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

  /// As long as a person would wait.
  public static let usual = FetchPatience(stall: 30_000, pause: 1000, attempts: 6)
}

/// What the process that fetches is told, through a pipe: arguments and environment are open to everybody.
struct FetchRequest: Hashable {
  var url: SecretURL
  var patience: FetchPatience
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

  init(_ url: SecretURL, _ patience: FetchPatience, _ environment: [String: String]) {
    self.url = url
    self.patience = patience
    self.environment = environment.filter { Self.variables.contains($0.key) }
  }

  /// Reads a request; nil for anything that ``bytes`` never gives.
  init?(parsing bytes: [UInt8]) {
    guard bytes.count >= 12 else { return nil }
    let numbers = (0..<3).map { UInt32(littleEndianBytes: bytes[$0 * 4..<$0 * 4 + 4]) }
    patience = FetchPatience(stall: numbers[0], pause: numbers[1], attempts: numbers[2])
    let texts = bytes[12...].split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    guard texts.count % 2 == 0, texts.count >= 2, texts.last == "", let url = SecretURL(texts[0]) else {
      return nil
    }
    self.url = url
    environment = [:]
    for index in stride(from: 1, to: texts.count - 1, by: 2) {
      environment[texts[index]] = texts[index + 1]
    }
  }

  /// The request as bytes: three numbers, then texts, each with a zero byte at its end.
  var bytes: [UInt8] {
    let numbers = [patience.stall, patience.pause, patience.attempts].flatMap(\.littleEndianBytes)
    let texts = [url.complete] + environment.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
    return numbers + texts.flatMap { Array($0.utf8) + [0] }
  }
}

import Terminal

/// What the parser says of a command line that it does not understand, told in the language that is spoken.
enum UsageMessage {
  /// What stands before the name of a value, up to a quote; elsewhere angle brackets are what somebody typed.
  private static let beforeNames = [
    "Missing expected argument '", "Missing value for '", "' is invalid for '",
  ]

  /// Tells a message; each of its lines is a sentence of its own.
  static func told(_ message: String) -> SanitizedText {
    message.split(separator: "\n", omittingEmptySubsequences: false)
      .map { SanitizedText(sentence: withNamesTold(String($0))) }
      .joined(separator: SanitizedText(vouchedFor: "\n"))
  }

  private static func withNamesTold(_ line: String) -> String {
    guard let before = beforeNames.lazy.compactMap({ line.firstRange(of: $0) }).first else { return line }
    let rest = line[before.upperBound...]
    let end = rest.firstIndex(of: "'") ?? rest.endIndex
    return line[..<before.upperBound] + ValueNames.told(in: rest[..<end]).string + rest[end...]
  }
}

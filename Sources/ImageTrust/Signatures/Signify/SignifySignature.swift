/// A signature of minisign or signify.
///
/// `untrusted comment: TEXT`, then Base64 of `Ed` or `ED`, the number of the key (8 bytes) and the signature (64 bytes).
/// minisign adds `trusted comment: TEXT` and Base64 of a second signature, of the first one and that text. signify may
/// put the text that is signed behind.
struct SignifySignature: Hashable, Sendable {
  static let untrustedComment = "untrusted comment: "
  private static let trustedComment = "trusted comment: "

  /// What follows the signature.
  enum Tail: Hashable, Sendable {
    case nothing
    /// The comment that is signed too, and the signature that says so.
    case comment([UInt8], signature: [UInt8])
    /// The signed text itself.
    case text([UInt8])
  }

  /// The number of the key that it names.
  let number: [UInt8]
  /// Whether the BLAKE2b digest of the bytes is signed, and not the bytes.
  let isOfDigest: Bool
  let signature: [UInt8]
  let tail: Tail

  /// The kind of a file that begins as one of them does, whatever follows.
  static func format(of file: [UInt8]) -> SignatureFormat? {
    guard file.starts(with: untrustedComment.utf8), let (second, rest) = lines(of: file) else { return nil }
    // A key begins alike, and so may a secret one.
    guard let letters = second, letters.starts(with: "RW".utf8) || letters.starts(with: "RU".utf8),
      letters.count > 60
    else { return nil }
    if rest.starts(with: trustedComment.utf8) || letters.starts(with: "RU".utf8) { return .minisign }
    return rest.isEmpty ? .signify : .signifyEmbedded
  }

  /// Reads a signature.
  /// - Returns: nil where any part of it has not the form that it should have.
  init?(_ file: [UInt8]) {
    guard let format = Self.format(of: file), let (second, rest) = Self.lines(of: file), let letters = second,
      let bytes = Base64.decode(letters), bytes.count == 74
    else { return nil }
    number = Array(bytes[2..<10])
    signature = Array(bytes[10...])
    isOfDigest = bytes[1] == UInt8(ascii: "D")
    switch format {
    case .minisign:
      guard let lines = TextLines(Array(rest), limit: 2), lines.count == 2,
        let comment = lines[0].after(Self.trustedComment),
        let second = Base64.decode(lines[1].trimmingBlanksAtEnd), second.count == 64
      else { return nil }
      tail = .comment(Array(comment), signature: second)
    case .signifyEmbedded: tail = .text(Array(rest))
    default: tail = .nothing
    }
  }

  /// The second line, and all that follows it.
  private static func lines(of file: [UInt8]) -> (second: ArraySlice<UInt8>?, rest: ArraySlice<UInt8>)? {
    // No comment is longer.
    let head = Array(file.prefix(4096))
    guard let lines = TextLines(head), lines.count >= 2 else { return nil }
    let end = head[lines.ranges[1].lowerBound...].firstIndex(of: 0x0A).map { $0 + 1 } ?? file.count
    return (lines[1].trimmingBlanksAtEnd, file[end...])
  }
}

extension SignifySignature {
  /// What it proves about bytes, or about their digest where that is what it signs.
  /// - Parameter keys: those with its number; of two with one number, either may be the right one.
  func verdict(on message: [UInt8], keys: [(key: SignifyKey, path: String)]) -> SignatureVerdict {
    let digits = SignifyKey.digits(of: number)
    guard !keys.isEmpty else { return .unknownKey(keyID: digits) }
    guard let signer = keys.first(where: { $0.key.verifies(signature, of: message) }) else {
      return .bad(.mismatch(keyID: digits))
    }
    if case .comment(let comment, let second) = tail {
      guard signer.key.verifies(second, of: signature + comment) else {
        return .bad(.commentMismatch(keyID: digits))
      }
    }
    return .good(
      SignatureIdentity(keyText: signer.key.comment, fingerprint: digits, keyringPath: signer.path))
  }
}

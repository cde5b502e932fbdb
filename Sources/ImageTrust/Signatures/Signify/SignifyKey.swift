import BlockIO

/// A public key of minisign or signify, which are the same in all but their comments.
///
/// `untrusted comment: TEXT`, then Base64 of `Ed`, the number of the key (8 bytes) and the key for Ed25519 (32 bytes).
struct SignifyKey: Hashable, Sendable {
  /// What tells it from other keys, as it stands in the file.
  let number: [UInt8]
  /// The comment in the file, which the person who trusts it has chosen to trust.
  ///
  /// Foreign text.
  let comment: String
  private let key: [UInt8]

  init?(_ file: [UInt8]) {
    guard file.count <= 4096, let lines = TextLines(file), (1...2).contains(lines.count) else { return nil }
    let comment = lines[0].after(SignifySignature.untrustedComment)
    guard (comment == nil) == (lines.count == 1),
      let bytes = Base64.decode(lines[lines.count - 1].trimmingBlanksAtEnd), bytes.count == 42,
      bytes.starts(with: "Ed".utf8)
    else { return nil }
    number = Array(bytes[2..<10])
    key = Array(bytes[10...])
    self.comment = String(decoding: comment ?? [], as: UTF8.self)
  }

  /// Whether the owner of this key has signed exactly these bytes.
  func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard let key = PublicKey(subjectPublicKeyInfo: PublicKeyEncoding.ed25519(key)) else { return false }
    return key.verifies(signature, of: message, digest: nil)
  }

  /// The number of a key as minisign shows it.
  static func digits(of number: [UInt8]) -> String { Array(number.reversed()).hexadecimal.uppercased() }
}

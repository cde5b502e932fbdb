import BlockIO

/// A public key as SSH writes it (RFC 4253, section 6.6; RFC 5656; RFC 8709).
struct SSHKey: Hashable, Sendable {
  /// The name of its kind, such as `ssh-ed25519`.
  let kind: String
  /// The key itself, its kind included.
  let bytes: [UInt8]
  /// The same as libcrypto reads it; nil for a kind that is not checked here.
  private let encoding: [UInt8]?

  /// In bits; a shorter modulus no longer proves much.
  private static let shortestModulus = 2048

  /// - Returns: nil where the bytes are not one key of the kind that they name.
  init?(_ bytes: [UInt8]) {
    var reader = ByteCursor(bytes)
    guard let name = reader.string(), name.count <= 64, let kind = String(validating: name, as: UTF8.self)
    else {
      return nil
    }
    self.kind = kind
    self.bytes = bytes
    switch kind {
    case "ssh-ed25519":
      guard let key = reader.string(), key.count == 32, reader.isAtEnd else { return nil }
      encoding = PublicKeyEncoding.ed25519(key)
    case "ssh-rsa":
      guard let exponent = reader.string(), let modulus = reader.string(), reader.isAtEnd else { return nil }
      let isLong = modulus.drop { $0 == 0 }.count * 8 >= Self.shortestModulus
      encoding = isLong ? PublicKeyEncoding.rsa(modulus: modulus, exponent: exponent) : nil
    case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521":
      guard let curve = reader.string(), let point = reader.string(), reader.isAtEnd,
        kind.utf8.suffix(8).elementsEqual(curve)
      else { return nil }
      encoding = PublicKeyEncoding.ecdsa(curve: String(kind.suffix(8)), point: point)
    default: encoding = nil
    }
  }

  /// As `ssh-keygen -l` shows it.
  var fingerprint: String {
    guard var digest = MessageDigest(.sha256) else { return "" }
    digest.update(bytes.span)
    return "SHA256:" + Base64.unpadded(digest.finish())
  }

  /// What a signature says of bytes.
  enum Answer { case right, wrong, unknownMethod }

  /// Checks a signature.
  /// - Parameters:
  ///   - method: the name of the method that it was made with.
  ///   - signature: as SSH writes it.
  func check(_ signature: [UInt8], method: String, of message: [UInt8]) -> Answer {
    guard let encoding, let key = PublicKey(subjectPublicKeyInfo: encoding) else { return .unknownMethod }
    let digest: DigestAlgorithm?
    switch (kind, method) {
    case ("ssh-ed25519", "ssh-ed25519"): digest = nil
    case ("ssh-rsa", "rsa-sha2-256"), ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"): digest = .sha256
    case ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"): digest = .sha384
    case ("ssh-rsa", "rsa-sha2-512"), ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"): digest = .sha512
    default: return .unknownMethod
    }
    var signature = signature
    if kind.hasPrefix("ecdsa") {
      var reader = ByteCursor(signature)
      guard let r = reader.string(), let s = reader.string(), reader.isAtEnd else { return .wrong }
      signature = PublicKeyEncoding.ecdsaSignature(r: r, s: s)
    }
    return key.verifies(signature, of: message, digest: digest) ? .right : .wrong
  }
}

/// Who has signed, as far as the trusted keys know.
public struct SignatureIdentity: Hashable, Sendable {
  /// What the key says of its owner: the user ID, or the comment beside the key.
  ///
  /// Foreign text.
  public let keyText: String
  /// What tells the key from all others.
  ///
  /// 40 or 64 hexadecimal digits for OpenPGP, those of the primary key; 16 for minisign and signify; `SHA256:` and
  /// Base64 for SSH.
  public let fingerprint: String
  /// The file of trusted keys in which it was found.
  ///
  /// Foreign text.
  public let keyringPath: String

  /// Creates an identity from its parts.
  public init(keyText: String, fingerprint: String, keyringPath: String) {
    self.keyText = keyText
    self.fingerprint = fingerprint
    self.keyringPath = keyringPath
  }
}

/// What a signature proves, and if nothing, why.
///
/// Only ``good(_:)`` proves anything; there is no case for a signature that is absent.
public enum SignatureVerdict: Hashable, Sendable {
  /// A trusted key has signed exactly these bytes.
  case good(SignatureIdentity)
  /// The signature is right, and its key has expired since, or before.
  case expiredKey(SignatureIdentity)
  /// The signature is right, and itself of use no longer.
  case expiredSignature(SignatureIdentity)
  /// The signature is right, and its owner has revoked the key: anybody may have it by now.
  case revokedKey(SignatureIdentity)
  /// None of the trusted keys made it; nothing else is known about it. In the digits of its kind.
  case unknownKey(keyID: String)
  /// It is not a signature of these bytes, or not a signature at all.
  case bad(BadSignature)
  /// It may be right, and cannot be judged here.
  case unsupported(UnsupportedSignature)
  /// The program that judges signatures of its kind is not installed: its name.
  case toolMissing(String)
}

/// Why a signature is wrong.
public enum BadSignature: Hashable, Sendable {
  /// A trusted key is named, and these are not the bytes that it signed: the text or the signature was changed.
  case mismatch(keyID: String)
  /// The comment that should be signed with the rest, as minisign does it, was changed.
  case commentMismatch(keyID: String)
  /// The bytes do not have the form of their kind: cut off, not Base64, of a wrong length.
  case malformed
  /// One file holds several signed texts, so that one may stand for the other.
  case severalTexts
  /// The signature was made for something else than files: the purpose that it names. Foreign text.
  case otherPurpose(String)
}

/// Why a signature cannot be judged.
public enum UnsupportedSignature: Hashable, Sendable {
  /// Its method is unknown here or, as with a weak digest, no longer proves anything: its name. Foreign text.
  case method(String)
  /// It needs all signed bytes in memory, and there are more than this many.
  case tooLarge(limit: Int)
  /// The signature file itself is longer than any honest one: the limit in bytes.
  case signatureTooLong(limit: Int)
  /// The program that judges gave no clear answer: its name.
  case noAnswer(tool: String)
  /// The program that judges could not be started: its name.
  case notStarted(tool: String)
}

extension SignatureVerdict {
  /// Whether the signature proves where the bytes come from.
  public var isGood: Bool {
    if case .good = self { true } else { false }
  }

  /// Whether what it was made for must not be used: something was changed, or anybody may have signed it.
  public var isBad: Bool {
    switch self {
    case .bad, .revokedKey: true
    case .good, .expiredKey, .expiredSignature, .unknownKey, .unsupported, .toolMissing: false
    }
  }
}

import BlockIO
import Documents
import ImageTrust
import Terminal

extension ChecksumClaim {
  /// A claim in JSON, and what came of it.
  func json(_ checked: CheckedClaim?) -> JSONValue {
    var (file, otherName): (String?, String?)
    if case .file(let name, let other) = origin { (file, otherName) = (name, other) }
    return [
      "algorithm": JSONValue(checksum.algorithm.rawValue), "digest": JSONValue(checksum.bytes.hexadecimal),
      "weak": .bool(!checksum.algorithm.resistsForgery), "file": JSONValue(file),
      "named": JSONValue(otherName), "compared": .bool(checked != nil),
      "of": JSONValue((checked?.subject ?? subject)?.word),
      "matches": checked.map { .bool($0.subject != nil) } ?? .null,
      "signatures": .array(signatures.map(\.json)),
    ]
  }
}

extension ChecksumSubject {
  /// The name in JSON.
  var word: SanitizedText {
    switch self {
    case .image: "image"
    case .file: "file"
    }
  }
}

extension JudgedSignature {
  /// A signature in JSON.
  var json: JSONValue {
    let (word, identity): (String, SignatureIdentity?) =
      switch verdict {
      case .good(let identity): ("good", identity)
      case .expiredKey(let identity): ("expired-key", identity)
      case .expiredSignature(let identity): ("expired-signature", identity)
      case .revokedKey(let identity): ("revoked-key", identity)
      case .unknownKey: ("unknown-key", nil)
      case .bad: ("bad", nil)
      case .unsupported: ("unsupported", nil)
      case .toolMissing: ("tool-missing", nil)
      }
    return [
      "file": JSONValue(name), "verdict": JSONValue(word), "key": JSONValue(identity?.keyText),
      "fingerprint": JSONValue(identity?.fingerprint), "keyring": JSONValue(identity?.keyringPath),
      "text": JSONValue(verdict.text),
    ]
  }
}

extension ImplantedOutcome {
  /// The checksum inside of an image in JSON.
  var json: JSONValue {
    let matches: JSONValue = if case .forbidden = self { .null } else { .bool(!isWrong) }
    return [
      "maker": JSONValue(sum.maker.rawValue), "algorithm": JSONValue(sum.checksum.algorithm.rawValue),
      "digest": JSONValue(sum.checksum.bytes.hexadecimal), "matches": matches,
    ]
  }
}

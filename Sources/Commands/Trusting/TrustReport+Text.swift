import BlockIO
import ImageTrust
import Terminal

extension TrustVerdict {
  /// The one line of result (burin(8), TRUST).
  var line: SanitizedText {
    switch self {
    case .signed(let identity): identity.text
    case .checksum: "checksum matches (unsigned)"
    case .internalOnly: "internal checksum only"
    case .nothing: "nothing to check against"
    case .wrong: "WRONG"
    }
  }

  /// The name in JSON.
  var word: SanitizedText {
    switch self {
    case .signed: "signed"
    case .checksum: "checksum"
    case .internalOnly: "internal"
    case .nothing: "nothing"
    case .wrong: "wrong"
    }
  }
}

extension SignatureIdentity {
  /// Who has signed, by which key ring.
  var text: SanitizedText {
    let name = SanitizedText(foreign: keyText, limit: 120)
    let key = name.isEmpty ? SanitizedText(foreign: fingerprint, limit: 64) : name
    return "signed by \(key) (from \(SanitizedText(foreign: keyringPath, limit: 200)))"
  }
}

extension ChecksumClaim {
  /// Who says it.
  var source: SanitizedText {
    switch origin {
    case .option: return "as given"
    case .file(let name, let otherName):
      let list = SanitizedText(foreign: name, limit: 200)
      guard let otherName else { return "as \(list) says" }
      return "as \(list) says of \(SanitizedText(foreign: otherName, limit: 200))"
    }
  }

  /// The claim as a sentence without an end.
  var statement: SanitizedText { "\(checksum.text), \(source)" }
}

extension ChecksumSubject {
  /// What it is, for people.
  var text: SanitizedText {
    switch self {
    case .image: "the image"
    case .file: "the compressed file"
    }
  }
}

extension CheckedClaim {
  /// What came of it.
  var lines: [SanitizedText] {
    let name = claim.checksum.algorithm.rawValue
    let weak: SanitizedText =
      claim.checksum.algorithm.resistsForgery ? "" : "; it matches, but \(name) is weak and can be forged"
    var lines: [SanitizedText] = []
    if let subject {
      lines.append("\(claim.checksum.text) is that of \(subject.text), \(claim.source)\(weak)")
    } else {
      lines.append("\(claim.statement), is not its checksum")
      if let ofImage { lines.append("of the image it is \(name):\(ofImage.hexadecimal)") }
      if let ofFile { lines.append("of the file it is \(name):\(ofFile.hexadecimal)") }
    }
    return lines + claim.signatures.map(\.text)
  }
}

extension JudgedSignature {
  /// What the signature file proves.
  var text: SanitizedText { "\(SanitizedText(foreign: name, limit: 200)): \(verdict.text)" }
}

extension SignatureVerdict {
  /// What it is, for people.
  var text: SanitizedText {
    switch self {
    case .good(let identity):
      "\(identity.text), key \(SanitizedText(foreign: identity.fingerprint, limit: 80))"
    case .expiredKey(let identity): "\(identity.text), but the key has expired: counts as unsigned"
    case .expiredSignature(let identity):
      "\(identity.text), but the signature has expired: counts as unsigned"
    case .revokedKey(let identity): "\(identity.text), but its owner has revoked the key"
    case .unknownKey(let key):
      "made with key \(SanitizedText(foreign: key, limit: 80)), which is in no keyring: counts as unsigned"
    case .bad(let reason): reason.text
    case .unsupported(let reason): "\(reason.text): counts as unsigned"
    case .toolMissing(let tool): "cannot be judged without \(tool): counts as unsigned"
    }
  }
}

extension BadSignature {
  fileprivate var text: SanitizedText {
    switch self {
    case .mismatch(let key): "not the signature of this, by key \(SanitizedText(foreign: key, limit: 80))"
    case .commentMismatch(let key):
      "its comment was changed after key \(SanitizedText(foreign: key, limit: 80)) had signed it"
    case .malformed: "cut off or damaged, no whole signature"
    case .severalTexts: "several signed texts in one file, where one may stand for the other"
    case .otherPurpose(let purpose): "made for something else, \(SanitizedText(foreign: purpose, limit: 80))"
    }
  }
}

extension UnsupportedSignature {
  fileprivate var text: SanitizedText {
    switch self {
    case .method(let name): "its method, \(SanitizedText(foreign: name, limit: 80)), cannot be judged"
    case .tooLarge(let limit):
      "a signature of its kind over more than \(SanitizedText(size: UInt64(limit))) cannot be judged"
    case .signatureTooLong(let limit): "it is longer than \(SanitizedText(size: UInt64(limit)))"
    case .noAnswer(let tool): "\(tool) gave no clear answer"
    case .notStarted(let tool): "\(tool) could not be started"
    }
  }
}

extension ImplantedOutcome {
  /// What came of it.
  var text: SanitizedText {
    let name: SanitizedText =
      "the checksum inside of the image (\(sum.maker.rawValue), \(sum.checksum.algorithm.rawValue))"
    switch self {
    case .matches: return "\(name) is right"
    case .wrong(let sum, let found):
      return "\(name) is \(sum.checksum.bytes.hexadecimal), and the image has \(found.hexadecimal)"
    case .cutOff(let sum, let end):
      return
        "\(name) covers \(SanitizedText(exactBytes: sum.byteCount)), and the image ends after \(SanitizedText(exactBytes: end))"
    case .forbidden: return "\(name) was not compared: this system's libcrypto is forbidden to"
    }
  }
}

extension ImplantedOutcome {
  /// What is not judged: whoever has made the checksum may have signed it, with a key that is in no file here.
  fileprivate var signatureText: [SanitizedText] {
    guard sum.isSigned else { return [] }
    return ["the signature inside of the image (\(sum.maker.rawValue)) was not judged: counts as unsigned"]
  }
}

extension TrustReport {
  /// The evidence, line by line.
  /// - Parameter format: what carries checksums of all of the image, in the file that it is compressed in.
  func evidence(checksOf format: SanitizedText?) -> [SanitizedText] {
    var lines = checked.flatMap(\.lines) + signatures.map(\.text)
    if let implanted { lines += [implanted.text] + implanted.signatureText }
    if let format { lines.append("the checksums of \(format) are right") }
    lines += leftOut.map { "\($0.statement), was not compared: another digest was" }
    return lines
  }
}

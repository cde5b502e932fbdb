import Sandbox

/// What follows from the answer of gpgv.
///
/// Of several signatures, as Ubuntu's releases have them, one good one is enough, unless another is of a trusted key
/// and wrong: then somebody has changed something. Revoked keys come before expired ones, and what is known before
/// what is not.
struct OpenPGPJudgement: Sendable {
  /// The verifier's name, for people.
  static let tool = "gpgv"

  let signature: SignaturePackets
  /// The certificates that the verifier was given, and the files that they came from.
  let candidates: [TrustedCertificate]

  /// Digests for which two texts with one signature can be made (RFC 9580, sections 9.5 and 13.1).
  private static let weakDigests = [1: "MD5", 2: "SHA-1", 3: "RIPEMD-160"]

  /// Judges.
  func verdict(on answer: ToolAnswer) -> SignatureVerdict {
    guard let status = VerifierStatus(answer.report), status.verdicts.count == signature.issuers.count else {
      return .unsupported(.noAnswer(tool: Self.tool))
    }
    let verdicts = status.verdicts.map(judge)
    if let bad = verdicts.first(where: { if case .bad = $0 { true } else { false } }) { return bad }
    // It ends with 0 only where it could check all of them and found nothing wrong.
    let allGood = verdicts.allSatisfy(\.isGood)
    guard !allGood || answer.status == 0 else { return .unsupported(.noAnswer(tool: Self.tool)) }
    return verdicts.min { Self.rank($0) < Self.rank($1) } ?? .unsupported(.noAnswer(tool: Self.tool))
  }

  private func judge(_ verdict: VerifierStatus.Verdict) -> SignatureVerdict {
    switch verdict.outcome {
    case .bad: return .bad(.mismatch(keyID: verdict.keyID))
    case .notChecked:
      return verdict.reason == 9
        ? .unknownKey(keyID: verdict.keyID) : .unsupported(.method("OpenPGP, key \(verdict.keyID)"))
    case .good, .expiredSignature, .expiredKey, .revokedKey: break
    }
    guard let valid = verdict.valid,
      let candidate = candidates.first(where: { $0.certificate.fingerprint == valid.primary })
    else { return .unsupported(.noAnswer(tool: Self.tool)) }
    let identity = SignatureIdentity(
      keyText: verdict.owner, fingerprint: valid.primary, keyringPath: candidate.path)
    switch verdict.outcome {
    case .revokedKey: return .revokedKey(identity)
    case .expiredKey: return .expiredKey(identity)
    case .expiredSignature: return .expiredSignature(identity)
    case .good, .bad, .notChecked: break
    }
    if let weak = Self.weakDigests[valid.digest] { return .unsupported(.method(weak)) }
    return .good(identity)
  }

  /// The smaller, the more is said by it.
  private static func rank(_ verdict: SignatureVerdict) -> Int {
    switch verdict {
    case .good: 0
    case .bad: 1
    case .revokedKey: 2
    case .expiredKey: 3
    case .expiredSignature: 4
    case .unsupported: 5
    case .toolMissing: 6
    case .unknownKey: 7
    }
  }
}

import Sandbox

extension OpenPGPJudgement {
  /// What follows from the answer of sqv, which names the good signatures and says nothing for programs of others.
  ///
  /// It asks whether a key was valid when it signed, not whether it is now; of several signatures it does not tell of
  /// one that is wrong beside one that is right. So gpgv is asked first where both are there.
  func verdict(onFingerprints answer: ToolAnswer) -> SignatureVerdict {
    let signer = signature.issuers.joined().first { key in
      candidates.contains { $0.certificate.keyIDs.contains(key) }
    }
    guard answer.status == 0 else {
      return .bad(.mismatch(keyID: signer?.description ?? ""))
    }
    let lines = String(decoding: answer.output, as: UTF8.self).split(separator: "\n")
    let known = lines.compactMap { line in candidates.first { $0.certificate.fingerprint == line } }
    guard let first = known.first, known.count == lines.count else {
      return .unsupported(.noAnswer(tool: "sqv"))
    }
    return .good(
      SignatureIdentity(
        keyText: first.certificate.owner, fingerprint: first.certificate.fingerprint, keyringPath: first.path)
    )
  }
}

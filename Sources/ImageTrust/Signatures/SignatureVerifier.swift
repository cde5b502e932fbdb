import BlockIO
import Glibc
import Sandbox

/// A text that came with a signature around it.
public struct SignedText: Hashable, Sendable {
  /// What the signature proves.
  public let verdict: SignatureVerdict
  /// The text; proven only where the verdict is good.
  ///
  /// With a good verdict it is exactly what the verifier has judged, and nothing else of the file. Otherwise it is
  /// what stands in the frame: good for comparing, and for nothing that has to be proven.
  public let text: [UInt8]
}

/// Judges signatures with trusted keys, and calls nothing good that is not proven (R50).
public struct SignatureVerifier: Sendable {
  /// The longest detached signature, in bytes; sixteen signatures of the largest keys take a quarter of it.
  public static let longestSignature = 64 << 10
  /// The longest text with a signature around it, in bytes.
  public static let longestText = 16 << 20

  /// The longest line, in bytes, of a text whose signature is one of a text.
  ///
  /// gpgv takes no more than 19995 bytes of a line into the digest, whatever follows them in it.
  private static let longestLine = 16 << 10

  private let keys: TrustedKeys
  private let tools: SignatureTools

  /// Creates a verifier.
  /// - Parameters:
  ///   - keys: whose signatures count.
  ///   - tools: the programs that judge OpenPGP.
  public init(keys: TrustedKeys, tools: SignatureTools = .installed) {
    self.keys = keys
    self.tools = tools
  }

  /// Judges a detached signature over a text in memory.
  public func verdict(on text: [UInt8], signature: [UInt8]) -> SignatureVerdict {
    // Of what cannot be told apart by a signature of a text, nothing may depend.
    let isOfShortLines = TextLines(text)?.ranges.allSatisfy { $0.count <= Self.longestLine } ?? false
    var witness = witness(signature: signature, allowsText: isOfShortLines)
    text.withRawSpan { witness.update($0) }
    return witness.finish()
  }

  /// Begins to judge a detached signature over bytes that come one after the other, such as those of an image.
  ///
  /// For OpenPGP this starts a process, so it is done before a process gives up that it may; what it starts is in
  /// ``SignatureWitness/children``. Where the verdict is certain already, nothing is started.
  /// - Parameter signature: the file with the signature.
  public func witness(signature: [UInt8]) -> SignatureWitness {
    witness(signature: signature, allowsText: false)
  }

  private func witness(signature: [UInt8], allowsText: Bool) -> SignatureWitness {
    guard signature.count <= Self.longestSignature else {
      return SignatureWitness(.unsupported(.signatureTooLong(limit: Self.longestSignature)))
    }
    switch SignatureFormat.recognise(signature) {
    case .openPGP: return openPGP(signature, allowsText: allowsText)
    case .minisign, .signify: return signify(signature)
    case .ssh: return ssh(signature)
    case .clearSigned, .signifyEmbedded:
      return SignatureWitness(.unsupported(.method("signature of its own text")))
    case nil: return SignatureWitness(.unsupported(.method("unknown")))
    }
  }

  /// Judges a text that has its signature around it or in front of it.
  public func open(_ file: [UInt8]) -> SignedText {
    guard file.count <= Self.longestText else {
      return SignedText(verdict: .unsupported(.signatureTooLong(limit: Self.longestText)), text: [])
    }
    switch SignatureFormat.recognise(file) {
    case .clearSigned: return clearSigned(file)
    case .signifyEmbedded:
      guard let signature = SignifySignature(file), case .text(let text) = signature.tail else {
        return SignedText(verdict: .bad(.malformed), text: [])
      }
      let verdict = signature.verdict(on: text, keys: keys.signifyKeys(with: signature.number))
      return SignedText(verdict: verdict, text: text)
    case .openPGP, .minisign, .signify, .ssh, nil:
      return SignedText(verdict: .unsupported(.method("no text")), text: [])
    }
  }

  // MARK: - Kinds

  private func openPGP(_ file: [UInt8], allowsText: Bool) -> SignatureWitness {
    guard let signature = SignaturePackets(file) else { return SignatureWitness(.bad(.malformed)) }
    // It leaves open which ends the lines have, and with gpgv, how a long one goes on: no image is proven by that.
    guard allowsText || !signature.areOfText else {
      return SignatureWitness(.unsupported(.method("OpenPGP signature of a text")))
    }
    do {
      let (judgement, program) = try prepared(signature)
      do {
        return SignatureWitness(
          try OpenPGPCheck(judgement, program: program.path, isSequoia: program.isSequoia))
      } catch { return SignatureWitness(.unsupported(.notStarted(tool: program.isSequoia ? "sqv" : "gpgv"))) }
    } catch { return SignatureWitness(error.verdict) }
  }

  private func clearSigned(_ file: [UInt8]) -> SignedText {
    do throws(ClearSigned.Fault) {
      let framed = try ClearSigned(file)
      do throws(Certainty) {
        let (judgement, program) = try prepared(framed.signature)
        let answer =
          program.isSequoia
          ? opened(framed, judgement, sqv: program.path)
          : OpenPGPCheck.open(framed, judgement, program: program.path)
        return SignedText(verdict: answer.verdict, text: answer.verdict.isGood ? answer.text : framed.text)
      } catch { return SignedText(verdict: error.verdict, text: framed.text) }
    } catch {
      return SignedText(verdict: .bad(error == .severalTexts ? .severalTexts : .malformed), text: [])
    }
  }

  /// Has sqv judge a text in its frame: as sqv of Debian 12 knows only detached signatures, it gets the very bytes that
  /// this one is of, and no more than these is the text.
  private func opened(
    _ framed: ClearSigned, _ judgement: OpenPGPJudgement, sqv: String
  ) -> (verdict: SignatureVerdict, text: [UInt8]) {
    var check: OpenPGPCheck
    do throws(ConfinementError) {
      check = try OpenPGPCheck(judgement, program: sqv, isSequoia: true)
    } catch { return (.unsupported(.notStarted(tool: "sqv")), []) }
    framed.signedBytes.withRawSpan { check.update($0) }
    return (check.finish(), framed.signedText)
  }

  /// A verdict that needs no program.
  private struct Certainty: Error { let verdict: SignatureVerdict }

  /// What a program is to judge, and which one.
  private func prepared(
    _ signature: SignaturePackets
  ) throws(Certainty) -> (OpenPGPJudgement, (path: String, isSequoia: Bool)) {
    let named = Set(signature.issuers)
    let candidates = keys.certificates(with: named)
    guard let first = signature.issuers.first else {
      throw Certainty(verdict: .unsupported(.method("OpenPGP without the name of a key")))
    }
    guard !candidates.isEmpty else { throw Certainty(verdict: .unknownKey(keyID: first.description)) }
    let judgement = OpenPGPJudgement(signature: signature, candidates: candidates)
    if let gpgv = tools.gpgv { return (judgement, (gpgv, false)) }
    if let sqv = tools.sqv { return (judgement, (sqv, true)) }
    throw Certainty(verdict: .toolMissing(OpenPGPJudgement.tool))
  }

  private func signify(_ file: [UInt8]) -> SignatureWitness {
    guard let signature = SignifySignature(file) else { return SignatureWitness(.bad(.malformed)) }
    let known = keys.signifyKeys(with: signature.number)
    guard !known.isEmpty else {
      return SignatureWitness(.unknownKey(keyID: SignifyKey.digits(of: signature.number)))
    }
    let digest: DigestAlgorithm? = signature.isOfDigest ? .blake2b : nil
    return SignatureWitness(of: digest) { signature.verdict(on: $0, keys: known) }
  }

  private func ssh(_ file: [UInt8]) -> SignatureWitness {
    guard let signature = SSHSignature(file) else { return SignatureWitness(.bad(.malformed)) }
    let signers = keys.sshSigners(with: signature.key.bytes)
    let now = Int64(time(nil))
    return SignatureWitness(of: signature.digest) { digest in
      signature.verdict(onDigest: digest, signers: signers, now: now)
    }
  }
}

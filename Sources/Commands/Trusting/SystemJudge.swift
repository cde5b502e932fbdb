import BlockIO
import ImageTrust
import Synchronization
import SystemPackage
import Terminal

/// Judges signatures as the system's verifiers do, by keys of files.
struct SystemJudge: SignatureJudge {
  private let verifier: SignatureVerifier

  /// - Parameter keyrings: the files whose keys count, and no other; the system's where there are none.
  init(keyrings: [String]) throws(Refusal) {
    guard !keyrings.isEmpty else {
      verifier = SignatureVerifier(keys: .system())
      return
    }
    for path in keyrings { _ = try Self.keys([path]) }
    verifier = SignatureVerifier(keys: try Self.keys(keyrings))
  }

  private static func keys(_ paths: [String]) throws(Refusal) -> TrustedKeys {
    do throws(KeyringError) { return try TrustedKeys(files: paths.map { FilePath($0) }) } catch {
      throw Refusal(diagnostic: Diagnostic(keyring: paths.first ?? "", error))
    }
  }

  func format(of file: [UInt8]) -> SignatureFormat? { SignatureFormat.recognise(file) }

  func verdict(on text: [UInt8], signature: [UInt8]) -> SignatureVerdict {
    verifier.verdict(on: text, signature: signature)
  }

  func open(_ file: [UInt8]) -> SignedText { verifier.open(file) }

  func listener(to signature: [UInt8]) -> any SignatureListener {
    WitnessListener(verifier.witness(signature: signature))
  }
}

/// A witness that others can hold: one at a time uses it.
private final class WitnessListener: SignatureListener {
  private let witness: Mutex<SignatureWitness>
  let children: [Int32]

  init(_ witness: consuming sending SignatureWitness) {
    children = witness.children
    self.witness = Mutex(witness)
  }

  func update(_ bytes: RawSpan) { witness.withLock { $0.update(bytes) } }

  func finish() -> SignatureVerdict { witness.withLock { $0.finish() } }
}

extension Diagnostic {
  /// Words for a file of keys that cannot be used.
  init(keyring path: String, _ error: KeyringError) {
    let reason: SanitizedText =
      switch error {
      case .unreadable(let error): SanitizedText(error)
      case .noKeys: "it holds no key of OpenPGP, minisign, signify or SSH, or is damaged"
      case .keybox: "it is a keybox of GnuPG, which only GnuPG reads"
      case .secretKey: "it holds a secret key, which nobody needs who checks a signature"
      }
    self.init(
      .keyringUnusable, .imageRefused, "\(path) cannot be used as a keyring", because: [reason],
      toFix: "give a file with public keys, such as `gpg --export` writes it")
  }
}

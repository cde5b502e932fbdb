import BlockIO

/// A digest in the making that others can hold: one owner, no copies.
final class RunningDigest {
  private var digest: MessageDigest?

  /// - Returns: nil where this machine's libcrypto is forbidden to compute it.
  init?(_ algorithm: DigestAlgorithm) {
    guard let digest = MessageDigest(algorithm) else { return nil }
    self.digest = consume digest
  }

  func update(_ bytes: RawSpan) { digest?.update(bytes) }

  /// Ends the digest; nothing where it has ended already.
  func finish() -> [UInt8] {
    guard let digest = digest.take() else { return [] }
    return digest.finish()
  }
}

import BlockIO

/// A signature that is being checked while the bytes that it is of go by.
///
/// It sees exactly those bytes that it is given, to the end, and no file is read a second time.
public struct SignatureWitness: ~Copyable, Sendable {
  /// The most bytes of which a signature that is not one of a digest is checked; all of them have to be kept.
  public static let mostKeptBytes = 64 << 20

  private var check: OpenPGPCheck?
  private var digest: MessageDigest?
  private var kept: [UInt8] = []
  private var isTooLarge = false
  private let judge: (@Sendable ([UInt8]) -> SignatureVerdict)?
  private var verdict: SignatureVerdict?

  /// Processes that it has started and that it may have to end.
  public let children: [Int32]

  /// One whose verdict is certain.
  init(_ verdict: SignatureVerdict) {
    self.verdict = verdict
    judge = nil
    children = []
  }

  /// One that a program checks.
  init(_ check: consuming OpenPGPCheck) {
    children = [check.process]
    self.check = consume check
    judge = nil
  }

  /// One that is checked here.
  /// - Parameters:
  ///   - algorithm: the digest that is signed; nil where it is the bytes themselves.
  ///   - judge: says what is proven by the digest, or by the bytes.
  init(of algorithm: DigestAlgorithm?, judge: @escaping @Sendable ([UInt8]) -> SignatureVerdict) {
    children = []
    self.judge = judge
    guard let algorithm else { return }
    digest = MessageDigest(algorithm)
    if digest == nil { verdict = .unsupported(.method("\(algorithm)")) }
  }

  /// Takes the next bytes; it may wait for the program that judges, and never fails.
  public mutating func update(_ bytes: RawSpan) {
    guard verdict == nil else { return }
    check?.update(bytes)
    digest?.update(bytes)
    guard check == nil, digest == nil, !isTooLarge else { return }
    if bytes.byteCount > Self.mostKeptBytes - kept.count {
      isTooLarge = true
      kept = []
    } else {
      kept.append(bytes)
    }
  }

  /// Says what the signature proves about all bytes that it was given.
  public mutating func finish() -> SignatureVerdict {
    if let verdict { return verdict }
    let last: SignatureVerdict
    if let answer = check?.finish() {
      last = answer
    } else if isTooLarge {
      last = .unsupported(.tooLarge(limit: Self.mostKeptBytes))
    } else {
      last = judge?(digest.take()?.finish() ?? kept) ?? .bad(.malformed)
    }
    verdict = last
    kept = []
    return last
  }
}

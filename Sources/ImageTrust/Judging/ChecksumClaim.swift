public import BlockIO

/// A checksum that an image is said to have, and who says so.
public struct ChecksumClaim: Hashable, Sendable {
  /// Where a claim stands.
  public enum Origin: Hashable, Sendable {
    /// On the command line.
    case option
    /// In a file beside the image: its name, and the name in its line where that is another one than the image's.
    ///
    /// Both are foreign text.
    case file(name: String, otherName: String?)
  }

  /// The checksum.
  public let checksum: ExpectedChecksum
  /// What it is said to be the checksum of; nil where either would do.
  public let subject: ChecksumSubject?
  /// Where it stands.
  public let origin: Origin
  /// The signatures over what it stands in.
  public let signatures: [JudgedSignature]

  /// Creates a claim from its parts.
  public init(
    _ checksum: ExpectedChecksum, of subject: ChecksumSubject?, _ origin: Origin,
    signatures: [JudgedSignature] = []
  ) {
    self.checksum = checksum
    self.subject = subject
    self.origin = origin
    self.signatures = signatures
  }

  /// The name of the file that it stands for, where that is not the image's; foreign text.
  public var otherName: String? {
    if case .file(_, let otherName) = origin { otherName } else { nil }
  }

  /// Who has signed it: what a weak digest is signed with proves nothing of an image.
  public var signer: SignatureIdentity? {
    guard checksum.algorithm.resistsForgery else { return nil }
    return signatures.lazy.compactMap(\.verdict.signer).first
  }
}

extension SignatureVerdict {
  /// Who has signed, where that is proven.
  public var signer: SignatureIdentity? { if case .good(let identity) = self { identity } else { nil } }
}

/// The claims that one pass over an image decides about.
public struct ClaimSelection: Hashable, Sendable {
  /// What is compared.
  public private(set) var compared: [ChecksumClaim] = []
  /// What is not: a digest that is at least as good is compared, or this machine does not compute theirs.
  public private(set) var leftOut: [ChecksumClaim] = []
  /// The digests that are taken for it, in the order of the claims.
  public private(set) var algorithms: [DigestAlgorithm] = []

  /// Selects claims: each that was asked for, the best one that was found, and what costs nothing besides.
  /// - Parameter taken: the digests that are taken anyway.
  public init(of claims: [ChecksumClaim], taken: [DigestAlgorithm]) {
    var chosen = Set(taken)
    for claim in claims where claim.origin == .option { chosen.insert(claim.checksum.algorithm) }
    let found = claims.filter { $0.origin != .option && MessageDigest($0.checksum.algorithm) != nil }
    if let best = found.max(by: { Self.rank($0, chosen) < Self.rank($1, chosen) }) {
      chosen.insert(best.checksum.algorithm)
    }
    for claim in claims {
      guard chosen.contains(claim.checksum.algorithm) else {
        leftOut.append(claim)
        continue
      }
      compared.append(claim)
      if !algorithms.contains(claim.checksum.algorithm) { algorithms.append(claim.checksum.algorithm) }
    }
  }

  /// A signed claim before others, then one that resists forgery, then what is taken anyway, then the longer one.
  private static func rank(_ claim: ChecksumClaim, _ taken: Set<DigestAlgorithm>) -> Int {
    let algorithm = claim.checksum.algorithm
    return (claim.signer == nil ? 0 : 4000) + (algorithm.resistsForgery ? 2000 : 0)
      + (taken.contains(algorithm) ? 1000 : 0) + algorithm.byteCount
  }
}

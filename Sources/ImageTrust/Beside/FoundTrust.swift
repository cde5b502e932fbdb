/// What speaks for an image from outside of it, before a byte of it has been read.
public struct FoundTrust: Hashable, Sendable {
  /// A detached signature over the image itself, or over the file that it is in.
  public struct ImageSignature: Hashable, Sendable {
    /// The name of the file; foreign text.
    public let name: String
    /// What it is a signature of, by its name.
    public let subject: ChecksumSubject
    /// The signature.
    public let bytes: [UInt8]
  }

  /// A file that says nothing, and why; its name is foreign text.
  public struct Trouble: Hashable, Sendable {
    /// The name of the file; foreign text.
    public let name: String
    /// Why.
    public let reason: BesideTrouble
  }

  /// The checksums that the image is said to have.
  public var claims: [ChecksumClaim] = []
  /// The signatures over the image.
  public var imageSignatures: [ImageSignature] = []
  /// The files of checksums that do not name the image.
  public var silent: [String] = []
  /// The files that say nothing, and why.
  public var troubles: [Trouble] = []
  /// The signatures over texts that nothing can be taken from.
  public var lostSignatures: [JudgedSignature] = []

  /// Begins with nothing.
  public init() {}

  /// Whether anything is a checksum of the image or a signature over it, or proves that something is wrong with those.
  public var isAboutImage: Bool {
    if !claims.isEmpty || !imageSignatures.isEmpty || !badSignatures.isEmpty { return true }
    return troubles.contains { if case .conflict = $0.reason { true } else { false } }
  }

  /// Adds what was found in another directory, where lists may have the same names.
  public mutating func add(_ other: FoundTrust) {
    claims += other.claims
    imageSignatures += other.imageSignatures
    let known = Set(troubles)
    troubles += other.troubles.filter { !known.contains($0) }
    lostSignatures += other.lostSignatures
    // Of two lists with one name, nobody could tell the one that does not name the image from the one that does.
    var told: Set<String> = []
    for claim in claims { if case .file(let name, _) = claim.origin { told.insert(name) } }
    silent = (silent + other.silent).filter { told.insert($0).inserted }
  }

  /// Everything that has been signed, and proves by now that something was changed.
  public var badSignatures: [JudgedSignature] {
    (claims.flatMap(\.signatures) + lostSignatures).filter(\.verdict.isBad)
  }

  /// Two claims that cannot both be true.
  public var contradiction: (ChecksumClaim, ChecksumClaim)? {
    for (index, claim) in claims.enumerated() {
      guard let subject = claim.subject else { continue }
      for other in claims[(index + 1)...] where other.subject == subject {
        if other.checksum.algorithm == claim.checksum.algorithm, other.checksum != claim.checksum {
          return (claim, other)
        }
      }
    }
    return nil
  }
}

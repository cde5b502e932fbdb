import BlockIO

/// A claim, and what came of it.
public struct CheckedClaim: Hashable, Sendable {
  /// What was claimed.
  public let claim: ChecksumClaim
  /// What has the checksum; nil where nothing has it that should.
  public let subject: ChecksumSubject?
  /// The digest of the image; nil where it was not compared.
  public let ofImage: [UInt8]?
  /// The digest of the compressed file that it is in; nil where there is none, or where it was not compared.
  public let ofFile: [UInt8]?

  /// Compares a claim with what was found of the image, and of the compressed file that it is in.
  init(_ claim: ChecksumClaim, image: PassFindings, file: PassFindings?) {
    let expected = claim.checksum
    let ofImage = claim.subject == .file ? nil : image.digests[expected.algorithm]
    let ofFile = claim.subject == .image ? nil : file?.digests[expected.algorithm]
    subject = ofImage == expected.bytes ? .image : ofFile == expected.bytes ? .file : nil
    self.claim = claim
    self.ofImage = ofImage
    self.ofFile = ofFile
  }
}

/// What is proven about an image, in one word.
public enum TrustVerdict: Hashable, Sendable {
  /// A trusted key has signed it, or a strong checksum of it.
  case signed(SignatureIdentity)
  /// It has a checksum that somebody claims and nobody has signed.
  case checksum
  /// It has the checksum that it carries itself, which tells damage and no origin.
  case internalOnly
  /// There is nothing to check against.
  case nothing
  /// Something that it is said to have, it has not.
  case wrong

  /// Whether something outside of the image speaks for it.
  public var isFromOutside: Bool {
    switch self {
    case .signed, .checksum: true
    case .internalOnly, .nothing, .wrong: false
    }
  }
}

/// What reading an image to its end has proven about it, with the evidence.
public struct TrustReport: Hashable, Sendable {
  /// The claims that were compared.
  public let checked: [CheckedClaim]
  /// The claims that were not: another digest that is at least as good was.
  public let leftOut: [ChecksumClaim]
  /// What came of the checksum inside the image; nil where there is none, or where it was not compared.
  public let implanted: ImplantedOutcome?
  /// What the signatures over the image prove.
  public let signatures: [JudgedSignature]
  /// Whether the compressed file was read once more, for what speaks for it and not for the image.
  public let readsFileAgain: Bool

  /// Compares what was found with what was claimed.
  /// - Parameters:
  ///   - image: what was found of the bytes that come onto a medium.
  ///   - file: what was found of the compressed file that they are in; nil where there is none.
  ///   - readsFileAgain: whether that came of another read than the one that was decoded.
  public init(
    _ claims: ClaimSelection, image: PassFindings, file: PassFindings?, readsFileAgain: Bool = false
  ) {
    checked = claims.compared.map { CheckedClaim($0, image: image, file: file) }
    leftOut = claims.leftOut
    implanted = image.implanted
    self.readsFileAgain = readsFileAgain
    signatures = image.signatures + (file?.signatures ?? [])
  }

  /// Whether something is not as it is said to be.
  public var isWrong: Bool {
    checked.contains { $0.subject == nil } || implanted?.isWrong == true
      || signatures.contains { $0.verdict.isBad }
  }

  /// Who has signed the image, or a strong checksum of it.
  public var signer: SignatureIdentity? {
    signatures.lazy.compactMap(\.verdict.signer).first ?? best?.claim.signer
  }

  /// The claim that decides: one that was signed before others, a strong one before weak ones.
  public var best: CheckedClaim? {
    let right = checked.filter { $0.subject != nil }
    // A list that names the image says more than one that names another file.
    let ordered = right.filter { $0.claim.otherName == nil } + right.filter { $0.claim.otherName != nil }
    return ordered.first { $0.claim.signer != nil }
      ?? ordered.first { $0.claim.checksum.algorithm.resistsForgery } ?? ordered.first
  }

  /// The name of the file that the deciding list is about, where that is not the image's; foreign text.
  ///
  /// Whoever has a signed list of one file could call another image so: what is proven is proven of that name.
  public var otherName: String? {
    signatures.contains(where: \.verdict.isGood) ? nil : best?.claim.otherName
  }

  /// The verdict.
  /// - Parameter hasChecks: whether the file that the image is in carries checksums of all of it, which are right.
  public func verdict(hasChecks: Bool) -> TrustVerdict {
    if isWrong { return .wrong }
    if let identity = signer { return .signed(identity) }
    if best != nil { return .checksum }
    if case .matches? = implanted { return .internalOnly }
    return hasChecks ? .internalOnly : .nothing
  }
}

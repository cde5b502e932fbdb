import BlockIO
import ImageInspector
import ImageTrust
import Terminal

extension Diagnostic {
  /// Words for an image that is not what something says that speaks for it.
  static func untrue(_ report: TrustReport, image: String) -> Diagnostic {
    if let wrong = report.checked.first(where: { $0.subject == nil }) { return .checksumWrong(wrong, image) }
    if let signature = report.signatures.first(where: \.verdict.isBad) {
      return .signatureWrong(image, signature)
    }
    if let implanted = report.implanted, implanted.isWrong {
      return Diagnostic(
        .internalChecksumWrong, .imageRefused, "\(image) is damaged", because: [implanted.text],
        toFix: "download it again; if you have changed it yourself, add `--allow-damaged`")
    }
    return .signatureMissing(image, [], evidence: report.evidence(checksOf: nil))
  }

  /// Words for a checksum that cannot be compared on this system.
  static func checksumForbidden(_ algorithm: DigestAlgorithm, image: String) -> Diagnostic {
    Diagnostic(
      .checksumForbidden, .imageRefused, "the checksum of \(image) cannot be checked",
      because: ["this system's libcrypto is forbidden to compute \(algorithm.rawValue)"],
      toFix: "give a SHA-256 instead, if there is one")
  }

  /// Words for an image whose files are not what a list in it says.
  static func treeWrong(_ tree: TreeSums, image: String) -> Diagnostic {
    Diagnostic(
      .internalChecksumWrong, .imageRefused, "\(image) is damaged", because: tree.lines,
      toFix: "download it again, and compare it with the checksum that its maker publishes")
  }

  private static func checksumWrong(_ wrong: CheckedClaim, _ image: String) -> Diagnostic {
    let name = wrong.claim.checksum.algorithm.rawValue
    let label: SanitizedText = wrong.claim.origin == .option ? "given        " : "claimed      "
    var because: [SanitizedText] = [label + wrong.claim.checksum.text]
    if case .file = wrong.claim.origin { because[0] = because[0] + ", " + wrong.claim.source }
    if let ofImage = wrong.ofImage { because.append("of the image \(name):\(ofImage.hexadecimal)") }
    if let ofFile = wrong.ofFile { because.append("of the file  \(name):\(ofFile.hexadecimal)") }
    because += wrong.claim.signatures.map(\.text)
    let isGiven = wrong.claim.origin == .option
    return Diagnostic(
      .checksumWrong, .imageRefused,
      isGiven ? "\(image) does not have the checksum that was given" : "\(image) does not have its checksum",
      because: because,
      toFix: isGiven
        ? "download it again, and take the checksum from its maker's own page"
        : "download both again; if that file is not about this image, add `--no-checksum-files`")
  }

  /// Words for a signature that proves that something was changed.
  static func signatureWrong(_ image: String, _ signature: JudgedSignature) -> Diagnostic {
    Diagnostic(
      .signatureWrong, .imageRefused, "a signature that should speak for \(image) is wrong",
      because: [signature.text],
      toFix: "download the image, the list and the signature again, from their maker's own page")
  }

  /// Words for an image that nobody has signed, where somebody must have.
  static func signatureMissing(
    _ image: String, _ keyrings: [String], evidence: [SanitizedText]
  ) -> Diagnostic {
    Diagnostic(
      .signatureMissing, .imageRefused, "no key of `--keyring` has signed \(image)",
      because: keyrings.map { "required: a key in \($0)" } + evidence,
      toFix: "put the signature beside the image, as its maker publishes it")
  }

  /// Words for checksums of which at most one can be right.
  static func checksumsConflict(
    _ image: String, _ first: SanitizedText, _ second: SanitizedText
  ) -> Diagnostic {
    Diagnostic(
      .checksumsConflict, .imageRefused, "there are two different checksums for \(image)",
      because: [first, second],
      toFix:
        "remove the one that is wrong, or add `--no-checksum-files` and give the right one with `--checksum`")
  }
}

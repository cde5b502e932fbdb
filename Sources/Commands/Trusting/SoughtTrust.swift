import BlockIO
import ImageSource
import ImageTrust
import SystemPackage
import Terminal

/// What speaks for an image from outside of it, as it was sought before the image is read.
struct SoughtTrust: Sendable {
  /// What was wanted.
  let wish: TrustWish
  /// What was found.
  let found: FoundTrust
  /// Who judges signatures.
  let judge: any SignatureJudge
  /// What may lie beside a URL and could not be fetched.
  var unreached: [SmallFetch.Trouble] = []
  /// Whether it has a name by which a server could be asked; true where none has to be.
  var hasName = true

  /// Looks at what lies beside an image; refuses what proves by itself that something is wrong.
  init(_ wish: TrustWish, for source: OpenedImage, in context: Context) throws(Refusal) {
    let judge = try context.judge(wish.keyrings)
    var found = FoundTrust()
    var unreached: [SmallFetch.Trouble] = []
    var hasName = true
    if !wish.ignoresFiles, source.file.state?.kind == .regular {
      var search = BesideSearch(
        image: FilePath(source.file.path), isPacked: source.packed != nil, judge: judge)
      found = search.run()
    } else if !wish.ignoresFiles, case .server(let stream, let url) = source.origin {
      let search = ServerSearch(stream, url, source.packed != nil, judge, context)
      hasName = search.hasName
      (found, unreached) = try search.run()
    }
    found.claims.insert(
      contentsOf: wish.checksums.map { ChecksumClaim($0, of: nil, .option) }, at: 0)
    self.init(wish: wish, found: found, judge: judge)
    (self.unreached, self.hasName) = (unreached, hasName)
    if let diagnostic = obstacle(source.file.path) { throw Refusal(diagnostic: diagnostic) }
  }

  init(wish: TrustWish, found: FoundTrust, judge: any SignatureJudge) {
    self.wish = wish
    self.found = found
    self.judge = judge
  }

  /// What is wrong already.
  private func obstacle(_ image: String) -> Diagnostic? {
    if let forbidden = wish.checksums.first(where: { MessageDigest($0.algorithm) == nil }) {
      return .checksumForbidden(forbidden.algorithm, image: image)
    }
    if let signature = found.badSignatures.first { return .signatureWrong(image, signature) }
    for trouble in found.troubles {
      guard case .conflict(let first, let second) = trouble.reason else { continue }
      return .checksumsConflict(
        image, "\(trouble.name) says \(first.text)", "\(trouble.name) says \(second.text)")
    }
    if let (first, second) = found.contradiction {
      return .checksumsConflict(image, first.statement, second.statement)
    }
    if requiresSignature, !found.imageSignatures.isEmpty || found.claims.contains(where: { $0.signer != nil })
    {
      return nil
    }
    guard requiresSignature else { return nil }
    return .signatureMissing(image, wish.keyrings, evidence: whyUnsigned + notes)
  }

  /// What the signatures over lists that name the image prove instead, each once.
  private var whyUnsigned: [SanitizedText] {
    var told: Set<JudgedSignature> = []
    return found.claims.flatMap(\.signatures).filter { told.insert($0).inserted }.map(\.text)
  }

  /// Whether nothing but a signature will do.
  var requiresSignature: Bool { !wish.keyrings.isEmpty }

  /// Refuses an image that something which speaks for it proves to be another one, or that nobody has signed who must.
  func require(_ report: TrustReport, image: String) throws(Refusal) {
    if report.isWrong { throw Refusal(diagnostic: .untrue(report, image: image)) }
    guard requiresSignature, report.signer == nil else { return }
    throw Refusal(
      diagnostic: .signatureMissing(image, wish.keyrings, evidence: report.evidence(checksOf: nil) + notes))
  }

  /// Begins to judge the signatures over the image itself.
  func listeners() -> PassListeners { PassListeners(found.imageSignatures, judge) }

  /// What is said of its origin before it is read.
  var expectation: SanitizedText {
    let end: SanitizedText = "is taken while it is written; where it is wrong, the stick does not boot"
    if let claim = found.claims.first(where: { $0.signer != nil }), let signer = claim.signer {
      return "its checksum, \(claim.source), \(signer.text), \(end)"
    }
    if let signature = found.imageSignatures.first {
      return
        "the signature \(signature.name) is judged while it is written; where it is wrong, the stick does not boot"
    }
    if let claim = found.claims.first {
      return claim.origin == .option ? "its checksum \(end)" : "its checksum, \(claim.source), \(end)"
    }
    return "not proven: no checksum and no signature was checked"
  }

  /// What lies beside the image and says nothing, and why.
  var notes: [SanitizedText] {
    let most = 16
    var notes = found.troubles.prefix(most).map(\.text)
    if found.troubles.count > most {
      notes.append("\(found.troubles.count - most) other files were not used")
    }
    notes += unreached.notes
    if !hasName {
      notes.append("what lies beside it was not looked for: its URL does not end with a name that is text")
    }
    notes += found.lostSignatures.map { "\($0.name) was not used: \($0.verdict.text)" }
    if !found.silent.isEmpty {
      let names = found.silent.prefix(8).map { SanitizedText(foreign: $0) }
      let more: SanitizedText = found.silent.count > 8 ? " and others" : ""
      notes.append("not named in \(names.joined(separator: ", "))\(more)")
    }
    if wish.ignoresFiles { notes.append("what lies beside it was ignored (--no-checksum-files)") }
    return notes
  }
}

extension FoundTrust.Trouble {
  /// What was not used, and why, for people.
  fileprivate var text: SanitizedText {
    reason == .partlyUnusable
      ? "a line of \(name) for the image was not used: \(reason.text)"
      : "\(name) was not used: \(reason.text)"
  }
}

extension BesideTrouble {
  /// Why, for people.
  var text: SanitizedText {
    switch self {
    case .notRegular: "it is no regular file"
    case .unreadable(let error): SanitizedText(error)
    case .tooLong(let limit): "it is longer than \(SanitizedText(size: UInt64(limit)))"
    case .senseless: "it is neither a list of checksums nor a signature"
    case .message: "it is an OpenPGP message that holds its text itself, and none is opened"
    case .listMissing: "it is a signature, and no list has its name without the ending"
    case .notUnderstood: "a line has the image's name, and is not understood as one with its checksum"
    case .unusable: "its line for the image holds no checksum that can be used"
    case .partlyUnusable: "it holds no checksum that can be used"
    case .ambiguous: "it names several files so, in different directories"
    case .tooMany(let limit): "\(limit) files beside the image were read already"
    case .conflict(let first, let second): "it says \(first.text) and \(second.text)"
    }
  }
}

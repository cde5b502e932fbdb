import BlockIO
import Documents
import ImageInspector
import ImageSource
import ImageTrust
import Terminal
import Writer

/// One check of an image from end to end.
struct CheckSession {
  let source: ImageOrder
  /// `--member`.
  let member: String?
  let wish: TrustWish
  let isQuiet: Bool
  let isJSON: Bool
  let context: Context

  private var image: String { source.location.name }

  /// Reads the image, and tells what is proven about it.
  func run() async -> ExitStatus {
    do throws(Refusal) {
      let source = try OpenedImage(
        self.source, member: member, acceptsDevice: true, asIs: false, in: context)
      let sought = try SoughtTrust(wish, for: source, in: context)
      // Nothing is written meanwhile: every digest that somebody names is worth its time.
      let claims = ClaimSelection(of: sought.found.claims, taken: DigestAlgorithm.computable)
      let listeners = sought.listeners()
      let begun = try BegunImage(source, member: member, claims, listeners, in: context)
      let damage = damage(by: source.report(by: begun.inspected.report))
      let report = try await read(
        TrustPass(
          source: source, claims: claims, comparesImplanted: true, listeners: listeners, begun: begun.pass))
      let statement = TrustStatement(report, sought, of: source, tree: try tree(of: source))
      return conclude(statement, source, diagnostic: objection(report, statement, sought, damage))
    } catch {
      if Self.proofsOfWrong.contains(error.diagnostic.id), !isJSON {
        context.stdout.writeLine(TrustVerdict.wrong.line)
      }
      return context.report(error.diagnostic, json: isJSON ? error.diagnostic.errorObject : nil)
    }
  }

  /// What proves, before or while the image is read, that it is not what it should be.
  private static let proofsOfWrong: Set<DiagnosticID> = [
    .signatureWrong, .checksumsConflict, .packedDamaged, .packedTruncated, .packedTrailing,
  ]

  /// What the image's own structures say against it, such as a volume that is longer than it.
  private func damage(by report: ImageReport) -> Diagnostic? {
    guard let unsuitability = Unsuitability(report, path: image), unsuitability.option == .allowDamaged
    else { return nil }
    return unsuitability.diagnostic
  }

  /// What came of a list of checksums of files in the image, where its bytes can be read in any order.
  private func tree(of source: OpenedImage) throws(Refusal) -> TreeSums? {
    guard source.packed == nil, source.file.seenByteCount == nil else { return nil }
    return try context.compareTree(source.file)
  }

  private func read(_ pass: TrustPass) async throws(Refusal) -> TrustReport {
    let meter = ProgressMeter()
    let form: ProgressReporter.Form = isJSON || isQuiet ? .none : .text
    let result = await ProgressReporter.showing(meter, in: context, as: form) {
      () async -> Result<TrustPass.Findings?, ImageSourceError> in
      do throws(ImageSourceError) { return .success(try pass.run(showing: meter)) } catch {
        return .failure(error)
      }
    }
    switch result {
    case .success(let findings?): return findings.report
    case .success(nil): throw Refusal(diagnostic: interrupted)
    case .failure(let error):
      throw Refusal(diagnostic: Task.isCancelled ? interrupted : Diagnostic(error, image: image))
    }
  }

  private var interrupted: Diagnostic {
    let signal = context.stopSignal()
    return Diagnostic(
      .interrupted, signal.map(ExitStatus.signal) ?? .internalError, "stopped before everything was read",
      because: ["nothing is proven"])
  }

  /// What speaks against the image; its own structures only where nothing from outside speaks for it.
  private func objection(
    _ report: TrustReport, _ statement: TrustStatement, _ sought: SoughtTrust, _ damage: Diagnostic?
  ) -> Diagnostic? {
    if report.isWrong { return .untrue(report, image: image) }
    if sought.requiresSignature, report.signer == nil {
      return .signatureMissing(image, wish.keyrings, evidence: statement.evidence)
    }
    if statement.verdict.isFromOutside { return nil }
    if let tree = statement.tree, tree.isWrong { return .treeWrong(tree, image: image) }
    return damage
  }

  private func conclude(
    _ statement: TrustStatement, _ source: OpenedImage, diagnostic: Diagnostic?
  ) -> ExitStatus {
    let isWrong = diagnostic.map { $0.id != .signatureMissing } ?? false
    let verdict = isWrong ? .wrong : statement.verdict
    let status = diagnostic?.exit ?? Self.status(verdict)
    if isJSON {
      context.stdout.writeLine(json(verdict, statement, source, diagnostic, status).line)
    } else {
      context.stdout.writeLine(statement.line(verdict))
      for line in isQuiet ? [] : statement.evidence { context.stdout.writeLine("  - \(line)") }
    }
    if let diagnostic { _ = context.report(diagnostic) }
    return context.concludeOutput(status)
  }

  /// Absent is never shown as good: only what speaks for it from outside ends with 0.
  private static func status(_ verdict: TrustVerdict) -> ExitStatus {
    switch verdict {
    case .signed, .checksum: .done
    case .internalOnly, .nothing: .different
    case .wrong: .imageRefused
    }
  }

  private func json(
    _ verdict: TrustVerdict, _ statement: TrustStatement, _ source: OpenedImage, _ diagnostic: Diagnostic?,
    _ status: ExitStatus
  ) -> JSONValue {
    [
      "schema": 1, "exitCode": JSONValue(status.rawValue), "diagnostic": diagnostic?.json ?? .null,
      "image": [
        "path": JSONValue(image), "fileBytes": JSONValue(source.file.fileByteCount),
        "compression": JSONValue(source.packed?.format.text),
      ],
      "trust": statement.json(verdict),
    ]
  }
}

extension DigestAlgorithm {
  /// Those that this machine's libcrypto computes.
  static var computable: [DigestAlgorithm] { allCases.filter { MessageDigest($0) != nil } }
}

import BlockIO
import ImageSource
import ImageTrust
import Terminal

/// What is proven about an image that was read to its end, as every command tells it.
struct TrustStatement {
  /// The verdict.
  let verdict: TrustVerdict
  /// What it rests on, and what says nothing.
  let evidence: [SanitizedText]
  private let report: TrustReport

  /// Judges what was found.
  init(_ report: TrustReport, _ sought: SoughtTrust, of source: OpenedImage) {
    let checks = source.packed.flatMap { $0.isChecked == true ? $0.format.text : nil }
    self.report = report
    verdict = report.verdict(hasChecks: checks != nil)
    evidence = report.evidence(checksOf: checks) + sought.notes
  }

  /// The line of result and the evidence below it.
  var lines: [SanitizedText] { [verdict.line] + evidence }

  /// The object `trust`.
  var json: JSONValue { json(verdict) }

  /// The object `trust` with another verdict, where more is known than what was compared.
  func json(_ verdict: TrustVerdict) -> JSONValue {
    [
      "result": JSONValue(verdict.word), "line": JSONValue(verdict.line), "evidence": JSONValue(evidence),
      "claims": .array(
        report.checked.map { $0.claim.json($0) } + report.leftOut.map { $0.json(nil) }),
      "signatures": .array(report.signatures.map(\.json)), "internal": report.implanted?.json ?? .null,
    ]
  }

  /// What it leaves open about where the image comes from.
  ///
  /// A checksum proves what its text says, which may come from anybody; only a signature names a maker.
  var doubt: SanitizedText {
    switch verdict {
    case .signed: return "that the key belongs to who it says: the keyring says so"
    case .checksum:
      guard let algorithm = report.best?.claim.checksum.algorithm, !algorithm.resistsForgery else {
        return "whose checksum that is: no signature was checked"
      }
      return
        "that the image is what its maker made: \(algorithm.rawValue) does not resist forgery, and no signature was checked"
    case .internalOnly:
      return "that the image is what its maker made: a checksum inside of it tells damage, not an origin"
    case .nothing, .wrong:
      return "that the image is what its maker made: no checksum and no signature was checked"
    }
  }
}

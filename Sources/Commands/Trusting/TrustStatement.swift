import BlockIO
import Decompression
import Documents
import ImageInspector
import ImageSource
import ImageTrust
import Terminal
import Unpacking

extension OpenedImage {
  /// The layer whose checksums speak for the image, where those of some layer do.
  fileprivate func checkedLayer(_ format: PackedFormat) -> SanitizedText {
    hasChecks(format) ? format.text : "what is packed in \(format.text)"
  }

  /// Whether the outermost layer has checksums itself, as far as its first bytes tell.
  private func hasChecks(_ format: PackedFormat) -> Bool {
    switch format {
    case .archive(.tar), .compressed(.lzma): return false
    // The kind of check in the flags of the stream, of which 0 is none (The .xz File Format, 2.1.1.2).
    case .compressed(.xz): return beginning.map { $0[7] & 0x0F != 0 } ?? true
    // The descriptor of the frame (RFC 8878, section 3.1.1.1.1), unless another frame stands before it.
    case .compressed(.zstd):
      return beginning.map { !$0.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) || $0[4] & 4 != 0 } ?? true
    // The flags of the frame (LZ4 Frame Format, "Frame Descriptor"), unless it is of another kind.
    case .compressed(.lz4):
      return beginning.map { !$0.starts(with: [0x04, 0x22, 0x4D, 0x18]) || $0[4] & 4 != 0 } ?? true
    case .compressed, .archive, .container: return true
    }
  }

  /// The first 8 bytes of the file; nil where they cannot be had any more.
  private var beginning: [UInt8]? {
    try? FileBytes(adopting: file.reopened()).bytes(at: 0, count: 8)
  }
}

/// What is proven about an image that was read to its end, as every command tells it.
struct TrustStatement {
  /// The verdict.
  let verdict: TrustVerdict
  /// What it rests on, and what says nothing.
  let evidence: [SanitizedText]
  private let report: TrustReport
  /// What came of a list of checksums in the image; nil where there is none, or where it was not compared.
  let tree: TreeSums?

  /// Judges what was found.
  init(_ report: TrustReport, _ sought: SoughtTrust, of source: OpenedImage, tree: TreeSums? = nil) {
    let checks = source.packed.flatMap { $0.isChecked == true ? source.checkedLayer($0.format) : nil }
    self.report = report
    self.tree = tree
    let verdict = report.verdict(hasChecks: checks != nil || tree?.isWrong == false)
    // The list comes from inside of the image: where something from outside speaks for that, its maker has erred.
    self.verdict = verdict.isFromOutside || tree?.isWrong != true ? verdict : .wrong
    evidence = report.evidence(checksOf: checks) + (tree?.lines ?? []) + sought.notes
  }

  /// The line of result and the evidence below it.
  var lines: [SanitizedText] { [line] + evidence }

  /// The line of result.
  var line: SanitizedText { line(verdict) }

  /// The line of result for a verdict, with the name that the proof is about where it is another than the image's.
  func line(_ verdict: TrustVerdict) -> SanitizedText {
    guard verdict == self.verdict, let name = otherName else { return verdict.line }
    return "\(verdict.line), as \(name)"
  }

  /// The name that the proof is about, where it is another than the image's.
  private var otherName: SanitizedText? {
    switch verdict {
    case .signed, .checksum: report.otherName.map { SanitizedText(foreign: $0, limit: 200) }
    case .internalOnly, .nothing, .wrong: nil
    }
  }

  /// The object `trust`.
  var json: JSONValue { json(verdict) }

  /// The object `trust` with another verdict, where more is known than what was compared.
  func json(_ verdict: TrustVerdict) -> JSONValue {
    [
      "result": JSONValue(verdict.word), "line": JSONValue(line(verdict)), "evidence": JSONValue(evidence),
      "claims": .array(
        report.checked.map { $0.claim.json($0) } + report.leftOut.map { $0.json(nil) }),
      "signatures": .array(report.signatures.map(\.json)), "internal": report.implanted?.json ?? .null,
      "tree": tree?.json ?? .null,
    ]
  }

  /// What it leaves open about where the image comes from.
  ///
  /// A checksum proves what its text says, which may come from anybody; only a signature names a maker.
  var doubt: SanitizedText {
    guard let name = otherName else { return doubtOfVerdict }
    return "that it is what it is called: the list calls it \(name); \(doubtOfVerdict)"
  }

  private var doubtOfVerdict: SanitizedText {
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

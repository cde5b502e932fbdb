import ImageSource
import ImageTrust
import Sandbox
import Terminal
import Writer

extension WriteOutcome {
  /// What nobody can know of an image that came from no file.
  var sourceDoubts: [SanitizedText] {
    var doubts: [SanitizedText] = []
    if let ending = endDoubt { doubts.append(ending) }
    if case .server(let stream, let url) = source.origin {
      // What a checksum has proven, nobody on the way has changed, unless that came the same way.
      if !hasChecksumOfItsOwnWay, url.shown.hasPrefix("http:") || stream.foundAt.hasPrefix("http:") {
        doubts.append("that nobody on the way has changed it: it came over http, which anybody there can")
      }
      if !stream.confinement.missing.isEmpty {
        doubts.append("that what fetched it could do nothing else: this kernel lacks a barrier for that")
      }
    }
    return doubts
  }

  /// Whether something from outside of the image speaks for all of it.
  private var hasChecksum: Bool { proof.trust.best != nil || proof.trust.signer != nil }

  /// Whether that came by another way than the image, or is signed.
  private var hasChecksumOfItsOwnWay: Bool {
    proof.trust.signer != nil || proof.trust.best?.claim.origin == .option
  }

  /// Whether the end of the image may have come too early, and what speaks against that.
  private var endDoubt: SanitizedText? {
    guard source.file.state == nil, !hasChecksum, order.source?.byteCount == nil else { return nil }
    let cause: SanitizedText
    switch source.origin {
    case .file: return nil
    case .pipe: cause = "a pipe ends in the same way when the program before it fails"
    case .server(let stream, _):
      if case .exact = stream.length { return nil }
      cause = "the server did not announce how long it is"
    }
    guard let least = plan.leastByteCount, least > 0 else {
      return "that nothing is missing at its end: \(cause)"
    }
    return
      "that nothing is missing behind the \(SanitizedText(size: least)) that its own structures name: \(cause)"
  }
}

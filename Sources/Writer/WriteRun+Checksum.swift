import BlockIO
import ImageSource
import ImageTrust

extension WriteRun {
  /// What is to be found of the bytes that come onto the medium.
  private var imageRequest: PassRequest {
    let reported: [DigestAlgorithm] = plan.digest == .sha256 ? [.sha256] : []
    return PassRequest(
      reported + plan.claims.algorithms, comparesImplanted: plan.comparesImplanted, listeners: listeners.image
    )
  }

  /// Whether the bytes of the image are needed for more than the medium.
  var isHashed: Bool { !imageRequest.isEmpty }

  /// Takes the digests of all pieces, in their order, of exactly the bytes that are written (R50).
  func findings(in pieces: Channel<Piece>) async -> PassFindings {
    let pass = BytePass(imageRequest)
    while let piece = await pieces.next() {
      pass.update(piece.memory.buffer, count: piece.imageCount)
    }
    return pass.finish()
  }

  /// Compares everything that speaks for the image with the image and with the file that it is in.
  ///
  /// Before the head is written, so that what is not as it should be cannot boot. A decoder has come to its good end
  /// by now: all of the file was decoded, and all of it was hashed.
  func requireTrust(_ written: WrittenBody) throws(WriteError) -> TrustReport {
    let report = TrustReport(
      plan.claims, image: written.findings, file: written.fileFindings, readsFileAgain: written.readsFileAgain
    )
    guard !report.isWrong, !plan.requiresSignature || report.signer != nil else { throw .trust(report) }
    return report
  }
}

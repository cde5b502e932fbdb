import ImageTrust

extension WriteRun {
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

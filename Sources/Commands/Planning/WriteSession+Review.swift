import BlockIO
import DeviceSafety
import Documents
import ImageInspector
import ImageSource
import Writer

extension WriteOrder {
  /// Whether a plan for this says what is saved for `burin undo`: one that is compared with a plan that does not say
  /// so, does not either.
  var tellsUndo: Bool { reviewed?.tellsUndo ?? true }

  /// Reads the image once: the SHA-256 of its file, as it is, and what is true of all that speaks for it.
  func prove(
    _ image: OpenedImage, _ plan: WritePlan, _ sought: SoughtTrust, in context: Context
  ) throws(Refusal) -> (sha256: String, trust: TrustStatement) {
    let pass = TrustPass(
      source: image, claims: plan.claims, comparesImplanted: plan.comparesImplanted,
      listeners: sought.listeners(), identifiesFile: true)
    let findings: TrustPass.Findings?
    do throws(ImageSourceError) { findings = try pass.run(showing: ProgressMeter()) } catch {
      if Task.isCancelled { throw Refusal(diagnostic: .cancelled(by: context.stopSignal())) }
      throw Refusal(diagnostic: Diagnostic(error, image: self.image))
    }
    guard let findings, let sha256 = findings.fileSHA256 else {
      throw Refusal(diagnostic: .cancelled(by: context.stopSignal()))
    }
    try sought.require(findings.report, image: self.image)
    return (sha256.hexadecimal, TrustStatement(findings.report, sought, of: image))
  }

  /// Words for a target that the gate does not let through: for a plan, another plug-in is a difference.
  func refusal(_ error: GateError, signal: Int32?) -> Refusal {
    guard let reviewed else { return Refusal(diagnostic: Diagnostic(error, target: target, signal: signal)) }
    switch error {
    case .unknownID, .ambiguousID, .idMismatch, .changed:
      let told = Diagnostic(error, target: target)
      return Refusal(diagnostic: .planTargetDiffers(reviewed.path, [told.summary] + told.because))
    default: return Refusal(diagnostic: Diagnostic(error, target: target, signal: signal))
    }
  }
}

extension WriteSession {
  /// Compares a target that is held open, and the image, with the plan that was reviewed, if there is one (R51).
  ///
  /// Nothing is taken from the plan but what to look at: all of it is found out anew, by the same code as in a write
  /// without a plan, which has refused already whatever it refuses.
  /// All of it before the first write, the image's hash too: what has been read twice costs time, what has
  /// been destroyed does not come back.
  func requireAsReviewed(
    _ image: OpenedImage, _ report: ImageReport, _ target: PlannedTarget, _ plan: WritePlan,
    _ sought: SoughtTrust
  ) throws(Refusal) {
    guard let reviewed = order.reviewed else { return }
    func document(_ sha256: String, _ trust: JSONValue) -> JSONValue {
      PlanDocument(
        order: order, image: image, report: report, sha256: sha256, sought: sought, trust: trust,
        target: target, plan: plan
      ).json
    }
    // What is known at once first; to read a large image takes a while.
    try reviewed.requireSame(as: document(reviewed.sha256, reviewed.trust))
    let proven = try order.prove(image, plan, sought, in: context)
    try reviewed.requireSame(as: document(proven.sha256, proven.trust.json))
  }
}

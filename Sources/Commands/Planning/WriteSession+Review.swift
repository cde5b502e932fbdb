import BlockIO
import DeviceSafety
import ImageInspector
import ImageSource
import Writer

extension WriteOrder {
  /// The SHA-256 of the image's file, as it is, in hexadecimal digits.
  func hash(_ image: any ImageSource, in context: Context) throws(Refusal) -> String {
    let digest: [UInt8]?
    do throws(ImageSourceError) {
      digest = try image.sha256(unless: { Task.isCancelled })
      try image.requireUnchanged()
    } catch { throw Refusal(diagnostic: Diagnostic(error, image: self.image)) }
    guard let digest else { throw Refusal(diagnostic: .cancelled(by: context.stopSignal())) }
    return digest.hexadecimal
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
    _ image: OpenedImage, _ report: ImageReport, _ target: PlannedTarget, _ plan: WritePlan
  ) throws(Refusal) {
    guard let reviewed = order.reviewed else { return }
    func document(_ sha256: String) -> JSONValue {
      PlanDocument(
        order: order, image: image, report: report, sha256: sha256, target: target, plan: plan
      ).json
    }
    // What is known at once first; the hash of a large image takes a while.
    try reviewed.requireSame(as: document(reviewed.sha256))
    try reviewed.requireSame(as: document(try order.hash(image.file, in: context)))
  }
}

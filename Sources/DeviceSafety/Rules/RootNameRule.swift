import DeviceProbe

/// R22: a disk that answers to the name of the root file system, or of the place to hibernate to, while the
/// running system is on another one.
///
/// It is a copy, and whoever writes it should know that he has not mistaken it for the original. Where the kernel
/// hibernates to is no copy unless another disk answers to the same name.
enum RootNameRule: SafetyRule {
  static let number = "R22"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    let claims = candidate.claimed(as: [.root, .hibernation], in: snapshot)
    guard !claims.isEmpty else { return [] }
    let system = RunningSystem(from: candidate, in: snapshot)
    return claims.compactMap { claimed in
      if let clone = claimed.cloneObjection(number, system, on: candidate) { return clone }
      let chain = claimed.chain
      if claimed.claim.kind == .hibernation {
        return Objection(
          .systemDisk, .x, rule: number,
          text: "\(claimed.device.name) is where this system hibernates to, by \(claimed.evidence)",
          chain: chain)
      }
      switch system {
      // Of class X already (R20).
      case .here: return nil
      case .elsewhere(let other):
        return Objection(
          .systemClone, .b, rule: number,
          text:
            "\(claimed.device.name) is named as the root file system, by \(claimed.evidence), while the running system is on \(other)",
          chain: chain)
      case .unknown: return LiveMediumRule.objection(to: claimed)
      }
    }.uniqued()
  }
}

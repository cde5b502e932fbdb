import DeviceProbe

/// R23: the stick that a live system came from, once it has been copied into memory and the stick is idle.
///
/// As long as the stick is needed, it is mounted, and of class X for that (R11, R20).
enum LiveMediumRule: SafetyRule {
  static let number = "R23"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    let claims = candidate.claimed(as: [.live, .bios], in: snapshot)
    guard !claims.isEmpty else { return [] }
    // What a BIOS calls its first disk is what it booted, as a rule; there is no better evidence.
    let system = RunningSystem(from: candidate, in: snapshot)
    return claims.map { claimed in
      // Two sticks with the same image: the system runs from the other one.
      claimed.cloneObjection(number, system, on: candidate) ?? objection(to: claimed)
    }.uniqued()
  }

  /// The objection to a disk from which this system seems to have been started.
  static func objection(to claimed: ClaimedDevice) -> Objection {
    Objection(
      .bootedFrom, .b, rule: number,
      text: "you seem to have booted from \(claimed.device.name), by \(claimed.evidence)",
      chain: claimed.chain)
  }
}

import DeviceProbe

/// R11: a disk is not written while it, or a partition of it, is mounted.
enum MountedRule: SafetyRule {
  static let number = "R11"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    candidate.uses.filter { use in
      guard use.hops.isEmpty, case .mount(let mount) = use.end else { return false }
      return mount.process == nil
    }.map { Objection(.mounted, .x, rule: number, text: $0.sentence, chain: $0.steps) }
  }
}

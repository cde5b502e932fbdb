import DeviceProbe

/// R14: a disk is not written while LUKS, LVM, md, multipath, bcache or the like is built on it.
enum HolderRule: SafetyRule {
  static let number = "R14"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    candidate.stacks { $0 == .holder || $0 == .partition }
      .map { Objection(.held, .x, rule: number, text: $0.sentence, chain: $0.steps) }
  }
}
